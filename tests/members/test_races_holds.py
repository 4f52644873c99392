"""An order and what happens to it arrive at the same moment, on connections of their own."""

import time
from typing import Any

import pytest

from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from loyalty.core.tenancy.scope import acting_for
from members.models import HoldEvent
from members.operations import holds
from members.operations.holds import release_due, report_event
from members.operations.orders import record_order
from members.operations.refunds import cancel_order
from tests.cast import AT, MARA, days, order, person, publish
from tests.rewards.test_races import at_once

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def told(name: str, lines: Any = ()) -> Any:
    return lambda: (
        report_event(
            about="order",
            source="api",
            external_id=name,
            event="order.shipped",
            happened_at=AT,
            lines=lines,
            at=AT,
        ).event.status
    )


def orders_and_events(merchant: Any, count: int = 12) -> Any:
    with acting_for(merchant, by=MARA):
        publish(points_life={"hold_event": "order.shipped"})
        people = [person(f"m{number}") for number in range(count)]
    attempts: list[Any] = []
    for number, member in enumerate(people):
        asked = order(member, 60, 40, external_id=f"o{number}")
        attempts += [
            lambda asked=asked: "replayed" if record_order(order=asked, at=AT).replayed else "written",
            told(f"o{number}", [1]), told(f"o{number}", [1]), told(f"o{number}", [2]),
        ]  # fmt: skip
    return people, at_once(merchant, attempts)


def test_no_event_is_missed_by_the_order_it_is_about(luna_open):
    people, answers = orders_and_events(luna_open)
    assert answers["written"] == 12
    with acting_for(luna_open, by=MARA):
        assert [(balance(m.pk).available, balance(m.pk).pending) for m in people] == [(100, 0)] * 12
        assert not HoldEvent.objects.exclude(status="applied").exists()
        assert verify() == []


def test_twin_without_the_orders_name_locked_events_are_missed(luna_open, monkeypatch):
    look = holds._held

    def slowly(*asked: Any) -> Any:
        found = look(*asked)
        time.sleep(0.1)  # the order is written by now, and looked for events in vain
        return found

    monkeypatch.setattr(holds, "_lock_name", lambda *_asked: None)
    monkeypatch.setattr(holds, "_held", slowly)
    people, _answers = orders_and_events(luna_open)
    with acting_for(luna_open, by=MARA):
        assert sum(balance(member.pk).pending for member in people) > 0


def test_two_workers_and_a_cancellation_on_the_day_points_are_due(luna_open):
    with acting_for(luna_open, by=MARA):
        publish(points_life={"hold_event": "order.shipped", "hold_days": 14})
        people = [person(f"m{number}") for number in range(8)]
        for number, member in enumerate(people):
            record_order(order=order(member, 100, external_id=f"o{number}"), at=AT)
            told(f"o{number}")()
    due = AT + days(30)
    attempts: list[Any] = [lambda: release_due(at=due, most=3) + 100 for _worker in range(6)]
    attempts += [
        lambda n=n: (
            cancel_order(source="api", order_external_id=f"o{n}", cancelled_at=due, at=due).refund.status
        )
        for n in (1, 4, 6)
    ]
    at_once(luna_open, attempts)
    with acting_for(luna_open, by=MARA):
        while release_due(at=due, most=3):
            pass
        assert [balance(m.pk).available for m in people] == [100, 0, 100, 100, 0, 100, 0, 100]
        assert [balance(m.pk).pending for m in people] == [0] * 8
        assert verify() == []
