"""In which days qualifying counts and until when a tier lasts: whole days in the merchant's zone, so daylight saving
never moves an end. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from members.rules.points_life import add_months, end_of
from members.rules.tiers.ladder import Tiers, Valid, WindowKind

type Days = Mapping[date | None, int]
"""What qualifies, by local day; under None what counts whenever it was."""


@dataclass(frozen=True, slots=True)
class Span:
    """From a first day to a last one, both counting; None is unbounded."""

    first: date | None = None
    last: date | None = None

    def amount(self, days: Days) -> int:
        """What of `days` lies within."""
        first, last, found = self.first, self.last, 0
        for day, amount in days.items():  # asked after every purchase
            if day is None or ((first is None or first <= day) and (last is None or day <= last)):
                found += amount
        return found


def local(instant: datetime, zone: ZoneInfo) -> date:
    """The day of an instant where the merchant is."""
    return instant.astimezone(zone).date()


def last_day(end: datetime, zone: ZoneInfo) -> date:
    """The last day of what ends before an instant (a local midnight)."""
    return local(end - timedelta(microseconds=1), zone)


def window(tiers: Tiers, day: date, joined: date) -> Span:
    """The days that count on `day`. A rolling window has no last one: it goes on."""
    match tiers.window:
        case WindowKind.CALENDAR_YEAR:
            return Span(date(day.year, 1, 1), date(day.year, 12, 31))
        case WindowKind.ANNIVERSARY_YEAR:
            years = max(0, day.year - joined.year)
            if add_months(joined, 12 * years) > day:
                years -= 1
            first, following = add_months(joined, 12 * years), add_months(joined, 12 * (years + 1))
            return Span(first, following - timedelta(days=1))
        case WindowKind.ROLLING:
            return Span(add_months(day, -tiers.months))
        case _:
            return Span()


def ends(tiers: Tiers, day: date, joined: date, zone: ZoneInfo) -> datetime | None:
    """When a tier ends that is reached on `day`; None: never."""
    match tiers.valid:
        case Valid.FOREVER:
            return None
        case Valid.MONTHS:
            return end_of(add_months(day, tiers.valid_months), zone)
    last = window(tiers, day, joined).last
    if last is not None and tiers.valid is Valid.NEXT_PERIOD_END:
        last = window(tiers, last + timedelta(days=1), joined).last
    return None if last is None else end_of(last, zone)


def graced(tiers: Tiers, end: datetime | None, zone: ZoneInfo) -> datetime | None:
    """When somebody who did not keep their tier loses it: after so many days of grace."""
    if end is None:
        return None
    return datetime.combine(local(end, zone) + timedelta(days=tiers.grace_days), time(), tzinfo=zone)


def reach_days(tiers: Tiers) -> int:
    """How many days back from any day its window, and for the sake of the terms the one before it, can begin."""
    if tiers.window is WindowKind.ROLLING:
        return 31 * tiers.months + 1
    return 366 * (2 if tiers.valid is Valid.NEXT_PERIOD_END else 1) + 1
