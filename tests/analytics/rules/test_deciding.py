"""Goals, return and advice as rules: what follows from figures, and what does not."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from analytics.rules import advising
from analytics.rules.advising import Share
from analytics.rules.fitting import Interval
from analytics.rules.goals import Pace, forecast, line, progress
from analytics.rules.returns import Costs, money_of, more_each, points_cost, revenue_of
from campaigns.rules.experiments import Moments

BEGUN, DUE = date(2026, 1, 1), date(2026, 12, 31)


def months(*values: float, first: date = date(2025, 9, 30)) -> list[tuple[date, float]]:
    return [(first + timedelta(days=30 * number), value) for number, value in enumerate(values)]


def test_the_way_to_a_goal_is_straight() -> None:
    assert line(0.25, 0.35, BEGUN, DUE, BEGUN) == 0.25
    assert line(0.25, 0.35, BEGUN, DUE, DUE) == pytest.approx(0.35)
    assert line(0.25, 0.35, BEGUN, DUE, DUE + timedelta(days=99)) == pytest.approx(0.35)


def test_a_figure_on_a_straight_line_is_foretold_exactly() -> None:
    told = forecast(months(1, 2, 3, 4, 5), date(2025, 9, 30) + timedelta(days=300))
    assert told is not None
    assert (told.value, told.low, told.high) == (pytest.approx(11), pytest.approx(11), pytest.approx(11))


def test_a_restless_figure_has_a_wider_range_and_three_periods_have_none() -> None:
    calm, wild = forecast(months(1, 2.1, 2.9, 4), DUE), forecast(months(1, 4, 0, 5), DUE)
    assert calm is not None and wild is not None
    assert wild.high - wild.low > 5 * (calm.high - calm.low)
    assert forecast(months(1, 2, 3), DUE) is None


@pytest.mark.parametrize(
    ("value", "today", "pace"),
    [
        (0.36, date(2026, 3, 1), Pace.REACHED), (0.30, date(2026, 3, 1), Pace.AHEAD), (0.24, date(2026, 3, 1), Pace.BEHIND),
        (0.34, date(2027, 2, 1), Pace.MISSED), (0.36, date(2027, 2, 1), Pace.REACHED),
    ],
)  # fmt: skip
def test_how_a_goal_stands(value: float, today: date, pace: Pace) -> None:
    found = progress(0.25, 0.35, BEGUN, DUE, [(date(2026, 2, 28), value)], today=today)
    assert found.pace == pace
    assert found.share == pytest.approx((value - 0.25) / 0.1)


def test_a_goal_that_should_fall_is_ahead_when_it_has_fallen() -> None:
    assert progress(10, 5, BEGUN, DUE, [(date(2026, 2, 1), 8)], today=date(2026, 2, 2)).pace is Pace.AHEAD
    assert progress(10, 5, BEGUN, DUE, [(date(2026, 2, 1), 11)], today=date(2026, 2, 2)).pace is Pace.BEHIND


def test_what_was_before_the_start_is_no_progress() -> None:
    found = progress(1, 2, BEGUN, DUE, months(5, 5, 5, first=date(2025, 6, 30)), today=date(2026, 1, 5))
    assert (found.value, found.share, found.pace) == (None, None, Pace.UNKNOWN)


def groups(lift: float, *, members: int = 1_000) -> tuple[Moments, Moments]:
    """A hundred members held out who spend 100.00 on average, and others who spend so much more."""
    return (
        Moments.of([9_000.0, 11_000.0] * 50),
        Moments.of([9_000.0 + lift, 11_000.0 + lift] * (members // 2)),
    )


def test_return_is_the_margin_of_what_would_not_have_been_less_the_costs() -> None:
    found = more_each(*groups(2_000))
    assert found is not None
    revenue = revenue_of(found, 1_000)
    assert revenue.value == pytest.approx(2_000_000)
    assert 0 < revenue.low < revenue.value < revenue.high
    told = money_of(revenue, margin=Decimal("0.4"), costs_minor=300_000)
    assert (told.margin.value, told.profit.value) == (pytest.approx(800_000), pytest.approx(500_000))
    assert told.profit.low == pytest.approx(revenue.low * 0.4 - 300_000)
    assert told.each is not None and told.each.value == pytest.approx(5 / 3)


def test_groups_that_do_not_differ_show_nothing() -> None:
    found = more_each(*groups(0))
    assert found is not None and found.interval is not None
    assert found.interval.low < 0 < found.interval.high


def test_the_range_is_wider_than_that_of_a_single_look() -> None:
    held, others = groups(0)
    found = more_each(held, others)
    assert found is not None and found.interval is not None
    once = 1.96 * (held.variance / held.n + others.variance / others.n) ** 0.5
    assert once < found.interval.high < 3 * once


@pytest.mark.parametrize(
    "sides",
    [
        (Moments(), Moments()), (Moments.of([0.0] * 200), Moments.of([0.0] * 200)),
        (Moments.of([5.0] * 200), Moments.of([5.0] * 200)), (Moments.of([1.0]), Moments.of([2.0] * 500)),
        (Moments.of([-5.0] * 200), Moments.of([-6.0, -4.0] * 100)),
    ],
)  # fmt: skip
def test_where_nothing_can_be_told_nothing_is(sides: tuple[Moments, Moments]) -> None:
    assert more_each(*sides) is None


def test_what_costs_nothing_has_no_return_on_cost() -> None:
    assert money_of(Interval(1.0, 0.0, 2.0), margin=Decimal(1), costs_minor=0).each is None


def test_points_cost_what_of_them_is_used() -> None:
    assert points_cost(1_000, each_minor=Decimal("1.5"), use=Decimal("0.6")) == 900
    assert Costs(900, 10, 20, 30, 40).total_minor == 1_000
    assert Costs(None, 10, 0, 0, 0).total_minor == 10


def test_retention_that_fell_gives_cause_and_one_that_wavers_does_not() -> None:
    found = advising.retention_fell([Share(600, 1000), Share(580, 1000), Share(530, 1000)])
    assert found is not None
    assert found.numbers["points"] == "7.0"
    assert advising.retention_fell([Share(600, 1000), Share(580, 1000), Share(580, 1000)]) is None
    assert advising.retention_fell([Share(20, 40), Share(20, 40), Share(18, 40)]) is None, (
        "chance explains it"
    )
    assert advising.retention_fell([Share(9, 10), Share(9, 10), Share(0, 10)]) is None, "too few"
    assert advising.retention_fell([Share(600, 1000), Share(530, 1000)]) is None


def test_the_other_causes() -> None:
    used = [Share(500, 5_000)] * 3
    assert advising.redemption_low(used, ready=12) is not None
    assert advising.redemption_low(used, ready=0) is None
    assert advising.redemption_low([Share(2_000, 5_000)] * 3, ready=12) is None
    assert advising.expiring_wave(ending=60, held=1_000, members=3, days=30) is not None
    assert advising.expiring_wave(ending=40, held=1_000, members=3, days=30) is None
    assert advising.expiring_wave(ending=40, held=0, members=3, days=30) is None
    assert advising.detractors(unhappy=5, answers=20) is not None
    assert advising.detractors(unhappy=4, answers=4) is None
    assert advising.detractors(unhappy=5, answers=100) is None
    assert advising.leaving(members=10, worth_minor=1) is not None
    assert advising.leaving(members=9, worth_minor=1) is None
