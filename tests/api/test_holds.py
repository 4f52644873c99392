"""Held points as a storefront sees them: shipped, shipped in part, attended, let go."""

import pytest

from loyalty.core.tenancy.scope import acting_for
from tests.api.caller import an_activity, an_order
from tests.cast import MARA, publish

SHIPPED = {"event": "order.shipped", "happened_at": "2026-03-03T10:15:00+01:00"}


@pytest.fixture
def held(call, shopfront):
    """A shop whose points wait for shipping; a member and an order of two lines, by id."""
    with acting_for(shopfront, by=MARA):
        publish(points_life={"hold_event": "order.shipped"})
    call.post("members", {"external_id": "ana"})
    lines = [{"sku": "a", "amount_minor": 6000}, {"sku": "b", "amount_minor": 4000}]
    return call.post("orders", an_order("ana", external_id="o", lines=lines)).json()["id"]


def has(call):
    (found,) = (call.get("members/lookup?external_id=ana").json()["balance"],)
    return found["available"], found["pending"]


def test_an_order_shipped_in_parts_by_id_and_by_name(call, held):
    part = {**SHIPPED, "lines": [1]}
    rehearsed = call.post(f"orders/{held}/events?dry_run=true", part)
    assert (rehearsed.status_code, rehearsed.json()["points"], has(call)) == (200, 60, (0, 100))
    made = call.post(f"orders/{held}/events", part)
    assert (made.status_code, made.json()["status"], made.json()["points"]) == (201, "applied", 60)
    again = call.post("orders/events", {"order_external_id": "o", **part})
    assert (again.status_code, again.json()["replayed"], has(call)) == (200, True, (60, 40))
    assert call.post("orders/events", {"order_external_id": "o", **SHIPPED}).json()["points"] == 40
    assert has(call) == (100, 0)


def test_before_its_order_it_is_accepted_and_waits(call, held):
    early = call.post("orders/events", {"order_external_id": "later", **SHIPPED})
    assert (early.status_code, early.json()["status"]) == (202, "parked")
    assert call.post("orders", an_order("ana", external_id="later", kronor=30)).status_code == 201
    assert has(call) == (30, 100)


def test_lines_that_are_not_there_and_times_that_cannot_be(call, held):
    for body, field in (
        ({**SHIPPED, "lines": [3]}, "lines"),
        ({**SHIPPED, "happened_at": "2099-01-01T00:00:00Z"}, "happened_at"),
    ):
        answer = call.post(f"orders/{held}/events", body)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == field
    assert has(call) == (0, 100)


def test_an_activitys_points_by_event_and_let_go(call, shopfront):
    rule = {"type": "fixed", "id": "r", "amount": 50, "when": [{"type": "activity", "kinds": ["review"]}]}
    with acting_for(shopfront, by=MARA):
        publish(rule, points_life={"hold_event": "review.approved"})
    call.post("members", {"external_id": "ana"})
    first, second = (call.post("activities", an_activity("ana")).json() for _time in range(2))
    told = {"activity_external_id": first["external_id"], "event": "review.approved",
            "happened_at": SHIPPED["happened_at"]}  # fmt: skip
    assert call.post("activities/events", told).json()["points"] == 50
    assert has(call) == (50, 50)
    assert call.post(f"activities/{second['id']}/release-hold").json() == {"points": 50, "dry_run": False}
    assert has(call) == (100, 0)
