"""What a programme brings back: what members spend more than the like of them who were left out, against what it costs.

Without members who were left out nobody can say: who spends more is also more likely to join.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from scipy.stats import norm

from analytics.rules.fitting import Interval

LEAST_HELD = 50
"""With fewer left out the range says nothing."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What a programme cost over a time, in minor units; points and prizes None where no reward says what it costs."""

    points_minor: int | None
    prizes_minor: int
    messages_minor: int
    staff_minor: int
    other_minor: int

    @property
    def total_minor(self) -> int:
        """All of it that is known."""
        return (
            (self.points_minor or 0)
            + self.prizes_minor
            + self.messages_minor
            + self.staff_minor
            + self.other_minor
        )


@dataclass(frozen=True, slots=True)
class Return:
    """What came of it, in minor units: the revenue that would not have been, what of it is margin, what is left
    when the costs are paid, and that for each unit of cost (None where it cost nothing)."""

    revenue: Interval
    margin: Interval
    profit: Interval
    each: Interval | None


def points_cost(points: int, *, each_minor: Decimal, use: Decimal) -> int:
    """What points given will cost, in minor units: those expected to be used, at what rewards cost for each."""
    return int((points * each_minor * use).to_integral_value(rounding=ROUND_HALF_EVEN))


def returned(
    more_each: float, variance: float, *, members: int, margin: Decimal, costs_minor: int, level: float = 0.95
) -> Return:
    """From what each of `members` spent more than those left out, in minor units, with the variance of that;
    `margin` is a share of 1."""
    reach = float(norm.ppf(0.5 + level / 2)) * max(variance, 0.0) ** 0.5 * members
    revenue = Interval(more_each * members, more_each * members - reach, more_each * members + reach, level)
    part = float(margin)
    gained = Interval(revenue.value * part, revenue.low * part, revenue.high * part, level)
    profit = Interval(gained.value - costs_minor, gained.low - costs_minor, gained.high - costs_minor, level)
    if costs_minor <= 0:
        return Return(revenue, gained, profit, None)
    each = Interval(profit.value / costs_minor, profit.low / costs_minor, profit.high / costs_minor, level)
    return Return(revenue, gained, profit, each)
