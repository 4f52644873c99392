"""What a programme brings back: what members spend more than the like of them who were left out, against what it costs.

Without members who were left out nobody can say: who spends more is also more likely to join. The statistics are those
of experiments (`campaigns.rules.experiments`), so the range holds on whatever day somebody looks.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from analytics.rules.fitting import Interval
from campaigns.rules.experiments import Kind, Metric, Moments, Reading, read
from campaigns.rules.experiments.planning import SHORTEST_DAYS
from campaigns.rules.experiments.reading import LEAST_UNITS

LEAST_HELD, LEAST_DAYS = LEAST_UNITS, SHORTEST_DAYS
"""With fewer members in a group, or less than a whole week, the range says nothing."""
SHARPEST_AT = 0.25
"""The range is narrowest for groups that can tell a difference of about so much of what members spend. What all of them
spend together says nothing about which group spends more, so the promise of the range stands."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What something cost over a time, in minor units; points None where no reward says what it costs."""

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
class Money:
    """What the margin leaves of the revenue, what is left when the costs are paid, and that for each unit of cost (None
    where it cost nothing)."""

    margin: Interval
    profit: Interval
    each: Interval | None


def points_cost(points: int, *, each_minor: Decimal, use: Decimal) -> int:
    """What points given will cost, in minor units: those expected to be used, at what rewards cost for each."""
    return int((points * each_minor * use).to_integral_value(rounding=ROUND_HALF_EVEN))


def more_each(held_out: Moments, others: Moments) -> Reading | None:
    """What each of the others spent more than those held out, in minor units; None while that cannot be told: too few
    members, or nobody bought anything."""
    together = held_out + others
    smallest = SHARPEST_AT * together.mean
    if smallest <= 0:
        return None
    found = read(held_out, others, Metric(Kind.MEAN, smallest))
    if found.interval is None or abs(found.interval.low) == float("inf"):
        return None
    return found


def revenue_of(found: Reading, members: int) -> Interval:
    """What `members` together spent that they would not have spent, in minor units. `ValueError` without a range."""
    if found.estimate is None or found.interval is None:
        raise ValueError("nothing can be told yet")
    return _times(Interval(found.estimate, found.interval.low, found.interval.high), members)


def money_of(revenue: Interval, *, margin: Decimal, costs_minor: int) -> Money:
    """What is left of additional revenue; `margin` is a share of 1, costs are in minor units."""
    gained = _times(revenue, float(margin))
    profit = Interval(
        gained.value - costs_minor, gained.low - costs_minor, gained.high - costs_minor, revenue.level
    )
    return Money(gained, profit, _times(profit, 1 / costs_minor) if costs_minor > 0 else None)


def _times(one: Interval, factor: float) -> Interval:
    return Interval(one.value * factor, one.low * factor, one.high * factor, one.level)
