"""Card, rewards, activity and profile: what a member sees and does, and what nobody else ever sees."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from loyalty.core import clock, ids
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from members.operations.membership import block
from rewards.operations.catalogue import create_reward, edit_reward
from rewards.operations.redemption import redeem_reward, reverse_redemption, use_voucher
from rewards.queries.redemptions import codes
from tests.cast import AT, MARA, days, publish, shop
from tests.web.portal.conftest import CAKE, Portal, opened, signs_in

pytestmark = pytest.mark.django_db
ANA = "ana@example.com"
BEN = "ben@example.com"


@pytest.fixture
def ben(portal: Portal) -> Client:
    """Another member's phone; he has nothing."""
    portal.at_the_till(BEN, given_name="Ben")
    phone = Client()
    signs_in(phone, portal, BEN)
    return phone


def takes(phone: Client, portal: Portal, key: str = "k" * 32, **fields: str):
    return phone.post(portal.reward_url(portal.coffee, "redeem/"), {"form_key": key, **fields})


# --- card ---------------------------------------------------------------------------------------------------


def test_the_card_says_what_i_have_can_take_and_lack(portal: Portal, ana: Client):
    page = ana.get(portal.url("card/"))
    assert page.context["balance"].available == 150
    assert page.context["note"] == "Enough for 1 reward."
    assert [offer["name"] for offer in page.context["offers"]] == ["Free coffee"]
    assert (page.context["upcoming"]["name"], page.context["upcoming"]["missing"]) == ("A whole cake", 750)
    text = page.content.decode()
    assert "Ana Alm" in text
    assert "750\u00a0beans to go" in text
    assert page.context["code"].replace("-", "") == page.context["qr_data"]


def test_what_waits_and_what_ends_stands_on_the_card_with_its_day(portal: Portal, ana: Client):
    with acting_for(portal.merchant, by=MARA):
        publish(at=clock.now(), points_life={"hold_days": 14, "expiry": "rolling", "months": 1})
    portal.earns(ANA, 40, at=clock.now())
    with acting_for(portal.merchant, by=MARA):
        publish(at=clock.now(), points_life={"expiry": "rolling", "months": 1})
    portal.earns(ANA, 60, at=clock.now())
    page = ana.get(portal.url("card/"))
    (lot,) = page.context["waiting"]
    assert lot.remaining == 40
    assert timedelta(days=13) < lot.available_from - clock.now() < timedelta(days=15)
    ((last_day, count),) = page.context["ending"]
    assert count == 60
    # Good until midnight in Stockholm: the day named is the last one, not the one after.
    assert last_day.astimezone(portal.zone).strftime("%H:%M:%S") == "23:59:59"
    assert "60\u00a0points expire after" in page.context["note"]


def test_a_paused_card_says_so_and_takes_nothing(portal: Portal, ana: Client):
    with acting_for(portal.merchant, by=MARA):
        block(member=portal.member(ANA).pk, at=clock.now(), reason="lost")
    assert "This card is paused" in ana.get(portal.url("card/")).content.decode()
    takes(ana, portal)
    assert portal.taken(ANA) == []


# --- rewards ------------------------------------------------------------------------------------------------


def test_a_reward_becomes_a_code_once_however_often_it_is_pressed(portal: Portal, ana: Client):
    key = ana.get(portal.reward_url(portal.coffee)).context["form_key"]
    first, second = takes(ana, portal, key), takes(ana, portal, key)
    (taken,) = portal.taken(ANA)
    assert first.headers["Location"] == second.headers["Location"] == portal.code_url(taken)
    assert portal.points(ANA) == 50
    page = ana.get(portal.code_url(taken))
    assert page.context["state"] == "active"
    assert "<svg" in page.content.decode()
    assert page.context["code"] in page.content.decode()


def test_too_few_points_are_refused_with_what_is_missing(portal: Portal, ana: Client):
    takes(ana, portal, "a" * 32)
    answer = ana.post(portal.reward_url(portal.coffee, "redeem/"), {"form_key": "b" * 32}, follow=True)
    assert "50 beans to go: you have 50 of 100" in answer.content.decode()
    assert len(portal.taken(ANA)) == 1


@pytest.mark.parametrize("key", ["", "../x", "k" * 65, "a b"])
def test_without_the_forms_key_nothing_is_taken(portal: Portal, ana: Client, key: str):
    assert takes(ana, portal, key).status_code == 303
    assert portal.taken(ANA) == []


def test_codes_say_whether_they_are_still_good(portal: Portal, ana: Client):
    portal.earns(ANA, 400)
    for key in "abcd":
        takes(ana, portal, key * 32)
    used, void, over, _active = portal.taken(ANA)
    with acting_for(portal.merchant, by=MARA):
        vouchers = codes([used, void, over])
        use_voucher(code=vouchers[used.pk][0].code, at=clock.now())
        reverse_redemption(redemption=void.pk, at=clock.now(), reason="out of milk")
        vouchers[over.pk][0].expires_at = clock.now() - days(1)
        vouchers[over.pk][0].save(update_fields=["expires_at"])
    wallet = ana.get(portal.url("codes/")).context
    states = [code["state"] for code in (*wallet["good"], *wallet["over"])]
    assert states == ["active", "expired", "void", "used"]
    assert len(ana.get(portal.url("rewards/")).context["codes"]) == 1
    words = {used: "Enjoy!", void: "back on your card", over: "Ask the shop if that is a mistake"}
    for redemption, text in words.items():
        page = ana.get(portal.code_url(redemption)).content.decode()
        assert text in page
        assert "hx-trigger" not in page.partition('id="code-state"')[2][:40]
    assert len(ana.get(portal.url("card/")).context["open_codes"]) == 1


def test_the_code_page_answers_its_own_question_with_a_part(portal: Portal, ana: Client):
    takes(ana, portal)
    url = portal.code_url(portal.taken(ANA)[0])
    part = ana.get(url, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="code-state" hx-get=')


def test_a_reward_out_of_stock_or_not_yet_offered_says_so(portal: Portal, ana: Client):
    with acting_for(portal.merchant, by=MARA):
        edit_reward(reward=portal.coffee.pk, at=clock.now(), details={"stock": 0})
    page = ana.get(portal.reward_url(portal.coffee)).content.decode()
    assert "All taken" in page
    assert "Use 100" not in page


# --- nobody else's ------------------------------------------------------------------------------------------


def test_a_member_sees_nothing_of_another(portal: Portal, ana: Client, ben: Client):
    takes(ana, portal)
    (taken,) = portal.taken(ANA)
    assert ben.get(portal.code_url(taken)).status_code == 404
    for path in ("card/", "rewards/", "activity/", "profile/"):
        page = ben.get(portal.url(path)).content.decode()
        assert "Ana" not in page
        assert not re.search(r"\b150\b", page)
    assert "No rewards" not in ben.get(portal.url("rewards/")).content.decode()
    assert ben.get(portal.url("rewards/")).context["codes"] == []


def test_a_member_of_another_shop_is_nobody_here(portal: Portal, ottos: Portal, ana: Client):
    takes(ana, portal)
    (taken,) = portal.taken(ANA)
    ottos.at_the_till("olga@example.com")
    olga = Client()
    signs_in(olga, ottos, "olga@example.com")
    for path in ("card/", "rewards/", "activity/", "profile/", "profile/erase/"):
        assert olga.get(portal.url(path)).headers["Location"] == portal.url()
    assert olga.get(portal.code_url(taken)).headers["Location"] == portal.url()
    at_home = ottos.url(f"codes/{ids.encode('rdm', taken.pk)}/")
    assert olga.get(at_home).status_code == 404
    foreign = ottos.url(f"rewards/{ids.encode('rwd', portal.coffee.pk)}/")
    absent = ottos.url(f"rewards/{ids.encode('rwd', ids.new())}/")
    assert olga.get(foreign).status_code == olga.get(absent).status_code == 404
    assert olga.post(f"{foreign}redeem/", {"form_key": "a" * 32}).status_code == 404


# --- activity -----------------------------------------------------------------------------------------------


def test_every_entry_has_its_reason_and_the_balance_after_it(portal: Portal, ana: Client):
    takes(ana, portal)
    spent, earned = ana.get(portal.url("activity/")).context["entries"]
    assert (earned["amount"], earned["balance"]) == (150, 150)
    assert "1 for every SEK\u00a01.00 of SEK\u00a0150.00" in earned["detail"]
    assert (spent["amount"], spent["balance"], spent["title"]) == (-100, 50, "Free coffee")


def test_the_activity_pages_on_without_losing_or_repeating(portal: Portal, ana: Client, monkeypatch):
    monkeypatch.setattr("loyalty.web.portal.history.ENTRIES", 2)
    for kronor in (1, 2, 3, 4):
        portal.earns(ANA, kronor)
    seen, url = [], portal.url("activity/")
    while True:
        page = ana.get(url)
        seen += [entry["amount"] for entry in page.context["entries"]]
        if not page.context["next_url"]:
            break
        url = portal.url("activity/") + page.context["next_url"]
    assert seen == [4, 3, 2, 1, 150]
    assert ana.get(portal.url("activity/?before=nonsense")).status_code == 404


def test_what_waits_is_labelled_and_leaves_the_balance_alone(portal: Portal, ana: Client):
    with acting_for(portal.merchant, by=MARA):
        publish(at=clock.now(), points_life={"hold_days": 14})
    portal.earns(ANA, 40, at=clock.now())
    waits, _earned = ana.get(portal.url("activity/")).context["entries"]
    assert (waits["amount"], waits["state_text"], waits["balance"]) == (40, "Waiting", None)
    card = ana.get(portal.url("card/"))
    assert card.context["balance"].available == 150
    assert "40\u00a0points are still waiting." in card.context["note"]


def test_longer_lists_ask_the_database_no_more(portal: Portal, ana: Client):
    def asked(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert ana.get(portal.url(path)).status_code == 200
        return len(captured)

    paths = ("card/", "rewards/", "activity/")
    takes(ana, portal)
    before = [asked(path) for path in paths]
    for number in range(5):
        portal.earns(ANA, 200)
        takes(ana, portal, f"{number}" * 32)
        with acting_for(portal.merchant, by=MARA):
            create_reward(at=AT, details={**CAKE, "cost_points": 901 + number})
    # The shop and its programme are kept for half a second and may have to be asked for again; one question
    # for each of the five new rewards, codes or purchases would be five.
    for path, then in zip(paths, before, strict=True):
        assert asked(path) <= then + 2


# --- profile ------------------------------------------------------------------------------------------------


def test_details_are_saved_and_the_language_is_the_members(portal: Portal, ana: Client):
    told = {
        "given_name": "Anna",
        "family_name": "",
        "birthday": "1990-02-03",
        "language": "sv",
        "news_by_email": "on",
    }
    assert ana.post(portal.url("profile/"), told).headers["Location"] == portal.url("profile/")
    page = ana.get(portal.url("profile/"), headers={"Accept-Language": "en"})
    assert page.headers["Content-Language"] == "sv"
    assert 'lang="sv"' in page.content.decode()
    assert 'value="1990-02-03"' in page.content.decode()
    assert "En kaffe" in ana.get(portal.url("rewards/")).content.decode()
    assert page.context["form"].initial["news_by_email"] is True


@pytest.mark.parametrize(
    ("language", "card", "activity"),
    [("sv", "Visa det här i kassan", "Köp för"), ("nb", "Vis dette i kassen", "Kjøp for"),
     ("nl", "Laat dit zien aan de kassa", "Aankoop van"), ("en", "Show this at the till", "Purchase of")],
)  # fmt: skip
def test_the_pages_speak_the_language_the_browser_asks_for(
    portal: Portal, ana: Client, language, card, activity
):
    with acting_for(portal.merchant, by=MARA):
        Member.objects.update(language="")
    asked = {"Accept-Language": f"de;q=0.9, {language};q=0.8"}
    portal.earns(ANA, 20)
    page = ana.get(portal.url("card/"), headers=asked)
    assert (page.headers["Content-Language"], page.status_code) == (language, 200)
    assert card in page.content.decode()
    assert activity in ana.get(portal.url("activity/"), headers=asked).content.decode()


def test_the_chosen_language_counts_for_every_sentence_of_a_story(portal: Portal, ana: Client):
    with acting_for(portal.merchant, by=MARA):
        Member.objects.update(language="sv")
    portal.earns(ANA, 20)
    text = ana.get(portal.url("activity/"), headers={"Accept-Language": "nl, en"}).content.decode()
    assert "för varje 1,00\xa0kr av 20,00\xa0kr" in text
    assert "Köp för 20,00\xa0kr" in text
    assert not [english for english in ("Purchase of", "for every", "Activity", "Aankoop") if english in text]


@pytest.mark.parametrize(
    ("field", "value"),
    [("birthday", "1850-01-01"), ("birthday", "soon"), ("given_name", "x" * 81), ("language", "de")],
)
def test_what_cannot_be_saved_comes_back_beside_its_field(
    portal: Portal, ana: Client, field: str, value: str
):
    answer = ana.post(portal.url("profile/"), {"given_name": "Zoe", field: value})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert "Zoe" not in ana.get(portal.url("card/")).content.decode()


def test_everything_can_be_taken_along(portal: Portal, ana: Client):
    answer = ana.post(portal.url("profile/export/"))
    assert "attachment" in answer.headers["Content-Disposition"]
    data = json.loads(answer.content)
    assert data["membership"]["profile"]["given_name"] == "Ana"
    assert {k: data["membership"]["identities"][1][k] for k in ("kind", "value")} == {
        "kind": "email",
        "value": ANA,
    }
    assert data["membership"]["points"][0]["change"] == 150
    assert ana.get(portal.url("profile/export/")).status_code == 405


def test_only_the_typed_word_deletes(portal: Portal, ana: Client):
    answer = ana.post(portal.url("profile/erase/"), {"word": "yes"})
    assert answer.status_code == 422
    assert "Nothing has been deleted" in answer.content.decode()
    assert portal.points(ANA) == 150


def test_deleting_forgets_the_person_the_account_and_the_way_in(portal: Portal, ana: Client):
    takes(ana, portal)
    url = portal.code_url(portal.taken(ANA)[0])
    answer = ana.post(portal.url("profile/erase/"), {"word": "erase"})
    assert answer.headers["Location"] == portal.url()
    assert ana.get(portal.url("card/")).headers["Location"] == portal.url()
    assert ana.get(url).headers["Location"] == portal.url()
    assert not get_user_model().objects.filter(email=ANA).exists()
    assert not EmailAddress.objects.filter(email=ANA).exists()


def test_an_account_that_serves_another_card_stays(portal: Portal, ottos: Portal, ana: Client):
    ana.post(ottos.url("join/"))
    ana.post(portal.url("profile/erase/"), {"word": "ERASE"})
    assert get_user_model().objects.filter(email=ANA).exists()
    assert ottos.points(ANA) == 0


def test_pages_are_kept_by_no_cache(portal: Portal, ana: Client):
    for path in ("", "card/", "activity/", "profile/"):
        assert "no-store" in ana.get(portal.url(path)).headers["Cache-Control"]


# --- at once ------------------------------------------------------------------------------------------------


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_taps_at_once_redeem_once(transactional_db: None, settings):
    portal = opened(shop(), MARA)
    portal.at_the_till(ANA)
    portal.earns(ANA, 1000)
    phone = Client()
    signs_in(phone, portal, ANA)
    phone.get(portal.url("card/"))

    def tap(_number: int) -> str:
        other = Client()
        other.cookies = phone.cookies
        try:
            return takes(other, portal).headers["Location"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        places = set(pool.map(tap, range(8)))
    (taken,) = portal.taken(ANA)
    assert places == {portal.code_url(taken)}
    assert portal.points(ANA) == 900
    with acting_for(portal.merchant, by=MARA):
        # Without the form's key each tap would have been one more.
        redeem_reward(member=portal.member(ANA).pk, reward=portal.coffee.pk, key="another", at=clock.now())
    assert portal.points(ANA) == 800
