"""What is owed to members agrees with the books to the point, and the journal of the months adds up to it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from analytics.queries.liability import closings, months_of, owed
from analytics.queries.sums import reader
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import outstanding
from loyalty.core.merchants.models import Merchant
from members.models import Member
from members.operations.points import adjust_points
from members.operations.refunds import refund_order
from members.rules.shopping import NewRefund
from rewards.operations.catalogue import create_reward
from rewards.operations.redemption import redeem_reward, reserve_reward
from tests.analytics.test_figures import NOW, ZONE, fill
from tests.cast import AT, buy, days, publish


@pytest.fixture
def promises(cafe: Merchant, ana: Member, ben: Member) -> None:
    """Points of three months; some used, some set aside, and Ben owes some back."""
    publish(points_life={"on_shortfall": "debt"}, at=AT)
    cup = create_reward(at=AT, details={"kind": "custom", "name": {"en": "Cup"}, "cost_points": 60})
    buy(ana, 100)
    buy(ben, 60, external_id="gone", at=AT + days(1))
    redeem_reward(member=ben.pk, reward=cup.pk, key="ben", at=AT + days(2))
    refund_order(
        source="api", order_external_id="gone", refund=NewRefund("r", AT + days(3), (), 6000), at=AT + days(3)
    )
    buy(ana, 200, at=AT + days(35))
    reserve_reward(member=ana.pk, reward=cup.pk, key="ana", at=AT + days(36), hold=days(400))
    adjust_points(member=ana.pk, amount=11, reason="Sorry", at=AT + days(70))


def test_what_is_owed_agrees_with_the_books_three_ways(promises: None) -> None:
    found = owed(zone=ZONE, at=NOW)
    assert found.agreement.holds
    assert found.agreement.in_accounts == outstanding()
    assert (found.agreement.set_aside, found.use) == (60, None)
    assert [(one.month, one.given) for one in found.cohorts] == [
        (date(2026, 3, 1), 160), (date(2026, 4, 1), 200), (date(2026, 5, 1), 11)]  # fmt: skip
    assert sum(one.left for one in found.cohorts) == found.agreement.in_lots == found.expected
    assert verify() == []


def test_twin_a_single_point_that_is_missing_is_noticed(promises: None) -> None:
    found = owed(zone=ZONE, at=NOW).agreement
    for name in ("in_lots", "set_aside", "in_accounts", "in_books"):
        assert not replace(found, **{name: getattr(found, name) + 1}).holds


@pytest.mark.parametrize("filled", [False, True], ids=["counted now", "from facts"])
def test_the_journal_adds_up_month_by_month_to_what_the_books_hold(promises: None, filled: bool) -> None:
    if filled:
        fill()
    months = months_of(date(2026, 3, 1), date(2026, 6, 1))
    found = closings(reader(zone=ZONE, at=NOW), months, value_minor_per_point=Decimal(10), use=Decimal("0.8"))
    assert [one.name for one in found] == ["2026-03-01", "2026-04-01", "2026-05-01", "2026-06-01"]
    assert found[-1].outstanding == outstanding()
    opening = 0
    for one in found:
        assert one.opening_minor == opening
        assert one.closing_minor == opening + one.deferred_minor - one.recognised_minor
        assert sum(line.debit_minor for line in one.lines) == sum(line.credit_minor for line in one.lines)
        opening = one.closing_minor
    assert found[0].deferred_minor > 0
    assert (found[3].deferred_minor, found[3].recognised_minor) == (0, 0)


def test_a_shop_that_owes_nothing(cafe: Merchant) -> None:
    found = owed(zone=ZONE, at=NOW)
    assert (found.cohorts, found.expected, found.agreement.holds) == ([], 0, True)
