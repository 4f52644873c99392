"""What is owed to members agrees with the books to the point, and the journal of the months adds up to it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from analytics.models import Fact
from analytics.operations.filling import keep_sums
from analytics.operations.owing import keep_owed
from analytics.queries import freshness
from analytics.queries.liability import (
    OWED,
    Agreement,
    Counted,
    as_sums,
    closings,
    count,
    kept,
    months_of,
    owed,
)
from analytics.queries.sums import reader
from analytics.rules.breakage import Movement
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import outstanding
from loyalty.core.merchants.models import Merchant
from members.models import Member
from members.operations.points import adjust_points
from members.operations.refunds import refund_order
from members.rules.shopping import NewRefund
from rewards.operations.catalogue import create_reward
from rewards.operations.redemption import redeem_reward, reserve_reward
from tests.analytics.spring import NOW, ZONE, fill
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


def test_a_large_shop_keeps_what_it_owes_for_an_hour(
    promises: None, ana: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill()
    assert not keep_owed(at=NOW)
    assert kept() is None  # a small shop is counted whenever somebody looks
    live = owed(zone=ZONE, at=NOW)
    monkeypatch.setattr(freshness, "LIVE_BELOW", 1)
    buy(ana, 500, at=NOW - days(1))
    buy(ana, 300, at=NOW - days(3))
    fill()
    later = NOW + timedelta(minutes=59)
    assert keep_owed(at=NOW)
    counted = count(zone=ZONE, at=NOW)
    assert kept() == replace(counted, at=NOW)
    assert owed(zone=ZONE, at=later).as_of == NOW
    assert owed(zone=ZONE, at=NOW).expected == live.expected + 800
    adjust_points(member=ana.pk, amount=1000, reason="Sorry", at=later)
    assert not keep_owed(at=later)
    assert owed(zone=ZONE, at=later).expected == live.expected + 800
    later += timedelta(minutes=1)
    assert keep_owed(at=later)
    assert owed(zone=ZONE, at=later).expected == live.expected + 1800
    assert kept() == count(zone=ZONE, at=later)
    assert verify() == []


def test_what_is_kept_is_all_of_it(cafe: Merchant) -> None:
    """Months, ages and sums of every kind come back as they were counted."""
    found = Counted(
        NOW,
        [(date(2026, 3, 1), 3, 300, 200, 20, date(2027, 3, 31)), (date(2026, 4, 1), 1, 50, 0, 0, None)],
        [Movement(0, 1, 0, 5, 2), Movement(30, 0, 40, 0, 1), Movement(400, 7, 8, 9, 3)],
        Agreement(200, 30, 10, 220, 220),
    )
    for grain, sums in as_sums(found).items():
        keep_sums(family=OWED, grain=grain, sums=sums)
    assert kept() == found
    Fact.objects.filter(family=OWED, measure="pending").update(amount=21)
    assert kept() != found


def test_a_lot_counts_once_at_an_age(cafe: Merchant, ana: Member, ben: Member) -> None:
    """Part of it used, another part taken back, the rest still there: all on the day it was given."""
    cup = create_reward(at=AT, details={"kind": "custom", "name": {"en": "Cup"}, "cost_points": 60})
    buy(ana, 100, external_id="half")
    buy(ben, 40, at=AT - days(3))
    redeem_reward(member=ana.pk, reward=cup.pk, key="ana", at=AT)
    refund_order(source="api", order_external_id="half", refund=NewRefund("r", AT, (), 1000), at=AT)
    assert count(zone=ZONE, at=AT).ages == [Movement(0, 60, 0, 40, 1), Movement(3, 0, 0, 40, 1)]
    later = [Movement(0, 60, 0, 10, 1), Movement(1, 0, 0, 30, 1), Movement(4, 0, 0, 40, 1)]
    assert count(zone=ZONE, at=AT + days(1)).ages == later
