"""Referrals by API: a link is shared, clicked and joined by; both are paid, or staff look first."""

import pytest

from loyalty.core import clock
from loyalty.core.events.tasks import dispatch_waiting
from loyalty.core.ledger.checks import verify
from loyalty.core.tenancy.scope import acting_for
from tests.api.caller import Caller, an_order, key_for
from tests.cast import MARA, publish

PHONE = "Mozilla/5.0 (iPhone)"


@pytest.fixture
def friends(luna_open):
    """A caller of a shop that rewards bringing friends, with Ana as a member."""
    with acting_for(luna_open, by=MARA):
        publish(
            referrals={
                "on": True,
                "referrer": {"units": [{"amount": 100}]},
                "friend": {"units": [{"amount": 50}]},
                "commission": {"basis_points": 500},
            }
        )
    call = Caller(key_for(luna_open))
    call.post("members", {"external_id": "ana", "email": "ana@example.com", "signals": {"device": "d1"}})
    yield call
    with acting_for(luna_open, by=MARA):
        assert verify() == []


def now():
    return clock.now().isoformat()


def ana_of(call):
    return call.get("members/lookup?external_id=ana").json()["id"]


def mine(call, **asked):
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return call.get(f"members/{ana_of(call)}/referrals?{query}").json()


def test_a_friend_comes_by_a_link_buys_and_both_are_paid_within_moments(friends):
    code = mine(friends)["code"]
    assert mine(friends)["link"].endswith(f"/luna/r/{code}/")
    click = {"code": code.lower(), "address": "203.0.113.7", "agent": PHONE}
    assert friends.post("referrals/clicks", click).json() == {"counted": True}
    assert friends.post("referrals/clicks", click).json() == {"counted": False}
    joined = friends.post("members", {"external_id": "cleo", "referral_code": code})
    assert joined.status_code == 201, joined.content
    bought = friends.post("orders", an_order("cleo", kronor=200, external_id="o1", placed_at=now()))
    assert bought.status_code == 201
    dispatch_waiting()
    found = mine(friends)
    [row] = found["data"]
    assert (row["status"], row["friend"], row["order"]) == (
        "rewarded",
        joined.json()["id"],
        bought.json()["id"],
    )
    given = {(one["role"], one["unit"]): one["given"] for one in row["payouts"]}
    assert given == {("referrer", "points"): 100, ("friend", "points"): 50, ("commission", "cashback"): 1000}
    assert found["totals"] == {
        "member": ana_of(friends), "clicks": 1, "joined": 1, "counted": 1, "purchases": 1, "revenue_minor": 20000,
        "commission": {"cashback": 1000},
    }  # fmt: skip
    assert friends.get("referrals/figures").json()["data"] == [found["totals"]]
    assert (
        friends.get("referrals/figures?happened_until=2026-01-01T00:00:00Z").json()["data"][0]["clicks"] == 0
    )

    back = {"external_id": "r", "refunded_at": now(), "amount_minor": 20000}
    assert friends.post(f"orders/{bought.json()['id']}/refunds", back).status_code == 201
    dispatch_waiting()
    assert mine(friends)["data"][0]["status"] == "reversed"
    assert friends.get(f"members/{ana_of(friends)}/balances").json()["balances"][0]["available"] == 0


def test_somebody_who_brings_themselves_is_held_and_staff_decide(friends):
    code = mine(friends)["code"]
    for name, number in (("cleo", 1), ("dora", 2)):
        body = {"external_id": name, "email": f"ana+{number}@example.com", "referral_code": code,
                "signals": {"device": "d1"}}  # fmt: skip
        friends.post("members", body)
        friends.post("orders", an_order(name, kronor=100, placed_at=now()))
    dispatch_waiting()
    held = friends.get("referrals?status=held").json()["data"]
    assert [row["reasons"] for row in held] == [["same_device", "same_email"]] * 2
    assert all(row["payouts"] == [] for row in held)
    yes = friends.post(f"referrals/{held[0]['id']}/approve", {"note": "Her sister"})
    no = friends.post(f"referrals/{held[1]['id']}/refuse", {"note": "The same person"})
    assert (yes.json()["status"], no.json()["status"]) == ("qualified", "refused")
    dispatch_waiting()
    assert {row["status"] for row in mine(friends)["data"]} == {"rewarded", "refused"}
    again = friends.post(f"referrals/{held[1]['id']}/approve", {})
    assert (again.status_code, again.json()["code"]) == (422, "referral_not_held")
    assert friends.get("referrals?status=held").json()["data"] == []


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("members", {"external_id": "new", "referral_code": "AAAAAAAA"}, "unknown_referral_code"),
        ("members", {"external_id": "new", "referral_code": "x" * 21}, "invalid_input"),
        ("members", {"external_id": "new", "signals": {"shoe_size": "42"}}, "invalid_input"),
        ("referrals/clicks", {"code": "AAAAAAAA", "address": "::1", "agent": PHONE}, "unknown_referral_code"),
        ("referrals/clicks", {"code": "AAAAAAAA", "address": "", "agent": PHONE}, "invalid_input"),
    ],
)
def test_refusals_have_codes_and_change_nothing(friends, path, body, code):
    answer = friends.post(path, body)
    assert (answer.status_code in (400, 422), answer.json()["code"]) == (True, code)
    assert len(friends.get("members").json()["data"]) == 1


def test_lists_are_paged_and_a_programme_that_is_off_has_no_codes(friends, luna_open):
    code = mine(friends)["code"]
    for number in range(3):
        friends.post("members", {"external_id": f"friend-{number}", "referral_code": code})
    page = mine(friends, limit=2)
    assert len(page["data"]) == 2 and page["next"]
    assert len(friends.get(page["next"]).json()["data"]) == 1
    assert len(friends.get("referrals?status=joined").json()["data"]) == 3
    assert friends.get("referrals?status=rewarded").json()["data"] == []
    with acting_for(luna_open, by=MARA):
        publish(referrals={"on": False})
    friends.post("members", {"external_id": "ben"})
    ben = friends.get("members/lookup?external_id=ben").json()["id"]
    found = friends.get(f"members/{ben}/referrals").json()
    assert (found["code"], found["link"], found["data"]) == (None, None, [])
    assert mine(friends)["code"] == code
