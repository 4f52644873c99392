"""Members: finding them, their story, and everything staff can do about one."""

import csv
import io
import json

import pytest
from django.test import Client

from loyalty.core import ids
from loyalty.core.tenancy.scope import acting_for
from members.models import Identity, Member, Profile
from members.operations.membership import edit, join
from members.operations.points import adjust_points
from tests.cast import AT, MARA, buy, days, person, publish
from tests.web.office.conftest import Luna, browser_of

HTMX = {"HX-Request": "true"}


def names(answer) -> list[str]:
    """Who a list shows."""
    return [row["name"] for row in answer.context["rows"]]


@pytest.fixture
def known(lunas: Luna) -> Luna:
    """Ana can be found by everything."""
    with acting_for(lunas.merchant, by=MARA):
        edit(member=lunas.ana.pk, at=AT, identities={"email": "ana@mail.example", "phone": "070-123 45 67"})
    return lunas


@pytest.mark.parametrize("typed", ["an", "alm", "ANA AL", "ana@mail.example", "ANA@mail.example", "0701234567", "+46 70 123 45 67", "ana"])  # fmt: skip
def test_one_box_finds_by_anything_people_say(known: Luna, owner: Client, typed: str):
    assert names(owner.get(known.url("members/"), {"q": typed})) == ["Ana Alm"]


def test_the_card_finds_too(known: Luna, owner: Client):
    with acting_for(known.merchant, by=MARA):
        card = Identity.objects.get(member=known.ana, kind="card").value
    assert names(owner.get(known.url("members/"), {"q": f"{card[:4]} {card[4:8]}-{card[8:]}".lower()})) == [
        "Ana Alm"
    ]


@pytest.mark.parametrize("typed", ["lm", "%", "ana'--", "x" * 5000, "\x00", "<script>"])
def test_what_finds_nobody_says_so_and_breaks_nothing(lunas: Luna, owner: Client, typed: str):
    answer = owner.get(lunas.url("members/"), {"q": typed})
    assert answer.status_code == 200
    assert names(answer) == ([] if "\x00" not in typed else ["Ben Berg", "Ana Alm"])
    assert b"<script>" not in answer.content


def test_status_filters_and_the_filter_stays_in_the_address(lunas: Luna, owner: Client):
    owner.post(lunas.member(lunas.ben, "block/"), {"reason": "lost card"})
    answer = owner.get(lunas.url("members/?status=blocked&q=b"))
    assert names(answer) == ["Ben Berg"]
    assert {tab["url"] for tab in answer.context["tabs"]} >= {f"{lunas.url('members/')}?status=active&q=b"}
    assert answer.context["export_url"].endswith("export.csv?status=blocked&q=b")


def test_pages_of_a_long_list_show_everybody_once(lunas: Luna, owner: Client, monkeypatch):
    monkeypatch.setattr("loyalty.web.office.members.PAGE", 3)
    with acting_for(lunas.merchant, by=MARA):
        for number in range(8):
            person(f"p{number}", at=AT, given_name=f"Person {number}")  # all at the same instant
    seen, url = [], lunas.url("members/")
    while url:
        answer = owner.get(url)
        seen += names(answer)
        url = answer.context["next_url"]
    assert sorted(seen) == ["Ana Alm", "Ben Berg", *(f"Person {number}" for number in range(8))]


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIiwiYiJd", "%00", "e30"])
def test_a_cursor_nobody_made_is_the_first_page(lunas: Luna, owner: Client, cursor: str):
    assert names(owner.get(lunas.url(f"members/?after={cursor}"))) == ["Ben Berg", "Ana Alm"]


def exported(owner: Client, url: str) -> list[dict[str, str]]:
    answer = owner.get(url)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    content = b"".join(answer.streaming_content)
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_the_spreadsheet_is_exactly_the_list(lunas: Luna, owner: Client):
    url = owner.get(lunas.url("members/?q=an")).context["export_url"]
    (row,) = exported(owner, url)
    assert (row["Given name"], row["Points"], row["Spent"], row["Currency"]) == (
        "Ana",
        "150",
        "350.00",
        "SEK",
    )
    assert len(exported(owner, lunas.url("members/export.csv"))) == 2


@pytest.mark.parametrize("evil", ["=1+1", "+SUM(A1)", "-2+3", "@cmd", "\t=1"])
def test_no_spreadsheet_runs_a_members_name(lunas: Luna, owner: Client, evil: str):
    with acting_for(lunas.merchant, by=MARA):
        person("evil", given_name=evil.strip("\t"), family_name=evil)
    rows = exported(owner, lunas.url("members/export.csv"))
    told = next(row for row in rows if row["Own id"] == "evil")
    assert told["Family name"] == f"'{evil}"
    assert not told["Given name"].startswith(("=", "+", "-", "@"))


def test_a_large_export_comes_whole(lunas: Luna, owner: Client, monkeypatch):
    monkeypatch.setattr("loyalty.web.office.members._AT_ONCE", 2)
    with acting_for(lunas.merchant, by=MARA):
        for number in range(5):
            person(f"p{number}", at=AT + days(number / 10))
    assert len({row["Member"] for row in exported(owner, lunas.url("members/export.csv"))}) == 7


def test_the_story_says_why_how_much_and_who(lunas: Luna, owner: Client):
    owner.post(lunas.member(lunas.ana, "adjust/"), {"way": "take", "amount": "30", "reason": "Wrong table"})
    answer = owner.get(lunas.member(lunas.ana))
    newest, first = answer.context["entries"]
    assert (newest["amount"], newest["balance"], newest["who"]) == (-30, 120, "Owner of Café Luna")
    assert (first["amount"], first["balance"], first["bought"].order.external_id) == (150, 150, "first")
    page = answer.content.decode()
    for said in ("Wrong table", "Filter coffee", "Purchase of SEK", "150 points: 1 for every SEK"):
        assert said in page.replace("\xa0", " ")


def test_a_long_story_pages_without_losing_a_line(lunas: Luna, owner: Client, monkeypatch):
    monkeypatch.setattr("loyalty.web.office.member.ENTRIES", 4)
    with acting_for(lunas.merchant, by=MARA):
        for number in range(10):
            adjust_points(member=lunas.ana.pk, amount=1, reason=f"No. {number}", at=AT + days(2))
    seen, url = [], lunas.member(lunas.ana)
    while url:
        answer = owner.get(url)
        seen += [entry["row"].reason or "first" for entry in answer.context["entries"]]
        url = answer.context["next_url"]
    assert seen == [*(f"No. {number}" for number in reversed(range(10))), "first"]


def test_adjusting_shows_before_and_after_first(lunas: Luna, owner: Client):
    url = lunas.member(lunas.ana, "adjust/")
    asked = owner.get(url, {"way": "give", "amount": "100"}, headers=HTMX)
    assert asked.context["preview"] == {"before": 150, "after": 250, "short": False, "asks": False}
    assert b"<html" not in asked.content and b"250" in asked.content
    assert owner.get(url, {"way": "take", "amount": "151"}, headers=HTMX).context["preview"]["short"] is True
    assert owner.get(url, {"way": "take", "amount": "x"}, headers=HTMX).context["preview"] is None
    assert lunas.points(lunas.ana) == 150


@pytest.mark.parametrize(
    "sent",
    [{"amount": "0"}, {"amount": "-5"}, {"amount": "1.5"}, {"amount": ""}, {"amount": "9" * 30}, {"amount": "1e3"},
     {"amount": "NaN"}, {"reason": ""}, {"reason": "   "}, {"reason": "x" * 301}, {"reason": "a\x00b"}, {"way": "steal"},
     {"way": "take", "amount": "151"}],
)  # fmt: skip
def test_bad_adjustments_keep_what_was_typed_and_change_nothing(
    lunas: Luna, owner: Client, sent: dict[str, str]
):
    typed = {"way": "give", "amount": "5", "reason": "Sorry", **sent}
    answer = owner.post(lunas.member(lunas.ana, "adjust/"), typed)
    assert answer.status_code == 422
    assert b"data-form-errors" in answer.content and answer.context["form"].errors
    assert answer.context["form"]["amount"].value() == typed["amount"]
    assert lunas.points(lunas.ana) == 150


def test_blocking_can_be_taken_back_from_the_message(lunas: Luna, owner: Client):
    done = owner.post(lunas.member(lunas.ana, "block/"), {"reason": "Card shared"}, follow=True)
    undo = lunas.member(lunas.ana, "unblock/")
    assert f'action="{undo}"' in done.content.decode() and "Blocked" in done.content.decode()
    owner.post(undo)
    with acting_for(lunas.merchant, by=MARA):
        assert Member.objects.get(pk=lunas.ana.pk).status == "active"


def test_editing_saves_and_a_taken_address_is_refused_beside_its_field(known: Luna, owner: Client):
    sent = {"given_name": "Anna", "family_name": "Alm", "external": "ana", "email": "anna@mail.example"}
    assert owner.post(known.member(known.ana, "edit/"), sent).status_code == 303
    taken = owner.post(known.member(known.ben, "edit/"), {"given_name": "Benny", "external": "ben", "email": "ANNA@mail.example"})  # fmt: skip
    assert taken.status_code == 422 and "email" in taken.context["form"].errors
    assert taken.context["form"]["given_name"].value() == "Benny"
    with acting_for(known.merchant, by=MARA):
        assert Profile.objects.get(member=known.ana).given_name == "Anna"
        assert Profile.objects.get(member=known.ben).given_name == "Ben"
        assert set(Identity.objects.filter(member=known.ana).values_list("kind", flat=True)) == {
            "external", "email", "card"}  # fmt: skip


def test_joining_makes_a_member_once(lunas: Luna):
    cashier = browser_of(lunas, "cashier")
    for _twice in range(2):
        assert cashier.post(lunas.url("members/join/"), {"email": "new@mail.example"}).status_code == 303
    with acting_for(lunas.merchant, by=MARA):
        assert Identity.objects.filter(kind="email", value="new@mail.example").count() == 1


@pytest.mark.parametrize(
    "sent",
    [{}, {"email": "no"}, {"phone": "12"}, {"external": "x" * 101}, {"email": "a@b.example", "birthday": "1700-01-01"},
     {"email": "a@b.example", "given_name": "x" * 81}, {"card": "\x00"}, {"email": "a@b.example", "language": "xx"}],
)  # fmt: skip
def test_nobody_joins_with_bad_details(lunas: Luna, owner: Client, sent: dict[str, str]):
    assert owner.post(lunas.url("members/join/"), sent).status_code == 422
    with acting_for(lunas.merchant, by=MARA):
        assert Member.objects.count() == 2


def test_merging_shows_both_first_and_moves_everything(lunas: Luna, owner: Client):
    with acting_for(lunas.merchant, by=MARA):
        adjust_points(member=lunas.ben.pk, amount=40, reason="x", at=AT)
    url = lunas.member(lunas.ben, "merge/")
    look = owner.post(url, {"other": "ana"})
    assert (look.context["other_name"], look.context["after"]) == ("Ana Alm", 190)
    assert lunas.points(lunas.ben) == 40
    assert owner.post(url, {"other": "ana", "confirmed": "on"}).status_code == 303
    assert (lunas.points(lunas.ben), lunas.points(lunas.ana)) == (190, 0)
    assert owner.get(lunas.member(lunas.ana))["Location"] == lunas.member(lunas.ben)


@pytest.mark.parametrize("other", ["", "nobody", "ben", "o-ana", "\x00"])
def test_merging_needs_another_member_of_this_shop(lunas: Luna, ottos: Luna, owner: Client, other: str):
    answer = owner.post(lunas.member(lunas.ben, "merge/"), {"other": other, "confirmed": "on"})
    assert answer.status_code == 422 and "other" in answer.context["form"].errors
    with acting_for(lunas.merchant, by=MARA):
        assert Member.objects.filter(status="active").count() == 2


def test_erasing_needs_the_name(lunas: Luna, owner: Client):
    url = lunas.member(lunas.ana, "erase/")
    assert owner.post(url, {"typed": "Ana"}).status_code == 422
    assert lunas.points(lunas.ana) == 150
    assert owner.post(url, {"typed": " ana  ALM "}).status_code == 303
    assert lunas.points(lunas.ana) == 0
    page = owner.get(lunas.member(lunas.ana)).content.decode()
    assert "Erased" in page and "Alm" not in page and "Adjust" not in page


def test_the_export_is_everything_about_one_member(lunas: Luna, owner: Client):
    answer = owner.get(lunas.member(lunas.ana, "export.json"))
    told = json.loads(answer.content)
    assert told["id"] == ids.encode("mbr", lunas.ana.pk)
    assert told["membership"]["profile"]["given_name"] == "Ana"
    assert told["membership"]["orders"][0]["external_id"] == "first"
    assert "attachment" in answer["Content-Disposition"]


def test_words_from_outside_are_never_markup(lunas: Luna, owner: Client):
    with acting_for(lunas.merchant, by=MARA):
        evil = join(at=AT, identities={"external": "<b>x"}, details={"given_name": "<img src=x>", "family_name": '"><i>'}).member  # fmt: skip
        adjust_points(member=evil.pk, amount=1, reason="<script>1</script>", at=AT)
    for url in (
        lunas.url("members/"),
        lunas.member(evil),
        lunas.member(evil, "adjust/"),
        lunas.member(evil, "erase/"),
    ):
        page = owner.get(url).content.decode()
        assert "<img src=x>" not in page and "<script>1" not in page and '"><i>' not in page


def test_points_are_shown_by_the_day_they_last_to(lunas: Luna, owner: Client):
    """A lot for each purchase would be as long as the year; what ends together is one line, in order of use."""
    with acting_for(lunas.merchant, by=MARA):
        publish(points_life={"expiry": "month_end", "months": 1}, at=AT)
        for number in range(3):
            buy(lunas.ben, 10, external_id=f"march-{number}")
        for months in range(1, 10):
            buy(lunas.ben, 1, external_id=f"later-{months}", at=AT + days(31 * months))
    answer = owner.get(lunas.member(lunas.ben))
    assert [row["points"] for row in answer.context["lasting"]] == [30, *[1] * 7]
    assert answer.context["lasting_longer"] == 2
    assert "30 Apr 2026" in answer.content.decode()
