"""The way through an automation: which step comes after which, when a wait is over, who goes which way. Pure."""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from campaigns.rules.automations.starts import Every, OnDate, OnSchedule
from campaigns.rules.automations.steps import AnyStep, Check, Split, Unit, Wait, WaitUntil, every
from campaigns.rules.experiments.assigning import place
from members.rules.conditions.hours import WEEK

END = ""
"""Where a way leads that is over."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A step and where its ways lead: `after` it, or into its first and its second branch."""

    step: AnyStep
    after: str
    first: str = END
    second: str = END


def stages(steps: tuple[AnyStep, ...]) -> dict[str, Stage]:
    """Every step by its id, with where it leads; in the order in which they are written. They have ids, each another
    (`named`)."""
    found: dict[str, Stage] = {}
    _lay(steps, END, found)
    return found


def _lay(steps: tuple[AnyStep, ...], after: str, found: dict[str, Stage]) -> str:
    """Lay out steps that lead to `after`; the id of the first, `after` where there are none."""
    for index, step in enumerate(steps):
        following = steps[index + 1].id if index + 1 < len(steps) else after
        found[step.id] = Stage(step, following)
        ways = [_lay(inside, following, found) for _name, inside in step.branches]
        if ways:
            found[step.id] = Stage(step, following, *ways)
    return steps[0].id if steps else after


def first(steps: tuple[AnyStep, ...]) -> str:
    """Where a member begins."""
    return steps[0].id if steps else END


def named(steps: tuple[AnyStep, ...], *, taken: Iterable[str] = ()) -> tuple[AnyStep, ...]:
    """The steps, each with an id of its own. Ids that are there stay; new ones are none of `taken`, which earlier
    versions had, so that two versions call the same step the same and no others."""
    there = {step.id for _path, step, _depth in every(steps) if _is_name(step.id)}
    return _named(steps, set(), {*taken, *there})


def _is_name(text: str) -> bool:
    return text[:1] == "s" and text[1:].isdecimal() and len(text) < 8


def _named(steps: tuple[AnyStep, ...], seen: set[str], used: set[str]) -> tuple[AnyStep, ...]:
    made = []
    for step in steps:
        name = step.id
        if not _is_name(name) or name in seen:
            number = 1
            while (name := f"s{number}") in seen or name in used:
                number += 1
        seen.add(name)
        used.add(name)
        inside = {field: _named(branch, seen, used) for field, branch in step.branches}
        made.append(msgspec.structs.replace(step, id=name, **inside))
    return tuple(made)


def goes_first(step: Split, *, member: UUID, automation: UUID) -> bool:
    """Whether a member goes the first way of a split: the same in every run and on every machine."""
    return place(member, f"automation|{automation.hex}|{step.id}") * 100 < step.percent << 64


def way(stage: Stage, *, member: UUID, automation: UUID, fits: bool = False) -> str:
    """Where a member goes from a step; `fits` is whether they meet what a check asks."""
    match stage.step:
        case Check():
            return stage.first if fits else stage.second
        case Split():
            chosen = goes_first(stage.step, member=member, automation=automation)
            return stage.first if chosen else stage.second
    return stage.after


def over(step: Wait | WaitUntil, *, at: datetime, zone: ZoneInfo) -> datetime:
    """When a wait that begins at an instant is over. An hour that the clocks skip becomes the next there is."""
    if isinstance(step, WaitUntil):
        return _until(step, at, zone)
    if step.unit is Unit.DAYS:
        local = at.astimezone(zone)
        later = datetime.combine(local.date() + timedelta(days=step.number), local.time(), tzinfo=zone)
        return later.astimezone(UTC)
    unit = timedelta(minutes=1) if step.unit is Unit.MINUTES else timedelta(hours=1)
    return at + step.number * unit


def _until(step: WaitUntil, at: datetime, zone: ZoneInfo) -> datetime:
    wanted = step.weekdays or WEEK
    today = at.astimezone(zone).date()
    for ahead in range(8):
        day = today + timedelta(days=ahead)
        instant = at_hour(day, step.hour, zone)
        if WEEK[day.weekday()] in wanted and instant >= at:
            return instant
    raise AssertionError("a week has every weekday")


def at_hour(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """An hour of a day in a zone, in UTC."""
    return datetime.combine(day, time(hour), tzinfo=zone).astimezone(UTC)


def due_day(start: OnDate | OnSchedule, *, after: datetime, zone: ZoneInfo) -> date:
    """The first day of the shop's calendar on which the calendar begins it after an instant."""
    day = after.astimezone(zone).date()
    for _ahead in range(63):
        if _is_day(start, day) and at_hour(day, start.hour, zone) > after:
            return day
        day += timedelta(days=1)
    raise AssertionError("two months have every day")


def _is_day(start: OnDate | OnSchedule, day: date) -> bool:
    if isinstance(start, OnDate) or start.every is Every.DAY:
        return True
    if start.every is Every.WEEK:
        return WEEK[day.weekday()] is start.weekday
    return day.day == min(start.day, calendar.monthrange(day.year, day.month)[1])
