"""Goals: how far a figure has come from where it was to where it should be, whether that is fast enough, and where it
will be when the time is up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import sqrt

from scipy.stats import t as student

from analytics.rules.fitting import Interval

LEAST_PERIODS = 4
"""Fewer periods that are over say nothing of where a figure is going."""
MOST_PERIODS = 12
LEVEL = 0.8
type Point = tuple[date, float]
"""The last day of a period that is over, and the figure in it."""


class Pace(StrEnum):
    """How a goal stands: it may also be over, reached or missed."""

    REACHED = "reached"
    AHEAD = "ahead"
    BEHIND = "behind"
    MISSED = "missed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Progress:
    """`value` is the last that is known; `share` the part of the way it has come, below 0 where it went the other way;
    `planned` where it should be by now; `forecast` what to expect when the time is up, None for too few periods."""

    value: float | None
    share: float | None
    planned: float
    pace: Pace
    forecast: Interval | None


def line(start: float, target: float, starts: date, due: date, day: date) -> float:
    """Where a figure should be on a day: on the straight way from one to the other."""
    part = (day - starts).days / max((due - starts).days, 1)
    return start + (target - start) * min(max(part, 0.0), 1.0)


def progress(
    start: float, target: float, starts: date, due: date, points: Sequence[Point], *, today: date
) -> Progress:
    """How it stands, from the periods that are over, oldest first. Only those that ended after the start are progress;
    earlier ones help to see where the figure goes."""
    since = [(day, value) for day, value in points if day >= starts]
    value = since[-1][1] if since else None
    share = None if value is None else (value - start) / (target - start)
    ahead = forecast(points, due) if today <= due else None
    planned = line(start, target, starts, due, since[-1][0] if since else starts)
    return Progress(value, share, planned, _pace(share, value, planned, start < target, today > due), ahead)


def _pace(share: float | None, value: float | None, planned: float, up: bool, over: bool) -> Pace:
    if share is None or value is None:
        return Pace.MISSED if over else Pace.UNKNOWN
    if share >= 1:
        return Pace.REACHED
    if over:
        return Pace.MISSED
    return Pace.AHEAD if (value >= planned) is up or value == planned else Pace.BEHIND


def forecast(points: Sequence[Point], due: date) -> Interval | None:
    """Where the straight line through the last twelve periods leads, with the range in which a single period then lies
    in eight of ten cases. None for fewer than four."""
    last = points[-MOST_PERIODS:]
    if len(last) < LEAST_PERIODS:
        return None
    days = [float(day.toordinal()) for day, _value in last]
    values = [value for _day, value in last]
    count, middle, mean = len(last), sum(days) / len(days), sum(values) / len(values)
    spread = sum((day - middle) ** 2 for day in days)
    slope = sum((day - middle) * (value - mean) for day, value in zip(days, values, strict=True)) / spread
    left = sum((value - mean - slope * (day - middle)) ** 2 for day, value in zip(days, values, strict=True))
    ahead = due.toordinal() - middle
    noise = sqrt(left / (count - 2) * (1 + 1 / count + ahead * ahead / spread))
    reach = float(student.ppf(0.5 + LEVEL / 2, count - 2)) * noise
    value = mean + slope * ahead
    return Interval(value, value - reach, value + reach, LEVEL)
