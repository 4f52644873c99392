"""When a message goes out: quiet hours, the day's digest, and how long to wait after a failure. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DIGEST_HOUR = 18
"""What was earned in the day up to this hour is told together at it."""
STALE = timedelta(days=2)
"""What happened longer ago than this is history somebody loaded, and no news."""
PAUSES: Sequence[timedelta] = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
    timedelta(hours=24),
)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the day, 0 to 23, in which nobody is written to: from `begins` up to `ends`. Equal: no quiet hours."""

    begins: int = 21
    ends: int = 8

    def holds(self, local: datetime) -> bool:
        """Whether a local time lies in the quiet hours."""
        if self.begins == self.ends:
            return False
        if self.begins < self.ends:
            return self.begins <= local.hour < self.ends
        return local.hour >= self.begins or local.hour < self.ends


def morning(at: datetime, zone: ZoneInfo, quiet: Quiet) -> datetime | None:
    """When the quiet hours around an instant end, in UTC's terms; None when it lies in none.

    On the day when clocks go forward the hour they end at may not exist: then the next that does.
    """
    local = at.astimezone(zone)
    if not quiet.holds(local):
        return None
    day = local.date() + timedelta(days=1) if local.hour >= quiet.ends else local.date()
    return max(_instant(day, quiet.ends, zone), at)


def _instant(day: date, hour: int, zone: ZoneInfo) -> datetime:
    wanted = datetime.combine(day, time(hour), tzinfo=zone)
    # Through UTC and back: what does not exist moves on to what does.
    return wanted.astimezone(ZoneInfo("UTC"))


def digest_day(at: datetime, zone: ZoneInfo) -> date:
    """The day under which something earned at an instant is told: after the digest's hour, the next."""
    return (at.astimezone(zone) + timedelta(hours=24 - DIGEST_HOUR)).date()


def digest_due(day: date, zone: ZoneInfo) -> datetime:
    """When a day's digest goes out."""
    return _instant(day, DIGEST_HOUR, zone)


def digest_span(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """What a day's digest tells of: from the last one (included) to its own hour (not included)."""
    return _instant(day - timedelta(days=1), DIGEST_HOUR, zone), _instant(day, DIGEST_HOUR, zone)


def pause(attempts: int) -> timedelta | None:
    """How long to wait after so many failed attempts; None: give up."""
    return PAUSES[attempts - 1] if 1 <= attempts <= len(PAUSES) else None
