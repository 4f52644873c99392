"""Goals: those that are open, and how each stands."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from analytics.models import Goal
from analytics.queries.figures import FIGURES, Definition
from analytics.queries.freshness import today_of
from analytics.queries.sums import Reader
from analytics.queries.telling import figures
from analytics.rules.calendar import Grain, Stretch, stretch, stretches
from analytics.rules.goals import MOST_PERIODS, Progress, progress
from loyalty.core.errors import NotFound

DUE_LONG_AGO = timedelta(days=90)
"""So long after its day a goal still stands on the page."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A goal, its figure, and how it stands; `course` are the periods that are over with the figure in each (None where
    there was nothing to divide by), `present` the one that goes on."""

    goal: Goal
    made: Definition
    progress: Progress
    course: list[tuple[Stretch, float | None]]
    present: tuple[Stretch, float | None]


def goals() -> QuerySet[Goal]:
    """All that were not given up, last set first."""
    return Goal.objects.filter(state=Goal.State.OPEN).order_by("-id")


def goal(key: UUID) -> Goal:
    """One; `NotFound` otherwise."""
    found = Goal.objects.filter(pk=key).first()
    if found is None:
        raise NotFound("goal")
    return found


def current(read: Reader) -> list[Goal]:
    """Those that are open and not long over, soonest due first."""
    since = today_of(read.zone, read.at) - DUE_LONG_AGO
    return sorted(
        (one for one in goals() if one.due_on >= since and one.figure in FIGURES), key=lambda one: one.due_on
    )


def standings(read: Reader, found: Collection[Goal]) -> list[Standing]:
    """How some goals stand. Each length of period is read once for all of them."""
    today = today_of(read.zone, read.at)
    asked: dict[Grain, set[str]] = {}
    for one in found:
        asked.setdefault(Grain(one.grain), set()).add(one.figure)
    told: dict[tuple[str, Stretch, str], Any] = {}
    for grain, keys in asked.items():
        told.update(figures(read, stretches(grain, upto=today, count=MOST_PERIODS + 1), sorted(keys)))
    standing = []
    for one in found:
        periods = stretches(Grain(one.grain), upto=today, count=MOST_PERIODS + 1)
        course = []
        for when in periods:
            value = told[one.figure, when, ""].value
            course.append((when, None if value is None else float(value)))
        over = _begun(course[:-1])
        points = [(when.last, value) for when, value in over if value is not None]
        made = progress(float(one.start), float(one.target), one.starts_on, one.due_on, points, today=today)
        standing.append(Standing(one, FIGURES[one.figure], made, over, course[-1]))
    return standing


def _begun(course: list[tuple[Stretch, float | None]]) -> list[tuple[Stretch, float | None]]:
    """Without the periods before anything happened: nothing known, or nought since always."""
    first = next((place for place, (_when, value) in enumerate(course) if value), len(course))
    return course[first:]


def last_value(read: Reader, figure: str, grain: Grain) -> float | None:
    """What a figure was in the last period that is over: where a goal would begin."""
    when = stretch(grain, today_of(read.zone, read.at)).previous
    value = figures(read, [when], [figure])[figure, when, ""].value
    return None if value is None else float(value)


def is_over(one: Goal, today: date) -> bool:
    """Whether its day has passed."""
    return one.due_on < today
