"""What begins an automation for a member: something that happened, a segment, a date of theirs, the calendar. Pure."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from msgspec import Struct

from members.rules.conditions import Weekday

type Problems = list[tuple[str, str]]
MOST_DAYS = 730


class Start(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", kw_only=True):
    """One way into an automation."""

    def problems(self) -> Problems:
        """What is wrong with it as written: (path inside it, sentence)."""
        return []

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of events that begin it; none where the calendar does."""
        return ()

    def meets(self, kind: str, data: dict[str, Any]) -> bool:
        """Whether an event is the one it waits for."""
        return False


class Test(StrEnum):
    """How a figure of an event is compared."""

    IS = "is"
    IS_NOT = "is_not"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class Fact(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A figure of an event, by its name in the event's `data`, compared with a text or a number."""

    name: str
    test: Test = Test.IS
    value: str

    def problems(self) -> Problems:
        found: Problems = []
        if not self.name.strip() or len(self.name) > 60:
            found.append(("name", "Name the figure, in 1 to 60 characters."))
        if len(self.value) > 200:
            found.append(("value", "At most 200 characters."))
        elif self.test in (Test.AT_LEAST, Test.AT_MOST) and _number(self.value) is None:
            found.append(("value", "Give a whole number."))
        return found

    def holds(self, data: dict[str, Any]) -> bool:
        """Whether an event's figures meet it. What is missing meets nothing, except that it is not something."""
        there = data.get(self.name)
        if self.test is Test.IS:
            return there is not None and _text(there) == self.value.strip()
        if self.test is Test.IS_NOT:
            return there is None or _text(there) != self.value.strip()
        has, wanted = _number(there), _number(self.value)
        if has is None or wanted is None:
            return False
        return has >= wanted if self.test is Test.AT_LEAST else has <= wanted


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        return int(str(value).strip()) if len(str(value)) < 20 else None
    except ValueError:
        return None


class Happens(Start, frozen=True, tag="event", kw_only=True):
    """Something happens to the member, by its kind; all `facts` must hold."""

    kind: str
    facts: tuple[Fact, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        return (self.kind,)

    def meets(self, kind: str, data: dict[str, Any]) -> bool:
        return kind == self.kind and all(fact.holds(data) for fact in self.facts)

    def problems(self) -> Problems:
        found: Problems = [("facts", "At most 10 conditions.")] if len(self.facts) > 10 else []
        for index, fact in enumerate(self.facts):
            found += [(f"facts[{index}].{path}", text) for path, text in fact.problems()]
        return found


class _OfSegment(Start, frozen=True, kw_only=True):
    segment: str

    def problems(self) -> Problems:
        return [] if self.segment.strip() else [("segment", "Choose a segment.")]


class Enters(_OfSegment, frozen=True, tag="enters", kw_only=True):
    """The member comes into a segment, by its handle."""

    @property
    def kinds(self) -> tuple[str, ...]:
        return ("segment.entered",)

    def meets(self, kind: str, data: dict[str, Any]) -> bool:
        return kind == "segment.entered" and data.get("segment") == self.segment


class Leaves(_OfSegment, frozen=True, tag="leaves", kw_only=True):
    """The member leaves a segment, by its handle."""

    @property
    def kinds(self) -> tuple[str, ...]:
        return ("segment.left",)

    def meets(self, kind: str, data: dict[str, Any]) -> bool:
        return kind == "segment.left" and data.get("segment") == self.segment


class Which(StrEnum):
    """A date that members have of their own."""

    BIRTHDAY = "birthday"
    JOINED = "joined"
    LAST_ORDER = "last_order"
    POINTS_END = "points_end"
    TIER_ENDS = "tier_ends"


class Side(StrEnum):
    """On which side of the date."""

    BEFORE = "before"
    AFTER = "after"


class OnDate(Start, frozen=True, tag="date", kw_only=True):
    """So many days of the shop's calendar before or after a date of the member's, at an hour of its zone. Birthdays and
    the day of joining come every year."""

    which: Which
    days: int = 0
    side: Side = Side.BEFORE
    hour: int = 9

    @property
    def offset(self) -> int:
        """Days from the date to the day on which it begins; below zero is before."""
        return self.days if self.side is Side.AFTER else -self.days

    def problems(self) -> Problems:
        found = _hour(self.hour)
        most = 180 if self.which in (Which.BIRTHDAY, Which.JOINED) else MOST_DAYS
        if not 0 <= self.days <= most:
            found.append(("days", f"Give a number of days from 0 to {most}."))
        if self.which is Which.LAST_ORDER and (self.side is Side.BEFORE or self.days < 1):
            found.append(("days", "The last purchase is over: begin at least a day after it."))
        if self.which in (Which.POINTS_END, Which.TIER_ENDS) and self.side is Side.AFTER and self.days > 0:
            found.append(("side", "What has ended is gone: begin before it ends."))
        return found


class Every(StrEnum):
    """How often the calendar begins it."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class OnSchedule(Start, frozen=True, tag="schedule", kw_only=True):
    """Every day, week or month at an hour of the shop's zone, for everybody it is for. `weekday` counts for weeks,
    `day` for months: the last day where a month is shorter."""

    every: Every = Every.WEEK
    weekday: Weekday = Weekday.MON
    day: int = 1
    hour: int = 9

    def problems(self) -> Problems:
        found = _hour(self.hour)
        if not 1 <= self.day <= 31:
            found.append(("day", "Give a day of the month from 1 to 31."))
        return found


def _hour(hour: int) -> Problems:
    return [] if 0 <= hour <= 23 else [("hour", "Give an hour from 0 to 23.")]


AnyStart = Happens | Enters | Leaves | OnDate | OnSchedule
MOST_STARTS = 5


def start_problems(starts: tuple[AnyStart, ...]) -> Iterator[tuple[str, str]]:
    """What is wrong with the ways into an automation."""
    if not starts:
        yield "starts", "Say what begins it."
    if len(starts) > MOST_STARTS:
        yield "starts", f"At most {MOST_STARTS} ways to begin."
    for index, start in enumerate(starts):
        for path, text in start.problems():
            yield f"starts[{index}].{path}", text
