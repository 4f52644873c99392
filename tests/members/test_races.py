"""Orders, refunds, merges and erasures of the same people at the same moment, on connections of their own."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance, totals
from loyalty.core.tenancy.scope import acting_for
from members.models import Identity, Member, Order, Refund, Stats
from members.operations import deciding, merging
from members.operations.membership import join
from members.operations.merging import merge
from members.operations.orders import record_order, record_orders
from members.operations.points import adjust_points, expire_due
from members.operations.privacy import erase_member
from members.operations.refunds import cancel_order, refund_order
from members.rules.shopping import NewRefund
from tests.cast import AT, MARA, days, order, person, publish
from tests.rewards.test_races import at_once

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def members(merchant: Any, count: int) -> list[Member]:
    with acting_for(merchant, by=MARA):
        return [person(f"m{number}") for number in range(count)]


def kept(asked: Any) -> Callable[[], str]:
    return lambda: "replayed" if record_order(order=asked, at=AT).replayed else "written"


def gone(name: str, minor: int = 10_00) -> Callable[[], str]:
    refund = NewRefund("r", AT, (), minor)
    return lambda: refund_order(source="api", order_external_id=name, refund=refund, at=AT).refund.status


def cancelled(name: str) -> Callable[[], str]:
    return lambda: cancel_order(source="api", order_external_id=name, cancelled_at=AT, at=AT).refund.status


def test_an_order_its_repetitions_its_refund_and_its_cancellation_arrive_at_once(luna_open):
    people = members(luna_open, 12)
    attempts: list[Callable[[], Any]] = []
    for number, member in enumerate(people):
        asked, name = order(member, 100, external_id=f"o{number}"), f"o{number}"
        attempts += [
            kept(asked),
            gone(name),
            kept(asked),
            cancelled(name) if number % 2 else gone(name),
            kept(asked),
        ]
    random.Random(4).shuffle(attempts)
    answers = at_once(luna_open, attempts)
    assert (answers["written"], answers["replayed"]) == (12, 24)
    with acting_for(luna_open, by=MARA):
        assert not Refund.objects.exclude(status="applied").exists()
        for number, member in enumerate(people):
            assert balance(member.pk).available == (0 if number % 2 else 90)
            stats = Stats.objects.get(member=member)
            assert (stats.orders_count, stats.spend_minor) == ((0, 0) if number % 2 else (1, 90_00))
        assert verify() == []


def test_batches_in_opposite_orders_with_refunds_between_them_never_lock_in_a_ring(luna_open):
    people = members(luna_open, 10)
    asked = [order(people[number % 10], 100, external_id=f"b{number}") for number in range(40)]
    attempts: list[Callable[[], Any]] = []
    for turn in range(6):
        mine = asked[turn * 4 : turn * 4 + 16]
        attempts += [lambda mine=mine: len(record_orders(orders=mine, at=AT)),
                     lambda mine=mine: len(record_orders(orders=mine[::-1], at=AT)),
                     gone(f"b{turn * 5}"), lambda: expire_due(at=AT) + 1000]  # fmt: skip
    at_once(luna_open, attempts)
    with acting_for(luna_open, by=MARA):
        taken = Refund.objects.filter(status="applied").count() * 10
        assert totals()["issued"] == Order.objects.count() * 100 - taken
        assert sum(balance(member.pk).available for member in people) == totals()["issued"]
        assert verify() == []


def test_orders_find_whoever_their_member_is_by_now(luna_open):
    """Merged or erased while their orders arrive: no point lies with someone who is not there any more."""
    people = members(luna_open, 16)
    attempts: list[Callable[[], Any]] = []
    for number in range(0, 16, 2):
        first, second = people[number], people[number + 1]
        for turn in range(5):
            attempts.append(kept(order(second, 100, external_id=f"o{number}-{turn}")))
            if turn == 2 and number % 4:
                attempts.append(lambda second=second: erase_member(member=second.pk, at=AT).status)
            elif turn == 2:
                attempts.append(lambda a=first, b=second: merge(keep=a.pk, remove=b.pk, at=AT).status)
            elif turn == 4:
                attempts.append(gone(f"o{number}-0"))
    answers = at_once(luna_open, attempts)
    assert (answers["active"], answers["erased"]) == (4, 4)
    with acting_for(luna_open, by=MARA):
        for number in range(0, 16, 2):
            first, second = people[number], people[number + 1]
            assert balance(second.pk).available == 0
            assert not Stats.objects.filter(member=second).exists()
            if not number % 4:
                bought = Order.objects.filter(external_id__startswith=f"o{number}-")
                stats = Stats.objects.get(member=first)
                refunded = sum(row.refunded_minor for row in bought)
                assert bought.count() == stats.orders_count == 5
                assert stats.spend_minor == 500_00 - refunded
                assert balance(first.pk).available == 500 - refunded // 100
        assert verify() == []


def test_without_the_counts_as_guard_points_are_stranded(luna_open, monkeypatch):
    """The twin: a merge that neither locks nor removes the counts does not see the order that is under way."""
    first, second = members(luna_open, 2)
    with acting_for(luna_open, by=MARA):
        adjust_points(member=second.pk, amount=5, reason="so that there is an account", at=AT)
    monkeypatch.setattr(
        merging,
        "lock_counts",
        lambda *pks: {row.member_id: row for row in Stats.objects.filter(member__in=pks)},
    )
    monkeypatch.setattr(merging, "_move_counts", lambda kept, gone: None)
    look_up = deciding.look_up

    def later(named: Any, **more: Any) -> Any:
        found = look_up(named, **more)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.4)")
        return found

    monkeypatch.setattr(deciding, "look_up", later)
    at_once(
        luna_open, [kept(order(second, 100)), lambda: merge(keep=first.pk, remove=second.pk, at=AT).status]
    )
    with acting_for(luna_open, by=MARA):
        assert balance(second.pk).available == 100


def test_a_merge_moves_what_is_there_when_it_moves_it(luna_open):
    """Refunds, expiry and spending beside a merge: what leaves one is what arrives at the other."""
    with acting_for(luna_open, by=MARA):
        publish(points_life={"expiry": "rolling", "months": 1})
    people = members(luna_open, 12)
    with acting_for(luna_open, by=MARA):
        for number, member in enumerate(people):
            record_order(order=order(member, 100, external_id=f"a{number}"), at=AT)
            record_order(order=order(member, 50, external_id=f"old{number}", at=AT - days(40)), at=AT)
    attempts: list[Callable[[], Any]] = []
    for number in range(0, 12, 2):
        keep, remove = people[number : number + 2]
        if number % 4:
            keep, remove = remove, keep
        attempts += [
            lambda a=keep, b=remove: merge(keep=a.pk, remove=b.pk, at=AT).status, gone(f"a{number}"),
            gone(f"a{number + 1}"), lambda: expire_due(at=AT), cancelled(f"old{number}"),
        ]  # fmt: skip
    at_once(luna_open, attempts)
    with acting_for(luna_open, by=MARA):
        expire_due(at=AT)
        assert sum(balance(member.pk).available for member in people) == 12 * 90
        assert totals().get("adjusted", 0) == 0
        assert verify() == []


@pytest.mark.parametrize(
    "names", [{"email": "ana@example.com"}, {"email": "a@example.com", "phone": "0701740605"}]
)
def test_joining_twice_at_once_is_one_member_and_nobody_is_refused(luna_open, names):
    answers = at_once(luna_open, [lambda: join(at=AT, identities=names).member.pk] * 12)
    assert len(answers) == 1
    with acting_for(luna_open, by=MARA):
        assert Member.objects.count() == Stats.objects.count() == 1
        assert Identity.objects.count() == len(names) + 1


def test_the_same_order_many_times_at_once_is_one(luna_open):
    [ana] = members(luna_open, 1)
    asked = order(ana, 100, external_id="once")
    answers = at_once(luna_open, [kept(asked)] * 20)
    assert answers == Counter({"written": 1, "replayed": 19})
    with acting_for(luna_open, by=MARA):
        assert balance(ana.pk).available == 100
