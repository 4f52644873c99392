"""When a campaign spends faster than it was meant to: what was planned by now, and whether that is left
behind. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from members.rules.conditions.hours import WEEK

SLACK = 10
"""Percent of all that was planned that may always go out: the first minutes of a campaign are no trend."""


@dataclass(frozen=True, slots=True)
class Pace:
    """`spent` of what was `planned` in all, of which `expected` was due by now; units of one kind."""

    spent: int
    expected: int
    planned: int

    @property
    def percent(self) -> int:
        """What was spent, in percent of what was due by now; at least of one unit."""
        return self.spent * 100 // max(1, self.expected)


def share_of_time(
    starts: datetime, ends: datetime, at: datetime, *, days: Collection[str], zone: ZoneInfo
) -> float:
    """Which part of a campaign's time is over at an instant, from 0 to 1; days on which it does not count are no time.
    Its hours within a day are not looked at."""
    whole, over = timedelta(0), timedelta(0)
    day = starts.astimezone(zone).date()
    while True:
        begins = datetime.combine(day, time(), tzinfo=zone).astimezone(starts.tzinfo)
        if begins >= ends:
            break
        following = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone).astimezone(starts.tzinfo)
        if not days or WEEK[day.weekday()] in days:
            first, last = max(begins, starts), min(following, ends)
            whole += last - first
            over += max(timedelta(0), min(last, at) - first)
        day += timedelta(days=1)
    return over / whole if whole else 1.0


def too_fast(pace: Pace, *, brake_percent: int) -> bool:
    """Whether it spends so much more than planned that it should stop: more than `brake_percent` of what was due by
    now and a little slack. 0 never."""
    if not brake_percent or pace.planned <= 0:
        return False
    return pace.spent * 100 > pace.expected * brake_percent + pace.planned * SLACK
