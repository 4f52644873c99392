"""At the counter: preview, give, redeem, sign up, take back; everything once."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from loyalty.core import ids
from loyalty.core.events.models import Event
from loyalty.core.tenancy.scope import acting_for
from loyalty.core.tills.models import Action
from loyalty.web.pos import selling
from members.models import Member, PerkClaim
from members.operations.membership import block
from rewards.models import Redemption, Voucher
from tests.cast import AT, MARA
from tests.web.pos.conftest import Counter, at, key, now, told, unlocks


def gives(browser: Client, member: Member, amount: str = "184,00", **sent: Any):
    """Tom types a sum and gives what it earns."""
    return browser.post(at(member, "earn/"), {"amount": amount, "form_key": key(), **sent}, follow=True)


# --- giving -------------------------------------------------------------------------------------------------


def test_a_sum_is_previewed_part_by_part_and_given_as_previewed(counter: Counter, tablet: Client) -> None:
    ana = counter.member("ANA2345", points=0, given_name="Ana")
    gives(tablet, ana, "300")  # Silver from now on
    preview = tablet.post(at(ana, "quote/"), {"amount": "184", "n:category:coffee": "0"})
    assert [part["amount"] for part in preview.context["quote"]["parts"]] == [184, 92]
    assert "92" in told(preview) and "Silver" in told(preview) and "Give 276 points" in told(preview)
    assert counter.points(ana) == 300, "looking gives nothing"
    done = gives(tablet, ana, "184")
    assert "276 points for Ana" in told(done) and "576 points" in told(done)
    assert counter.points(ana) == 576
    counter.agrees()


def test_the_order_says_who_where_and_at_which_till(counter: Counter, tablet: Client) -> None:
    ana = counter.member("ANA2345")
    gives(tablet, ana, "184,50", payment="swish")
    (order,) = counter.orders()
    assert (order.total_minor, order.channel, order.location, order.payment_method, order.source) == (
        18450, "pos", "main", "swish", "till")  # fmt: skip
    assert order.points_earned == 194
    with acting_for(counter.merchant, by=MARA):
        event = Event.objects.get(kind="till.earn")
        assert event.actor == f"staff:{counter.staff['Tom'].pk}"
        assert event.data["till"] == str(counter.till.pk)
        assert Event.objects.get(kind="order.recorded").actor == event.actor


def test_giving_twice_with_one_form_is_once(counter: Counter, tablet: Client) -> None:
    ana = counter.member("ANA2345")
    same = {"amount": "184", "form_key": key()}
    answers = [tablet.post(at(ana, "earn/"), same) for _again in range(3)]
    assert len({answer["Location"] for answer in answers}) == 1
    assert counter.points(ana) == 184 and len(counter.orders()) == len(counter.actions()) == 1
    other = tablet.post(at(ana, "earn/"), {**same, "amount": "999"})
    assert other.status_code == 422 and "already used" in told(other)
    assert counter.points(ana) == 184
    counter.agrees()


@pytest.mark.parametrize("amount", ["", "0", "-5", "abc", "1,234", "12345678901234", "1e5", "٣", "5,5,5"])
def test_what_is_no_sum_comes_back_with_what_was_typed(counter: Counter, tablet: Client, amount: str) -> None:
    ana = counter.member("ANA2345")
    if amount == "1,234":  # a thousand and more is written like this
        assert gives(tablet, ana, amount).status_code == 200 and counter.points(ana) == 1234
        return
    answer = gives(tablet, ana, amount)
    assert answer.status_code == 422
    assert f'value="{amount}"' in told(answer)
    assert counter.orders() == [] and counter.actions() == []


def test_stamps_are_counted_by_the_thing(counter: Counter, tablet: Client) -> None:
    ana = counter.member("ANA2345")
    page = told(tablet.get(at(ana)))
    assert 'name="n:category:coffee"' in page and "Coffee card" in page
    gives(tablet, ana, "84", **{"n:category:coffee": "2"})
    assert counter.points(ana, "stamps") == 2
    done = told(gives(tablet, ana, "42", **{"n:category:coffee": "1"}))
    assert counter.points(ana, "stamps") == 0 and "Coffee card" in done
    assert "The next coffee" in told(tablet.get(at(ana))), "a full card gave its reward, to use here"
    assert [order.total_minor for order in counter.orders()] == [8400, 4200]
    counter.agrees()


@pytest.mark.parametrize("count", ["-1", "100", "x", "1.5", "²"])
def test_a_number_of_things_that_is_none_is_refused(counter: Counter, tablet: Client, count: str) -> None:
    ana = counter.member("ANA2345")
    assert gives(tablet, ana, "84", **{"n:category:coffee": count}).status_code == 422
    assert counter.orders() == []


def test_somebody_who_is_paused_gets_nothing(counter: Counter, tablet: Client) -> None:
    ana = counter.member("ANA2345", points=500)
    with acting_for(counter.merchant, by=MARA):
        block(member=ana.pk, at=AT, reason="lost card")
    assert "This card is paused" in told(tablet.get(at(ana)))
    gives(tablet, ana, "184")
    assert counter.points(ana) == 500
    tablet.post(at(ana, "redeem/"), {"reward": ids.encode("rwd", counter.coffee.pk), "form_key": key()})
    assert counter.points(ana) == 500 and [row.kind for row in counter.actions()] == ["earn"]


# --- taking -------------------------------------------------------------------------------------------------


def redeems(browser: Client, counter: Counter, member: Member, **sent: Any):
    reward = ids.encode("rwd", counter.coffee.pk)
    return browser.post(at(member, "redeem/"), {"reward": reward, "form_key": key(), **sent}, follow=True)


def test_a_reward_is_taken_once_and_its_code_used_with_it(counter: Counter, tablet: Client) -> None:
    ana = counter.member("ANA2345", points=250)
    same = key()
    for _again in range(3):
        assert "Free coffee" in told(redeems(tablet, counter, ana, form_key=same))
    assert counter.points(ana) == 150
    with acting_for(counter.merchant, by=MARA):
        assert [row.status for row in Redemption.objects.all()] == ["committed"]
        assert [row.status for row in Voucher.objects.all()] == ["used"]
    assert [(row.kind, row.points) for row in counter.actions()] == [("redeem", -100)]
    counter.agrees()


def test_too_few_points_is_said_and_takes_nothing(counter: Counter, tablet: Client) -> None:
    ana = counter.member("ANA2345", points=99)
    assert "1 point to go" in told(tablet.get(at(ana)))
    assert "1 point to go" in told(redeems(tablet, counter, ana))
    assert counter.points(ana) == 99 and counter.actions() == []


def test_a_code_from_the_portal_is_used_once(counter: Counter, tablet: Client) -> None:
    ana = counter.member("ANA2345", points=250, given_name="Ana")
    row, code = counter.holds_code(ana)
    shown = tablet.post("/pos/find/", {"q": f"{code[:4]}-{code[4:].lower()}"}, follow=True)
    assert "Free coffee" in told(shown) and "For Ana" in told(shown)
    url = f"/pos/codes/{ids.encode('rdm', row.pk)}/use/"
    voucher = shown.context["codes"][0]["voucher"]
    assert "Free coffee" in told(tablet.post(url, {"voucher": voucher, "form_key": key()}, follow=True))
    again = told(tablet.post(url, {"voucher": voucher, "form_key": key()}, follow=True))
    assert "not valid" in again
    assert [(one.kind, one.points) for one in counter.actions()] == [("code", 0)]
    assert "Nothing was found" in told(tablet.post("/pos/find/", {"q": code}))
    for wrong in ("", "x", str(ids.new())):
        assert tablet.post(url, {"voucher": wrong, "form_key": key()}).status_code == 303
    counter.agrees()


def test_offers_and_services_are_there_to_take(counter: Counter, tablet: Client) -> None:
    ana = counter.member("ANA2345")
    gives(tablet, ana, "300")
    page = told(tablet.get(at(ana)))
    assert "Happy hour" in page and "A stylist’s hour" in page and "Silver" in page
    tablet.post(at(ana, "offer/"), {"offer": "happy-hour", "form_key": key()})
    assert "active-offer" in told(tablet.get(at(ana)))
    for perk in ("stylist", "engraving"):
        tablet.post(at(ana, "claim/"), {"perk": perk, "form_key": key()})
    second = told(tablet.post(at(ana, "claim/"), {"perk": "stylist", "form_key": key()}, follow=True))
    assert "as often as it can be" in second
    with acting_for(counter.merchant, by=MARA):
        claims = {row.perk: row.order_external_id for row in PerkClaim.objects.all()}
    assert set(claims) == {"stylist", "engraving"}
    assert claims["engraving"] == counter.orders()[0].external_id, "it is claimed for the purchase of today"


def test_a_service_of_a_purchase_needs_one(counter: Counter, tablet: Client) -> None:
    ana = counter.member("ANA2345", points=300)
    answer = tablet.post(at(ana, "claim/"), {"perk": "engraving", "form_key": key()}, follow=True)
    with acting_for(counter.merchant, by=MARA):
        assert PerkClaim.objects.count() == 0
    assert counter.actions() == [] and answer.status_code == 200


# --- joining ------------------------------------------------------------------------------------------------


def test_somebody_joins_with_one_number_and_can_earn_at_once(counter: Counter, tablet: Client) -> None:
    sent = {"contact": "070-765 43 21", "given_name": "Eve", "agreed": "on", "news": "on", "form_key": key()}
    page = tablet.post("/pos/join/", sent, follow=True)
    assert "Eve" in told(page) and page.redirect_chain[0][0].endswith("?by=card")
    assert tablet.post("/pos/join/", sent)["Location"] == page.redirect_chain[0][0]
    with acting_for(counter.merchant, by=MARA):
        (eve,) = Member.objects.all()
        profile = eve.profiles.get()
    assert (eve.channel, profile.news_by_sms, profile.news_by_email) == ("pos", True, False)
    gives(tablet, eve, "50")
    assert counter.points(eve) == 50
    again = tablet.post("/pos/join/", {**sent, "form_key": key()}, follow=True)
    assert "a card already" in told(again)
    assert [row.kind for row in counter.actions()] == ["join", "earn"]


@pytest.mark.parametrize(
    "sent",
    [{}, {"contact": "0707654321"}, {"contact": "12", "agreed": "on"}, {"contact": "@", "agreed": "on"}],
)
def test_nobody_joins_without_a_way_back_or_a_yes(
    counter: Counter, tablet: Client, sent: dict[str, str]
) -> None:
    assert tablet.post("/pos/join/", {**sent, "form_key": key()}).status_code == 422
    with acting_for(counter.merchant, by=MARA):
        assert Member.objects.count() == 0


# --- taking back --------------------------------------------------------------------------------------------


def undoes(browser: Client, action: Action):
    return browser.post(f"/pos/undo/{action.pk}/", follow=True)


def test_a_purchase_and_a_reward_are_taken_back_once(counter: Counter, tablet: Client) -> None:
    ana = counter.member("ANA2345", points=250)
    gives(tablet, ana, "184")
    redeems(tablet, counter, ana)
    assert counter.points(ana) == 334
    for action in counter.actions():
        assert "Taken back" in told(undoes(tablet, action))
        undoes(tablet, action)
    assert counter.points(ana) == 250
    assert [order.status for order in counter.orders()] == ["cancelled"]
    assert all(row.undone_by == f"staff:{counter.staff['Tom'].pk}" for row in counter.actions())
    counter.agrees()


def test_after_its_minutes_only_a_manager_takes_it_back(counter: Counter, tablet: Client) -> None:
    ana = counter.member("ANA2345")
    gives(tablet, ana, "184")
    (action,) = counter.actions()
    with acting_for(counter.merchant, by=MARA):
        Action.objects.update(recorded_at=now() - selling.UNDO - timedelta(seconds=1))
    assert "cannot be taken back" in told(undoes(tablet, action))
    assert counter.points(ana) == 184
    unlocks(tablet, counter, "Mia")
    undoes(tablet, action)
    assert counter.points(ana) == 0
    counter.agrees()


def test_what_was_done_at_another_till_stays_there(counter: Counter, tablet: Client) -> None:
    ana = counter.member("ANA2345")
    gives(tablet, ana, "184")
    (action,) = counter.actions()
    with acting_for(counter.merchant, by=MARA):
        from loyalty.core.tills.operations import add_till

        bar, code = add_till(name="Bar", location="main", at=now())
    other = Client()
    other.post("/pos/pair/", {"code": code})
    unlocks(other, counter, "Mia")
    assert other.post(f"/pos/undo/{action.pk}/").status_code == 404
    assert not re.search(r"\b184\b", told(other.get("/pos/"))) and counter.points(ana) == 184
    assert bar.pk != counter.till.pk


def test_the_last_twenty_and_the_shift_add_up(counter: Counter, tablet: Client) -> None:
    ana = counter.member("ANA2345", points=250)
    for number in range(22):
        gives(tablet, ana, f"{number + 1}")
    undoes(tablet, counter.actions()[0])
    assert (
        told(tablet.get("/pos/")).count("last__row") - 1 == 20
        or len(tablet.get("/pos/").context["last"]) == 20
    )
    unlocks(tablet, counter, "Mia")
    redeems(tablet, counter, ana)
    page = tablet.get("/pos/shift/")
    rows = {row["name"]: row["shift"] for row in page.context["rows"]}
    tom, mia = rows["Tom"], rows["Mia"]
    assert (tom.sales, tom.amount_minor, tom.undone) == (21, 100 * sum(range(2, 23)), 1)
    assert (mia.sales, mia.rewards, mia.undone) == (0, 1, 0)
    standing = [row for row in counter.actions() if row.kind == "earn" and row.undone_at is None]
    assert tom.points == sum(row.points for row in standing)
    assert tablet.get("/pos/shift/?day=2020-01-01").context["rows"] == []
    assert tablet.get("/pos/shift/?day=nonsense").status_code == 200
