"""Kinds of rewards through the API: what a storefront and a till send and are answered."""

import pytest

from loyalty.core.tenancy.scope import acting_for
from rewards.models import Reward
from tests.api.caller import an_order
from tests.cast import MARA

SOON = "2099-12-05T18:00:00+01:00"


@pytest.fixture
def ana(call):
    member = call.post("members", {"external_id": "ana"}).json()["id"]
    call.post("orders", an_order("ana", kronor=1000))
    return member


def made(call, kind, cost=100, **more):
    answer = call.post("rewards", {"kind": kind, "name": {"en": "A reward"}, "cost_points": cost, **more})
    assert answer.status_code == 201, answer.content
    return answer.json()


def balance(call, member):
    return call.get(f"members/{member}/balances").json()["balances"][0]["available"]


def test_a_reward_has_a_handle_that_stays(call):
    reward = made(call, "custom")
    assert reward["handle"] == "a-reward"
    renamed = call("PATCH", f"rewards/{reward['id']}", {"name": {"en": "Another"}}).json()
    assert (renamed["name"], renamed["handle"]) == ({"en": "Another"}, "a-reward")
    body = {"kind": "custom", "name": {"en": "x"}, "cost_points": 0, "handle": "a-reward"}
    assert call.post("rewards", body).json()["code"] == "handle_taken"
    assert call("PATCH", f"rewards/{reward['id']}", {"handle": "mine"}).status_code == 400


def test_terms_and_audience_come_back_as_they_were_sent(call):
    terms = {"charity": "Sea Rescue", "url": "https://example.org"}
    audience = {"tiers": ["gold"], "birthday": {"days_before": 3}}
    reward = made(
        call, "donation", value=500, terms=terms, audience=audience, limits=[{"period": "week", "times": 2}]
    )
    assert reward["terms"] == terms
    assert reward["audience"] == {
        "tiers": ["gold"], "segments": [], "not_segments": [], "member_days": None,
        "birthday": {"days_before": 3, "days_after": 0},
    }  # fmt: skip
    changed = call("PATCH", f"rewards/{reward['id']}", {"limits": []}).json()
    assert (changed["limits"], changed["terms"], changed["audience"]) == ([], terms, reward["audience"])


@pytest.mark.parametrize(
    ("kind", "more", "field"),
    [
        ("custom", {"terms": {"charity": "x"}}, "terms"), ("donation", {"value": 5}, "terms"),
        ("early_access", {"terms": {"opens_at": SOON}}, "terms"),
        ("early_access", {"terms": {"opens_at": SOON, "public_at": SOON}}, "terms.public_at"),
        ("pay_with_points", {"terms": {"least_points": 5, "most_points": 4}}, "terms.most_points"),
        ("custom", {"limits": [{"period": "day", "times": 1}, {"period": "day", "times": 2}]}, "limits"),
    ],
)  # fmt: skip
def test_terms_of_another_kind_are_refused_by_their_field(call, shopfront, kind, more, field):
    cost = 0 if kind == "pay_with_points" else 10
    answer = call.post("rewards", {"kind": kind, "name": {"en": "x"}, "cost_points": cost, **more})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)
    with acting_for(shopfront, by=MARA):
        assert Reward.objects.count() == 0


def test_a_place_is_quoted_booked_waited_for_and_given_up(call, ana):
    ben = call.post("members", {"external_id": "ben"}).json()["id"]
    call.post("orders", an_order("ben", kronor=500))
    workshop = made(call, "workshop")
    session = call.post(f"rewards/{workshop['id']}/sessions", {"starts_at": SOON, "capacity": 1}).json()
    where = f"sessions/{session['id']}/bookings"
    rehearsed = call.post(f"{where}?dry_run=true", {"member": ana}, key=None)
    assert (rehearsed.status_code, rehearsed.json()["status"], rehearsed.json()["id"]) == (
        200,
        "booked",
        None,
    )
    assert balance(call, ana) == 1000
    booked = call.post(where, {"member": ana}, key="once")
    assert call.post(where, {"member": ana}, key="once").json() == booked.json()
    assert (booked.status_code, booked.json()["status"], balance(call, ana)) == (201, "booked", 900)
    waits = call.post(where, {"member": ben}).json()
    assert (waits["status"], waits["ahead"], waits["redemption"], balance(call, ben)) == (
        "waiting",
        0,
        None,
        500,
    )
    assert call.post(where, {"member": ben}).json()["code"] == "already_booked"
    assert call.get(f"sessions/{session['id']}").json()["left"] == 0
    assert [row["status"] for row in call.get(where).json()["data"]] == ["booked", "waiting"]
    given_up = call.post(f"bookings/{booked.json()['id']}/cancel", {})
    assert (given_up.json()["status"], balance(call, ana)) == ("cancelled", 1000)
    assert call.post(f"bookings/{waits['id']}/check-in", {}).json()["code"] == "wrong_booking_state"


def test_a_till_checks_in_and_rules_can_give_for_it(call, ana):
    workshop = made(call, "experience")
    session = call.post(f"rewards/{workshop['id']}/sessions", {"starts_at": SOON, "capacity": 1}).json()["id"]
    booking = call.post(f"sessions/{session}/bookings", {"member": ana}).json()
    here = call.post(f"bookings/{booking['id']}/check-in", {}).json()
    assert here["status"] == "attended"
    ticket = call.get(f"redemptions/{booking['redemption']}").json()
    assert ticket["code_status"] == "used"
    [done] = call.get(f"activities?member={ana}").json()["data"]
    assert (done["kind"], done["properties"]["session"]) == ("event_attended", session)


def test_codes_are_imported_given_out_and_run_low(call, ana):
    coupon = made(call, "coupon")["id"]
    assert call.post(f"rewards/{coupon}/codes", {"codes": ["SUN-0001", "SUN-0002"]}).json() == {
        "added": 2, "known": 0, "left": 2,
    }  # fmt: skip
    taken = call.post("redemptions", {"member": ana, "reward": coupon}).json()
    assert taken["code"] == "SUN-0001"
    assert call.get(f"rewards/{coupon}").json()["left"] == 1
    assert call.post(f"rewards/{coupon}/codes/discard", {}).json() == {"gone": 1}
    assert call.post("redemptions", {"member": ana, "reward": coupon}).json()["code"] == "not_eligible"
    plain = made(call, "custom")["id"]
    assert call.post(f"rewards/{plain}/codes", {"codes": ["SUN-0003"]}).json()["code"] == "no_pool"


def test_points_pay_a_part_of_an_order(call, ana):
    reward = made(call, "pay_with_points", 0, terms={"points": 1, "minor": 10, "most_percent": 2500})["id"]
    asked = {"member": ana, "reward": reward, "order_minor": 20_000}
    quote = call.post("points-payments/quote", asked).json()
    assert (quote["points"], quote["minor"], quote["minor_left"]) == (500, 5000, 15_000)
    paying = {**asked, "points": 500, "order_external_id": "web-1"}
    assert call.post("points-payments", {**paying, "points": 501}).json()["code"] == "cannot_pay_so_much"
    row = call.post("points-payments", paying).json()
    assert (row["status"], row["value"], row["code"], balance(call, ana)) == ("reserved", 5000, None, 500)
    assert call.post("points-payments", paying).json()["code"] == "order_already_paid"
    assert call.post(f"redemptions/{row['id']}/release", {}).json()["status"] == "released"
    assert balance(call, ana) == 1000


def test_staff_move_what_has_to_be_sent(call, ana):
    reward = made(call, "free_product", delivery="shipped")["id"]
    row = call.post("redemptions", {"member": ana, "reward": reward}).json()
    assert call.get("fulfilments").json()["data"] == []
    call.post(f"redemptions/{row['id']}/commit")
    [waiting] = call.get("fulfilments").json()["data"]
    assert (waiting["state"], waiting["member"], waiting["delivery"]) == ("open", ana, "shipped")
    sent = call.post(f"fulfilments/{waiting['id']}/move", {"to": "sent", "reference": "RX1"}).json()
    assert (sent["state"], sent["reference"]) == ("sent", "RX1")
    back = call.post(f"fulfilments/{waiting['id']}/move", {"to": "open"})
    assert (back.status_code, back.json()["code"]) == (422, "wrong_step")


def test_what_charities_got_and_what_rewards_cost_can_be_asked(call, ana):
    reward = made(call, "donation", value=2500, terms={"charity": "Sea Rescue"})["id"]
    row = call.post("redemptions", {"member": ana, "reward": reward}).json()
    call.post(f"redemptions/{row['id']}/commit")
    [given] = call.get(f"donations?member={ana}").json()["data"]
    assert (given["charity"], given["minor"], given["by_member_minor"]) == ("Sea Rescue", 2500, 2500)
    cost = call.get(f"rewards/{reward}/economics").json()
    assert (cost["unit_cost_minor"], cost["handed_out"], cost["cost_minor"]) == (2500, 1, 2500)


def test_who_may_come_in_early_is_asked_at_the_door(call, ana):
    terms = {"opens_at": "2026-01-01T00:00:00Z", "public_at": SOON, "url": "https://example.org/presale"}
    reward = made(call, "early_access", terms=terms)
    assert call.get(f"members/{ana}/access").json()["data"] == []
    row = call.post("redemptions", {"member": ana, "reward": reward["id"]}).json()
    call.post(f"redemptions/{row['id']}/commit")
    [door] = call.get(f"members/{ana}/access").json()["data"]
    assert (door["handle"], door["open"], door["url"]) == (
        reward["handle"],
        True,
        "https://example.org/presale",
    )
