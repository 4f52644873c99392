"""Several workers convert the same quarter while members redeem, on connections of their own."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from loyalty.core.tenancy.scope import acting_for
from members.models import Member, PointsConversion
from members.operations import conversions
from rewards.operations.redemption import redeem_reward
from tests.cast import MARA, publish
from tests.rewards.operations.test_redemption import coffee
from tests.rewards.test_races import at_once, rich

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
APRIL = datetime(2026, 3, 31, 22, 0, tzinfo=UTC)


def quarter(merchant: Any) -> Any:
    members = rich(merchant, [f"m{number}" for number in range(12)], points=2500)
    with acting_for(merchant, by=MARA):
        publish(conversion={"every": "quarter", "points": 1000, "cashback_minor": 50_00})
        reward, due = coffee(cost_points=600), conversions.due(at=APRIL)
    attempts: list[Any] = [
        lambda: "worked" if conversions.convert_batch(of=due, after=None, at=APRIL) else ""
        for _worker in range(6)
    ]
    attempts += [
        lambda m=member: redeem_reward(member=m.pk, reward=reward.pk, key=f"k{m.pk}", at=APRIL).status
        for member in members
    ]
    return members, at_once(merchant, attempts[::2] + attempts[1::2])


def test_a_quarter_is_converted_once_by_however_many_workers(luna_open):
    members, answers = quarter(luna_open)
    assert answers["worked"] == 6
    with acting_for(luna_open, by=MARA):
        assert PointsConversion.objects.count() == 12
        for member in members:
            points, cashback = balance(member.pk).available, balance(member.pk, unit="cashback").available
            used = 2500 - points - cashback // 50_00 * 1000
            assert used in (0, 600)
        assert verify() == []


def test_twin_the_row_that_names_a_conversion_refuses_a_second_one(luna_open):
    """Without the members' locks two workers plan the same conversion; the row that names it refuses the second."""
    (member,) = rich(luna_open, ["m"], points=2500)
    with acting_for(luna_open, by=MARA):
        publish(conversion={"every": "quarter", "points": 1000, "cashback_minor": 50_00})
        due = conversions.due(at=APRIL)
        conversions.convert_batch(of=due, after=None, at=APRIL)
        row = PointsConversion.objects.get()
        again = PointsConversion(
            member=Member.objects.get(pk=member.pk), period=row.period, points=1, parts=0, posting=row.posting,
            converted_at=APRIL,
        )  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            again.save(force_insert=True)
