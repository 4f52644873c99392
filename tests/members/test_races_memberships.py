"""Paid memberships started, paid, cancelled and refunded at the same moment, on connections of their own."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from loyalty.core.tenancy.scope import acting_for
from members.models import MembershipPayment, PaidMembership, SegmentPlace
from members.operations import membership_payments
from members.operations.membership_payments import receive_payment, refund_membership
from members.operations.paid_memberships import cancel_membership, live_through, start_membership
from tests.cast import AT, MARA, days, person, publish
from tests.rewards.test_races import at_once

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
PLANS = {"plans": [{"id": "plus", "price_minor": 3_900, "period": "month"}], "on_refund": "full"}


def people(merchant: Any, count: int) -> list[Any]:
    with acting_for(merchant, by=MARA):
        publish(membership_plans=PLANS)
        return [person(f"m{number}") for number in range(count)]


def started(member: Any, key: str) -> Any:
    return start_membership(member=member.pk, plan="plus", key=key, at=AT).membership


def test_of_many_starts_one_is_left_and_the_same_key_is_once(luna_open):
    (ana,) = people(luna_open, 1)
    at_once(luna_open, [lambda n=n: started(ana, f"k{n % 4}").status for n in range(16)])
    with acting_for(luna_open, by=MARA):
        assert PaidMembership.objects.filter(status="pending").count() == 1
        assert PaidMembership.objects.count() == 4


def test_a_receipt_that_arrives_many_times_at_once_pays_one_period(luna_open):
    (ana,) = people(luna_open, 1)
    with acting_for(luna_open, by=MARA):
        row = started(ana, "k")

    def pays() -> str:
        found = receive_payment(membership=row.pk, amount_minor=3_900, key="r", paid_at=AT, at=AT)
        return "replayed" if found.replayed else "paid"

    assert at_once(luna_open, [pays] * 16) == {"paid": 1, "replayed": 15}
    with acting_for(luna_open, by=MARA):
        row.refresh_from_db()
        assert (row.periods, MembershipPayment.objects.count()) == (1, 1)


def test_twin_without_the_membership_locked_only_the_database_stands_in_the_way(luna_open, monkeypatch):
    """Two receipts of one name meet at the unique key; nothing of the second is written."""
    (ana,) = people(luna_open, 1)
    with acting_for(luna_open, by=MARA):
        row = started(ana, "k")
    unlocked = lambda membership: PaidMembership.objects.get(pk=membership)  # noqa: E731
    monkeypatch.setattr(membership_payments, "lock_membership", unlocked)
    monkeypatch.setattr(membership_payments, "_starts", _slowly(membership_payments._starts))

    def pays() -> str:
        try:
            with transaction.atomic():
                found = receive_payment(membership=row.pk, amount_minor=3_900, key="r", paid_at=AT, at=AT)
        except IntegrityError:
            return "refused by the key"
        return "replayed" if found.replayed else "paid"

    answers = at_once(luna_open, [pays] * 8)
    assert answers["refused by the key"] > 0


def _slowly(work: Any) -> Any:
    import time

    def later(*asked: Any) -> Any:
        time.sleep(0.2)
        return work(*asked)

    return later


def test_paying_refunding_cancelling_and_the_clock_leave_nobody_half_covered(luna_open):
    members = people(luna_open, 8)
    with acting_for(luna_open, by=MARA):
        rows = [started(member, f"k{number}") for number, member in enumerate(members)]
    attempts: list[Any] = []
    for number, row in enumerate(rows):
        attempts += [
            lambda r=row, n=number: (
                receive_payment(membership=r.pk, amount_minor=3_900, key=f"p{n}", paid_at=AT, at=AT) and "paid"
            ),
            lambda r=row: refund_membership(membership=r.pk, reason="x", at=AT + days(1)) and "refunded",
            lambda r=row: cancel_membership(membership=r.pk, at=AT + days(1)).status,
            lambda: live_through(at=AT + days(2), most=3) + 100,
        ]  # fmt: skip
    at_once(luna_open, attempts)
    with acting_for(luna_open, by=MARA):
        for member, row in zip(members, rows, strict=True):
            row.refresh_from_db()
            place = SegmentPlace.objects.filter(member=member).first()
            assert (place is not None) == (row.status == "active")
            assert place is None or place.until == row.covered_until
