"""Stamp cards, badges and offers by API: read, activated, and refused when they make no sense."""

import pytest

from loyalty.core.tenancy.scope import acting_for
from rewards.operations.catalogue import create_reward
from tests.api.caller import Caller, an_order, key_for
from tests.cast import AT, MARA, publish

STAMP = {"type": "fixed", "id": "stamp", "unit": "stamps", "amount": 1}
BADGE = {"type": "badge", "id": "b", "badge": "regular"}
DOUBLE = {"type": "points_per_amount", "id": "double", "points": 2, "per_minor": 100,
          "when": [{"type": "segment", "any_of": ["offer-double"]}]}  # fmt: skip
OFFERS = [
    {"id": "double", "name": {"en": "Double points", "sv": "Dubbla poäng"}, "days": 7},
    {"id": "coffee", "name": {"en": "A coffee on us"}, "reward": "free-coffee"},
    {"id": "vip", "name": {"en": "For gold"}, "tiers": ["gold"]},
]


@pytest.fixture
def club(luna_open):
    """A caller of a shop with a stamp card, a badge and three offers, with Ana as a member."""
    with acting_for(luna_open, by=MARA):
        create_reward(at=AT, details={"kind": "free_product", "name": {"en": "Free coffee"},
                                      "cost_points": 1})  # fmt: skip
        publish(STAMP, BADGE, DOUBLE, offers={"offers": OFFERS}, tiers={"ladder": [{"id": "gold", "at_least": 10**9}]},
                side_units={"cards": [{"id": "coffee", "needed": 3, "reward": "free-coffee"}]})  # fmt: skip
    call = Caller(key_for(luna_open))
    call.ana = call.post("members", {"external_id": "ana"}).json()["id"]
    return call


def test_a_card_shows_what_stamped_it(club):
    orders = [club.post("orders", an_order("ana", external_id=f"o{number}")).json() for number in range(4)]
    (card,) = club.get(f"members/{club.ana}/stamp-cards").json()["cards"]
    assert (card["stamps"], card["needed"], card["filled"]) == (1, 3, 1)
    assert [(mark["source_kind"], mark["source"]) for mark in card["marks"]] == [("order", orders[3]["id"])]
    assert [one["badge"] for one in club.get(f"members/{club.ana}/badges").json()["badges"]] == ["regular"]


def test_an_offer_is_activated_once_and_counts_from_then_on(club):
    ready = club.get(f"members/{club.ana}/offers").json()["offers"]
    assert [(one["id"], one["state"]) for one in ready] == [("double", "ready"), ("coffee", "ready")]
    assert club.post("orders", an_order("ana", external_id="o1")).json()["points"] == 0
    rehearsed = club.post(f"members/{club.ana}/offers/double/activate?dry_run=true", {"channel": "app"})
    assert (rehearsed.status_code, rehearsed.json()["state"]) == (200, "active")
    assert club.get(f"members/{club.ana}/offers").json()["offers"][0]["state"] == "ready"
    taken = club.post(f"members/{club.ana}/offers/double/activate", {"channel": "app"}).json()
    again = club.post(f"members/{club.ana}/offers/double/activate", {"channel": "app"}).json()
    assert taken == again
    assert club.post("orders", an_order("ana", external_id="o2")).json()["points"] > 0


def test_an_offer_can_hand_out_a_reward_at_once(club):
    club.post(f"members/{club.ana}/offers/coffee/activate", {})
    (redemption,) = club.get(f"redemptions?member={club.ana}").json()["data"]
    assert (redemption["status"], redemption["cost_points"]) == ("committed", 0)
    once_more = club.post(f"members/{club.ana}/offers/coffee/activate", {})
    assert (once_more.status_code, once_more.json()["state"]) == (200, "active")
    assert len(club.get(f"redemptions?member={club.ana}").json()["data"]) == 1


def test_an_offer_for_others_and_one_that_is_not_there_are_refused(club):
    everything = club.get(f"members/{club.ana}/offers?all=true").json()["offers"]
    assert {one["id"]: one["state"] for one in everything}["vip"] == "not_for_you"
    refused = club.post(f"members/{club.ana}/offers/vip/activate", {})
    assert (refused.status_code, refused.json()["code"]) == (422, "offer_not_ready")
    assert club.post(f"members/{club.ana}/offers/none/activate", {}).status_code == 404


def test_stamps_can_be_given_by_hand_and_read_like_points(club):
    given = club.post(
        f"members/{club.ana}/adjustments", {"amount": 2, "reason": "From paper", "unit": "stamps"}
    )
    assert (given.status_code, given.json()["balance"]) == (201, 2)
    (entry,) = club.get(f"members/{club.ana}/entries?unit=stamps").json()["data"]
    assert entry["reason"] == "From paper"
    assert [lot["remaining"] for lot in club.get(f"members/{club.ana}/lots?unit=stamps").json()["data"]] == [
        2
    ]
    units = {
        one["unit"]: one["available"] for one in club.get(f"members/{club.ana}/balances").json()["balances"]
    }
    assert units == {"points": 0, "stamps": 2}
    bad = club.post(f"members/{club.ana}/adjustments", {"amount": 2, "reason": "x", "unit": "gold"})
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (400, "unit")
