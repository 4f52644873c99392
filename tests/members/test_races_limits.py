"""Caps and budgets when everybody buys at the same moment; and each time the proof that unguarded they would break."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from loyalty.core import ids
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance, totals
from loyalty.core.tenancy.scope import acting_for
from members.models import BudgetUse, Order, RuleUse, Stats
from members.operations import activities, deciding
from members.operations.activities import record_activity
from members.operations.claiming import claim_order
from members.operations.merging import merge
from members.operations.orders import record_order, record_orders
from members.operations.privacy import erase_member
from members.operations.refunds import cancel_order
from members.rules.doing import NewActivity
from members.rules.shopping import MemberRef
from tests.cast import AT, MARA, order, publish
from tests.members.test_races import members
from tests.rewards.test_races import at_once

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

DAILY = {"type": "fixed", "id": "daily", "amount": 10, "limits": {"per": [{"period": "day", "times": 1}]}}
FIRST = {"type": "fixed", "id": "first", "amount": 100, "when": [{"type": "order_number", "number": 1}]}
POT = {"type": "fixed", "id": "pot", "amount": 7, "limits": {"budget": "pot"}}


def limited(merchant: Any, *rules: dict[str, Any], units: int = 100) -> None:
    with acting_for(merchant, by=MARA):
        budgets = [{"id": "pot", "units": units}] if POT in rules else []
        publish(*rules, earning={"budgets": budgets})


def points(asked: Any) -> Callable[[], int]:
    return lambda: record_order(order=asked, at=AT).points


def slow_to_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody has read what the rules compare before anybody writes."""
    read = deciding.usage.sheet

    def later(*asked: Any) -> Any:
        found = read(*asked)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.3)")
        return found

    monkeypatch.setattr(deciding.usage, "sheet", later)


def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: what was compared is not looked at again under the locks."""
    monkeypatch.setattr(deciding, "expected", lambda sheet, **what: None)


@pytest.mark.parametrize("rule", [DAILY, FIRST])
def test_one_member_at_many_tills_gets_it_once(luna_open, monkeypatch, rule):
    limited(luna_open, rule)
    [ana] = members(luna_open, 1)
    slow_to_decide(monkeypatch)
    answers = at_once(luna_open, [points(order(ana, 50)) for _till in range(8)])
    assert sorted(answers.elements()) == [0] * 7 + [rule["amount"]]
    with acting_for(luna_open, by=MARA):
        assert balance(ana.pk).available == rule["amount"]
        assert verify() == []


@pytest.mark.parametrize("rule", [DAILY, FIRST])
def test_twin_unguarded_everyone_gets_it(luna_open, monkeypatch, rule):
    limited(luna_open, rule)
    [ana] = members(luna_open, 1)
    slow_to_decide(monkeypatch)
    unguarded(monkeypatch)
    answers = at_once(luna_open, [points(order(ana, 50)) for _till in range(8)])
    assert answers[rule["amount"]] > 1


def test_a_budget_is_spent_to_the_last_point_and_not_further(luna_open, monkeypatch):
    limited(luna_open, POT, units=100)
    people = members(luna_open, 8)
    slow_to_decide(monkeypatch)
    answers = at_once(luna_open, [points(order(people[number % 8], 50)) for number in range(24)])
    assert (answers[7], answers[2], answers[0]) == (14, 1, 9)
    with acting_for(luna_open, by=MARA):
        assert totals()["issued"] == BudgetUse.objects.get().units == 100
        assert verify() == []


def test_twin_unguarded_the_budget_is_overspent(luna_open, monkeypatch):
    limited(luna_open, POT, units=10)
    people = members(luna_open, 8)
    slow_to_decide(monkeypatch)
    unguarded(monkeypatch)
    at_once(luna_open, [points(order(member, 50)) for member in people])
    with acting_for(luna_open, by=MARA):
        assert totals()["issued"] > 10


REVIEW = {"type": "fixed", "id": "review", "amount": 5, "when": [{"type": "activity", "kinds": ["review"]}]}


def reviewed(member: Any, name: str) -> Callable[[], Any]:
    who = MemberRef(id=ids.encode("mbr", member.pk))
    doing = NewActivity(name, "review", AT, who)
    return lambda: record_activity(activity=doing, at=AT).replayed


def test_one_review_sent_many_times_at_once_and_many_reviews_of_one_member(luna_open):
    limited(luna_open, REVIEW | {"limits": {"per": [{"period": "day", "times": 3}]}})
    ana, ben = members(luna_open, 2)
    attempts = [reviewed(ana, "same") for _time in range(8)] + [reviewed(ben, f"r{n}") for n in range(8)]
    answers = at_once(luna_open, attempts)
    assert (answers[False], answers[True]) == (9, 7)
    with acting_for(luna_open, by=MARA):
        assert (balance(ana.pk).available, balance(ben.pk).available) == (5, 15)
        assert verify() == []


def test_twin_reviews_that_do_not_wait_for_the_member_exceed_the_cap(luna_open, monkeypatch):
    limited(luna_open, REVIEW | {"limits": {"per": [{"period": "day", "times": 1}]}})
    [ana] = members(luna_open, 1)
    slow_to_decide(monkeypatch)
    monkeypatch.setattr(activities, "_locked", activities._known)
    at_once(luna_open, [reviewed(ana, f"r{n}") for n in range(8)])
    with acting_for(luna_open, by=MARA):
        assert balance(ana.pk).available > 5


def test_reviews_and_purchases_of_one_member_draw_on_one_budget(luna_open, monkeypatch):
    drawing = REVIEW | {"limits": {"budget": "pot"}}
    limited(luna_open, POT, drawing, units=30)
    people = members(luna_open, 4)
    slow_to_decide(monkeypatch)
    attempts: list[Callable[[], Any]] = [reviewed(people[n % 4], f"r{n}") for n in range(8)]
    attempts += [points(order(people[n % 4], 50)) for n in range(8)]
    random.Random(3).shuffle(attempts)
    at_once(luna_open, attempts)
    with acting_for(luna_open, by=MARA):
        assert totals()["issued"] == BudgetUse.objects.get().units == 30
        assert verify() == []


def test_batches_cancellations_claims_merges_and_erasures_beside_each_other(luna_open):
    limited(luna_open, FIRST, DAILY, POT, units=60)
    people = members(luna_open, 12)
    with acting_for(luna_open, by=MARA):
        guests = [record_order(order=order(None, 20, external_id=f"g{n}"), at=AT).order for n in range(4)]
    asked = [order(people[number % 12], 50, external_id=f"o{number}") for number in range(36)]
    attempts: list[Callable[[], Any]] = []
    for turn in range(6):
        mine = asked[turn * 4 : turn * 4 + 16]
        attempts += [
            lambda mine=mine: len(record_orders(orders=mine, at=AT)),
            lambda mine=mine: len(record_orders(orders=mine[::-1], at=AT)),
            lambda turn=turn: (
                cancel_order(
                    source="api", order_external_id=f"o{turn * 6}", cancelled_at=AT, at=AT
                ).refund.status
            ),
        ]
    attempts += [
        lambda n=n: claim_order(order=guests[n], member=people[n].pk, at=AT).replayed for n in range(4)
    ]
    attempts += [lambda: merge(keep=people[4].pk, remove=people[5].pk, at=AT).status,
                 lambda: merge(keep=people[7].pk, remove=people[6].pk, at=AT).status,
                 lambda: erase_member(member=people[8].pk, at=AT).status]  # fmt: skip
    random.Random(8).shuffle(attempts)
    at_once(luna_open, attempts)
    with acting_for(luna_open, by=MARA):
        assert verify() == []
        assert BudgetUse.objects.get().units <= 60
        for member in people[:4] + people[9:]:
            live = Order.objects.filter(member=member, status="recorded")
            assert Stats.objects.get(member=member).orders_count == live.count()
            assert RuleUse.objects.filter(member=member, rule="daily", units__gt=0).count() <= 1
