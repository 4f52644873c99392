"""Points that become rewards or cash-back by themselves at the end of a period; what is left over stays. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct

from loyalty.core.money import MAX_MINOR, MAX_POINTS
from members.rules.points_life import end_of

_MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


class Every(StrEnum):
    """How often, by the calendar of the shop's zone."""

    NEVER = "never"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


class Conversion(Struct, forbid_unknown_fields=True, frozen=True):
    """The programme's section `conversion`. At the end of `every` period each full `points` of a member become one
    `reward` (its handle), or `cashback_minor` of cash-back; who has fewer than `at_least` keeps all, and what is left
    over is carried over."""

    every: Every = Every.NEVER
    points: int = 1000
    at_least: int = 0
    reward: str = ""
    cashback_minor: int = 0

    @property
    def least(self) -> int:
        """Who has fewer points than this is left alone."""
        return max(self.points, self.at_least)

    def parts(self, points: int) -> int:
        """How many times so many points are converted."""
        return points // self.points if points >= self.least else 0


def check(conversion: Conversion) -> list[tuple[str, str]]:
    """Numbers in range, and one thing that points become."""
    problems = []
    if not 1 <= conversion.points <= MAX_POINTS:
        problems.append(("points", "Choose one point or more."))
    if not 0 <= conversion.at_least <= MAX_POINTS:
        problems.append(("at_least", "Choose no points or more."))
    if not 0 <= conversion.cashback_minor <= MAX_MINOR:
        problems.append(("cashback_minor", "Choose an amount of no less than nothing."))
    if len(conversion.reward) > 60 or not conversion.reward.isprintable():
        problems.append(("reward", "Name a reward by its handle."))
    if conversion.every is not Every.NEVER and bool(conversion.reward) == bool(conversion.cashback_minor):
        problems.append(
            ("reward", "Say what points become: a reward or an amount of cash-back, one of the two.")
        )
    return problems


@dataclass(frozen=True, slots=True)
class Finished:
    """A period that is over: its name, like 2026-Q1, and the instant at which it ended."""

    name: str
    ended_at: datetime


def last_finished(every: Every, at: datetime, zone: ZoneInfo) -> Finished | None:
    """The last period that was over at `at`; None when there is none."""
    if every is Every.NEVER:
        return None
    months = _MONTHS[every.value]
    today = at.astimezone(zone).date()
    first = date(today.year, (today.month - 1) // months * months + 1, 1)  # of the period that runs
    last = first - timedelta(days=1)
    number = (last.month - 1) // months + 1
    letter = {Every.MONTH: f"-{last.month:02}", Every.QUARTER: f"-Q{number}", Every.HALF_YEAR: f"-H{number}"}
    return Finished(f"{last.year}{letter.get(every, '')}", end_of(last, zone))
