"""Days, weeks, months, quarters and years of a merchant's calendar.

A day is a day of the merchant's zone: on the days that clocks change it has 23 or 25 hours.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)
"""No shop's history begins before the one or goes on after the other."""
DAY = timedelta(days=1)

type Days = tuple[date, date]
"""From a day until before another."""


class Grain(StrEnum):
    """How long a stretch is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


_MONTHS = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}
_DAYS = {Grain.DAY: 1, Grain.WEEK: 7}


def midnight(day: date, zone: str) -> datetime:
    """The instant at which a day begins in a zone."""
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone))


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """One of them: its first day, and the day after its last."""

    grain: Grain
    first: date
    after: date

    @property
    def days(self) -> Days:
        """Its days."""
        return self.first, self.after

    @property
    def last(self) -> date:
        """Its last day."""
        return self.after - DAY

    @property
    def previous(self) -> "Stretch":
        """The one just before."""
        return stretch(self.grain, self.first - DAY)

    @property
    def following(self) -> "Stretch":
        """The one just after."""
        return stretch(self.grain, self.after)

    @property
    def year_before(self) -> "Stretch":
        """The one of the year before: a week by going back 52, so that weekdays agree; the rest by the calendar."""
        if self.grain is Grain.WEEK:
            return stretch(self.grain, self.first - timedelta(weeks=52))
        # 29 February has no day the year before: the 28th stands in.
        day = min(self.first.day, 28) if self.first.month == 2 else self.first.day
        return stretch(self.grain, date(self.first.year - 1, self.first.month, day))

    def since(self, zone: str) -> datetime:
        """The instant at which it begins in a zone."""
        return midnight(self.first, zone)

    def until(self, zone: str) -> datetime:
        """The instant before which it ends in a zone."""
        return midnight(self.after, zone)


def stretch(grain: Grain, day: date) -> Stretch:
    """The stretch that a day lies in; weeks begin on Monday."""
    if grain in _DAYS:
        first = day - timedelta(days=day.weekday()) if grain is Grain.WEEK else day
        return Stretch(grain, first, first + timedelta(days=_DAYS[grain]))
    many = _MONTHS[grain]
    first = date(day.year, (day.month - 1) // many * many + 1, 1)
    passed = first.month - 1 + many
    return Stretch(grain, first, date(first.year + passed // 12, passed % 12 + 1, 1))


def stretches(grain: Grain, *, upto: date, count: int) -> list[Stretch]:
    """The `count` stretches up to the one that a day lies in, oldest first."""
    found = [stretch(grain, upto)]
    while len(found) < count:
        found.append(found[-1].previous)
    return found[::-1]


def overlap(one: Days, other: Days) -> Days | None:
    """The days that are in both; None where there are none."""
    found = max(one[0], other[0]), min(one[1], other[1])
    return found if found[0] < found[1] else None


def runs(days: Iterable[date], *, gap: int = 0) -> list[Days]:
    """Days as runs without holes, oldest first; holes of up to `gap` days are taken in."""
    found: list[Days] = []
    for day in sorted(set(days)):
        if found and (day - found[-1][1]).days <= gap:
            found[-1] = found[-1][0], day + DAY
        else:
            found.append((day, day + DAY))
    return found


def merged(spans: Iterable[Days]) -> list[Days]:
    """The same days without any twice, oldest first."""
    found: list[Days] = []
    for first, after in sorted(span for span in spans if span[0] < span[1]):
        if found and first <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], after)
        else:
            found.append((first, after))
    return found


def segments(bounds: Iterable[date]) -> list[Days]:
    """All of history cut at some days, up to the last of them."""
    cuts = [EARLIEST, *sorted({day for day in bounds if day > EARLIEST})]
    return list(pairwise(cuts))
