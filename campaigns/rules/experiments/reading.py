"""What an experiment says so far, in a verdict anybody can act on. Pure.

Too little data is a verdict of its own, and a plain one: an interval from six members is arithmetic and no knowledge.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scipy.stats import chisquare

from campaigns.rules.experiments.moments import Moments, Noisy, difference
from campaigns.rules.experiments.sequences import Interval, always_valid, mixture_for

LEAST_UNITS = 100
"""Per variant: from here on means of skewed amounts are near enough to normal for the intervals to hold."""
LEAST_EVENTS = 20
"""Of a share: so many who did it, and so many who did not, in each variant."""
UNEVEN = 0.001
"""Below this chance the variants' sizes are no accident (a sample ratio mismatch), and nothing measured counts."""


class Kind(StrEnum):
    SHARE = "share"  # who did it, of all: outcomes of 0 and 1
    MEAN = "mean"  # how much, per member


class Direction(StrEnum):
    """Which way is good."""

    MORE = "more"
    LESS = "less"


class Verdict(StrEnum):
    NOT_ENOUGH_DATA = "not_enough_data"
    BETTER = "better"
    WORSE = "worse"
    NO_DIFFERENCE_YET = "no_difference_yet"
    EQUAL = "equal"  # whatever the difference is, it is smaller than what would matter


@dataclass(frozen=True, slots=True)
class Metric:
    """What is measured, and the smallest difference that would matter, in its own unit (above 0)."""

    kind: Kind
    smallest: float
    direction: Direction = Direction.MORE


@dataclass(frozen=True, slots=True)
class Reading:
    """A variant against the control. `estimate` is None while there is not enough data, and then `missing` says how
    many members (or, of a share, events) the smaller side still needs. `relative` is the estimate as a part of the
    control's mean, None where that is nothing."""

    verdict: Verdict
    estimate: float | None = None
    interval: Interval | None = None
    relative: float | None = None
    removed: float = 0.0
    missing: int = 0


def read(
    control: Moments, variant: Moments, metric: Metric, *, compared: int = 1, alpha: float = 0.05
) -> Reading:
    """How a variant does against the control. `compared` is how many variants are held against it: together they keep
    `alpha`."""
    missing = _missing(control, variant, metric)
    if missing:
        return Reading(Verdict.NOT_ENOUGH_DATA, missing=missing)
    try:
        found = difference(control, variant)
    except Noisy:
        return Reading(Verdict.NOT_ENOUGH_DATA, missing=LEAST_UNITS)
    interval = always_valid(
        found.value, found.variance, mixture=mixture_for(metric.smallest), alpha=alpha / max(1, compared)
    )
    relative = found.value / found.base if found.base else None
    return Reading(_verdict(interval, metric), found.value, interval, relative, found.removed)


def _missing(control: Moments, variant: Moments, metric: Metric) -> int:
    fewest = min(control.n, variant.n)
    if fewest < LEAST_UNITS:
        return LEAST_UNITS - fewest
    if metric.kind is Kind.MEAN:
        return 0
    events = min(min(one.y, one.n - one.y) for one in (control, variant))
    return max(0, LEAST_EVENTS - int(events))


def _verdict(interval: Interval, metric: Metric) -> Verdict:
    good = metric.direction is Direction.MORE
    if interval.low > 0:
        return Verdict.BETTER if good else Verdict.WORSE
    if interval.high < 0:
        return Verdict.WORSE if good else Verdict.BETTER
    if -metric.smallest < interval.low and interval.high < metric.smallest:
        return Verdict.EQUAL
    return Verdict.NO_DIFFERENCE_YET


@dataclass(frozen=True, slots=True)
class Guardrail:
    """A figure that must not suffer while another one gains, with the harm that would still be accepted."""

    metric: Metric
    accepted: float = 0.0


def guard(
    control: Moments, variant: Moments, rail: Guardrail, *, compared: int = 1, alpha: float = 0.05
) -> tuple[bool | None, Reading]:
    """Whether a guardrail holds: False when the whole interval lies beyond the accepted harm, which is a reason to
    stop; None while there is not enough data; True otherwise."""
    found = read(control, variant, rail.metric, compared=compared, alpha=alpha)
    if found.interval is None:
        return None, found
    more = rail.metric.direction is Direction.MORE
    harmed = found.interval.high < -rail.accepted if more else found.interval.low > rail.accepted
    return not harmed, found


def uneven(sizes: Mapping[str, int], weights: Sequence[tuple[str, int]]) -> bool:
    """Whether the variants got members in other parts than they should have. Something is broken then, and no result
    of the experiment means anything."""
    total, whole = sum(sizes.values()), sum(weight for _id, weight in weights)
    if total < LEAST_UNITS or not whole:
        return False
    expected = [total * weight / whole for _id, weight in weights]
    found = [sizes.get(name, 0) for name, _weight in weights]
    if sum(found) != total:
        return True  # somebody saw a variant that there is none of
    return bool(chisquare(found, expected).pvalue < UNEVEN)
