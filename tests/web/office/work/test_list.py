"""The members' list narrowed by what people ask for, and the same done for many at once."""

import csv
import io

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from loyalty.core import clock, ids
from loyalty.core.ledger.checks import verify
from loyalty.core.tenancy.scope import acting_for
from members.models import AdjustmentRequest, SegmentPlace
from members.operations.allowances import set_limits
from members.operations.bulk import put_into_segment
from members.operations.membership import edit
from members.rules.adjusting import Limit, Limits
from tests.cast import AT, ENGRAVING, MARA, buy, days, person, publish
from tests.web.office.conftest import Luna, browser_of


@pytest.fixture
def crowd(lunas: Luna) -> Luna:
    """Ana bought long ago and today, Ben never; Cleo reads the news and is a regular."""
    now = clock.now()
    with acting_for(lunas.merchant, by=MARA):
        buy(lunas.ana, 10, at=now)
        cleo = person("cleo", at=AT + days(20), given_name="Cleo", family_name="Coe", news_by_email=True)
        buy(cleo, 10, at=now - days(70))
        put_into_segment(members=[cleo.pk], segment="regulars", at=now)
    return lunas


def names(browser: Client, url: str) -> list[str]:
    return [row["name"] for row in browser.get(url).context["rows"]]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["Cleo Coe", "Ben Berg", "Ana Alm"]),
        ("sort=oldest", ["Ana Alm", "Ben Berg", "Cleo Coe"]),
        ("sort=name", ["Ana Alm", "Ben Berg", "Cleo Coe"]),
        ("segment=regulars", ["Cleo Coe"]),
        ("segment=nobodys", []),
        ("bought=7", ["Ana Alm"]),
        ("bought=90", ["Cleo Coe", "Ana Alm"]),
        ("bought=not-60", ["Cleo Coe"]),
        ("bought=never", ["Ben Berg"]),
        ("points=some", ["Cleo Coe", "Ana Alm"]),
        ("points=none", ["Ben Berg"]),
        ("news=email", ["Cleo Coe"]),
        ("news=sms", []),
        ("news=neither", ["Ben Berg", "Ana Alm"]),
        ("since=2026-03-10", ["Cleo Coe"]),
        ("until=2026-03-02", ["Ben Berg", "Ana Alm"]),
        ("since=2026-03-02&until=2026-03-02&sort=name", ["Ana Alm", "Ben Berg"]),
        ("bought=90&points=some&news=email&q=cle", ["Cleo Coe"]),
        ("bought=odd&points=odd&news=odd&since=odd&until=9999-12-31&sort=odd", ["Cleo Coe", "Ben Berg", "Ana Alm"]),
    ],
)  # fmt: skip
def test_the_address_narrows_and_sorts(crowd: Luna, owner: Client, asked: str, found: list[str]):
    assert names(owner, crowd.url(f"members/?{asked}")) == found


def test_members_are_found_by_tier_or_by_having_none(crowd: Luna, owner: Client):
    with acting_for(crowd.merchant, by=MARA):
        publish(tiers=ENGRAVING, at=clock.now())
        from members.models import TierStanding

        TierStanding.objects.get_or_create(member=crowd.ana, defaults={"tier": "classic", "since": AT})
        TierStanding.objects.filter(member=crowd.ben).delete()
    assert "Ana Alm" in names(owner, crowd.url("members/?tier=classic"))
    assert names(owner, crowd.url("members/?tier=-&q=ben")) == ["Ben Berg"]
    assert names(owner, crowd.url("members/?tier=platinum")) == []


@pytest.mark.parametrize("sort", ["newest", "oldest", "name"])
def test_pages_of_every_order_show_everybody_once(crowd: Luna, owner: Client, monkeypatch, sort: str):
    monkeypatch.setattr("loyalty.web.office.members.PAGE", 3)
    with acting_for(crowd.merchant, by=MARA):
        for number in range(7):
            person(f"p{number}", at=AT, given_name="Same", family_name="Name")
    seen, url = [], crowd.url(f"members/?sort={sort}")
    while url:
        page = owner.get(url)
        seen += [row["url"] for row in page.context["rows"]]
        url = page.context["next_url"]
    assert len(seen) == len(set(seen)) == 10


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIiwiYiJd", "%00", "e30", "WyJhIiwgImIiLCAiYyJd", "MQ"])
def test_a_cursor_nobody_made_is_the_first_page_of_any_order(crowd: Luna, owner: Client, cursor: str):
    for sort in ("newest", "name"):
        assert len(names(owner, crowd.url(f"members/?sort={sort}&after={cursor}"))) == 3


def test_filters_stay_in_the_address_and_each_can_be_left_out(crowd: Luna, owner: Client):
    page = owner.get(crowd.url("members/?bought=90&news=email&q=c"))
    left = {chip["label"]: chip["url"] for chip in page.context["chips"]}
    assert left["Wants news by e-mail"] == crowd.url("members/?bought=90&q=c")
    assert page.context["export_url"].endswith("export.csv?bought=90&news=email&q=c")


def test_columns_are_chosen_and_stay(crowd: Luna, owner: Client):
    answer = owner.get(crowd.url("members/?q=a&col=card&col=points"))
    assert answer["Location"] == crowd.url("members/?q=a&cols=card%2Cpoints")
    page = owner.get(answer["Location"])
    assert set(page.context["shows"]) == {"card", "points"}
    assert b"Reached by</th>" not in page.content


def test_the_export_is_exactly_what_the_filters_leave(crowd: Luna, owner: Client):
    url = owner.get(crowd.url("members/?bought=90&sort=name")).context["export_url"]
    rows = list(csv.DictReader(io.StringIO(b"".join(owner.get(url).streaming_content).decode("utf-8-sig"))))
    assert [row["Given name"] for row in rows] == ["Ana", "Cleo"]


# --- many at once ---------------------------------------------------------------------------------------------


def said(answer) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request)).replace("\u00a0", " ")


def of(*members) -> list[str]:
    return [ids.encode("mbr", one.pk) for one in members]


def test_points_for_many_are_summed_up_and_confirmed_before_they_move(crowd: Luna, owner: Client):
    url, chosen = crowd.url("members/many/"), of(crowd.ana, crowd.ben)
    page = owner.get(url, {"do": "adjust", "m": chosen})
    assert (page.context["count"], page.context["named"]) == (2, ["Ben Berg", "Ana Alm"])
    before = crowd.points(crowd.ana), crowd.points(crowd.ben)
    form = {"do": "adjust", "m": chosen, "way": "give", "amount": "50", "reason": "Summer"}
    asked = owner.post(url, form)
    assert (asked.status_code, asked.context["total"]) == (200, 100)
    assert (crowd.points(crowd.ana), crowd.points(crowd.ben)) == before
    for _twice in range(2):
        done = owner.post(url, {**form, "sure": "1", "form_key": "k"})
        assert done.status_code == 303
    assert (crowd.points(crowd.ana), crowd.points(crowd.ben)) == (before[0] + 50, before[1] + 50)
    with acting_for(crowd.merchant, by=MARA):
        assert verify() == []


def test_all_that_the_filters_leave_are_meant_and_kept_when_confirmed(crowd: Luna, owner: Client):
    page = owner.get(crowd.url("members/many/"), {"do": "adjust", "all": "1", "bought": "never"})
    assert page.context["chosen"] == of(crowd.ben)
    with acting_for(crowd.merchant, by=MARA):
        person("newcomer")  # after the page was shown: not meant
    form = {
        "do": "adjust",
        "m": page.context["chosen"],
        "way": "give",
        "amount": "5",
        "reason": "x",
        "sure": "1",
    }
    assert "for 1 member" in said(owner.post(crowd.url("members/many/"), form))


def test_too_many_and_nobody_are_said_before_anything_is_typed(crowd: Luna, owner: Client, monkeypatch):
    monkeypatch.setattr("loyalty.web.office.choosing.bulk.bulk.MOST", 2)
    page = owner.get(crowd.url("members/many/"), {"do": "adjust", "all": "1"})
    assert page.context["too_many"] and b"more than 2" in page.content
    assert b"Nobody is chosen" in owner.get(crowd.url("members/many/"), {"do": "enter"}).content


def test_taking_from_many_passes_over_who_has_too_few_and_says_so(crowd: Luna, owner: Client):
    before = crowd.points(crowd.ana)
    form = {
        "do": "adjust",
        "m": of(crowd.ana, crowd.ben),
        "way": "take",
        "amount": "20",
        "reason": "x",
        "sure": "1",
    }
    text = said(owner.post(crowd.url("members/many/"), form))
    assert "1 member was passed over" in text
    assert (crowd.points(crowd.ana), crowd.points(crowd.ben)) == (before - 20, 0)


def test_more_than_one_may_alone_is_asked_for_instead(crowd: Luna):
    with acting_for(crowd.merchant, by=MARA):
        set_limits(limits=Limits(manager=Limit(day=60)), at=clock.now())
    manager = browser_of(crowd, "manager")
    form = {"do": "adjust", "m": of(crowd.ana, crowd.ben), "way": "give", "amount": "50", "reason": "Summer"}
    assert manager.post(crowd.url("members/many/"), form).context["over"]
    before = crowd.points(crowd.ana)
    assert "has to approve" in said(manager.post(crowd.url("members/many/"), {**form, "sure": "1"}))
    assert crowd.points(crowd.ana) == before
    with acting_for(crowd.merchant, by=MARA):
        assert AdjustmentRequest.objects.get().parts.count() == 2


def test_many_go_into_a_segment_and_out_again(crowd: Luna, owner: Client):
    url, chosen = crowd.url("members/many/"), of(crowd.ana, crowd.ben)
    assert owner.post(url, {"do": "enter", "m": chosen, "segment": "VIPs!"}).status_code == 422
    assert owner.post(url, {"do": "enter", "m": chosen, "segment": "plan-plus"}).status_code == 422
    assert "2 members are in" in said(owner.post(url, {"do": "enter", "m": chosen, "segment": "vip"}))
    assert names(owner, crowd.url("members/?segment=vip&sort=name")) == ["Ana Alm", "Ben Berg"]
    assert "2 members left" in said(owner.post(url, {"do": "leave", "m": chosen, "segment": "vip"}))
    with acting_for(crowd.merchant, by=MARA):
        assert not SegmentPlace.objects.filter(segment="vip").exists()


def test_the_ticked_ones_are_exported(crowd: Luna, owner: Client):
    answer = owner.get(crowd.url("members/many/"), {"do": "export", "m": of(crowd.ben)})
    content = b"".join(owner.get(answer["Location"]).streaming_content).decode("utf-8-sig")
    assert [row["Given name"] for row in csv.DictReader(io.StringIO(content))] == ["Ben"]
    answer = owner.get(crowd.url("members/many/"), {"do": "export", "all": "1", "q": "ana & co"})
    assert answer["Location"].endswith("export.csv?q=ana+%26+co")


@pytest.mark.parametrize(("role", "status"), [("analyst", 403), ("cashier", 403), ("manager", 200)])
def test_only_who_may_change_members_changes_many(crowd: Luna, role: str, status: int):
    form = {"do": "adjust", "m": of(crowd.ana), "way": "give", "amount": "5", "reason": "x"}
    assert browser_of(crowd, role).post(crowd.url("members/many/"), form).status_code == status


def test_another_shops_members_are_nobody_here(crowd: Luna, ottos: Luna, owner: Client):
    page = owner.get(crowd.url("members/many/"), {"do": "adjust", "m": [*of(ottos.ana), "nonsense"]})
    assert page.context["count"] == 0


def test_members_edited_keep_their_place_in_the_list_by_name(crowd: Luna, owner: Client):
    with acting_for(crowd.merchant, by=MARA):
        edit(member=crowd.ana.pk, at=AT, details={"family_name": "Zorn"})
    assert names(owner, crowd.url("members/?sort=name"))[-1] == "Ana Zorn"
