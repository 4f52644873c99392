"""The life of points: when they can be spent, when they expire, and what a refund may take. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct

from loyalty.core.ledger.chart import Shortfall


class Expiry(StrEnum):
    NEVER = "never"
    ROLLING = "rolling"  # `months` after they count
    MONTH_END = "month_end"  # at the end of the month in which `months` are over
    FIXED_DATE = "fixed_date"  # every year on `day`; at least `months` after they count
    SLIDING = "sliding"  # after `days` without activity


class PointsLife(Struct, forbid_unknown_fields=True, frozen=True):
    """New points wait `hold_days` days, until the day `hold_until` begins, and for `hold_event`, like "order.shipped":
    for whichever of those named is last."""

    hold_days: int = 0
    hold_until: date | None = None
    hold_event: str = ""
    expiry: Expiry = Expiry.NEVER
    months: int = 12
    days: int = 365
    day: str = "12-31"
    grace_days: int = 30  # points given back after their time was up live this long
    on_shortfall: Shortfall = Shortfall.TO_ZERO


def check(life: PointsLife) -> list[tuple[str, str]]:
    """Numbers in range, a real day of the year."""
    problems = []
    for name, low, high in (
        ("hold_days", 0, 366),
        ("months", 1, 120),
        ("days", 1, 3660),
        ("grace_days", 0, 366),
    ):
        if not low <= getattr(life, name) <= high:
            problems.append((name, f"Choose {low} to {high}."))
    if life.hold_until is not None and not 2000 <= life.hold_until.year <= 2100:
        problems.append(("hold_until", "Choose a day between 2000 and 2100."))
    if len(life.hold_event) > 60 or not life.hold_event.isprintable():
        problems.append(("hold_event", "Name the event in at most 60 visible characters."))
    try:
        month, day = (int(part) for part in life.day.split("-"))
        date(2023, month, day)
    except ValueError:
        problems.append(("day", "Give month and day, like 12-31 (29 February is not every year)."))
    return problems


@dataclass(frozen=True, slots=True)
class Terms:
    """What one credit is granted under."""

    pending: bool
    available_from: datetime | None
    expires_at: datetime | None
    slides_days: int | None = None

    @property
    def for_event(self) -> bool:
        """True for points that wait until something has happened."""
        return self.pending and self.available_from is None


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a day is over in the merchant's zone: the first of the next day."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or the last of that month when it is shorter."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))


def expires_at(life: PointsLife, starts: datetime, zone: ZoneInfo) -> datetime | None:
    """When points that count from `starts` expire: always at the end of a day in the merchant's zone."""
    day = starts.astimezone(zone).date()
    match life.expiry:
        case Expiry.NEVER:
            return None
        case Expiry.ROLLING:
            return end_of(add_months(day, life.months), zone)
        case Expiry.MONTH_END:
            last = add_months(day, life.months).replace(day=1)
            return end_of(add_months(last, 1) - timedelta(days=1), zone)
        case Expiry.FIXED_DATE:
            month, number = (int(part) for part in life.day.split("-"))
            earliest = add_months(day, life.months)
            fixed = date(earliest.year, month, number)
            return end_of(fixed if fixed >= earliest else fixed.replace(year=fixed.year + 1), zone)
        case Expiry.SLIDING:
            return end_of(day + timedelta(days=life.days), zone)


def held_until(life: PointsLife, at: datetime, zone: ZoneInfo) -> datetime | None:
    """Until when the calendar holds points earned at `at`, events aside; None when it does not."""
    ends = []
    if life.hold_days:
        ends.append(end_of(at.astimezone(zone).date() + timedelta(days=life.hold_days - 1), zone))
    if life.hold_until is not None:
        ends.append(end_of(life.hold_until - timedelta(days=1), zone))
    last = max(ends, default=None)
    return last if last is not None and last > at else None


def terms(life: PointsLife, at: datetime, zone: ZoneInfo) -> Terms:
    """The terms of points earned at `at`. With a hold their life starts when they can be spent; what waits for an event
    has no date before that has happened."""
    slides = life.days if life.expiry is Expiry.SLIDING else None
    if life.hold_event:
        return Terms(True, None, None, slides)
    starts = held_until(life, at, zone)
    if starts is not None:
        return Terms(True, starts, expires_at(life, starts, zone), slides)
    return Terms(False, None, expires_at(life, at, zone), slides)
