"""Set a goal for a figure, and give one up."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from analytics.models import Goal
from analytics.queries.figures import FIGURES, Definition
from analytics.queries.freshness import today_of
from analytics.queries.goals import goal as one_goal
from analytics.rules.calendar import Grain
from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.events.operations import record
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.tenancy import scope

MOST = 20
GRAINS = (Grain.MONTH, Grain.QUARTER, Grain.YEAR)
LARGEST = Decimal(10) ** 15
_LATEST = date(2099, 12, 31)
_STEP = Decimal("0.000001")


class TooManyGoals(DomainError):
    code = "too_many_goals"
    status = 409
    message = _("A shop has at most {most} goals at a time. Give one up first.")


class GoalIsOver(DomainError):
    code = "goal_dropped"
    status = 409
    message = _("This goal was given up already.")


@transaction.atomic
def set_goal(
    *, figure: str, start: Decimal, target: Decimal, due_on: date, at: datetime, starts_on: date | None = None,
    grain: str = "month",
) -> Goal:  # fmt: skip
    """Set out to bring a figure from `start` to `target` by the day `due_on`, told by months, quarters or years. Values
    are in the figure's unit: minor units of money, shares of 1. Raises `InvalidInput` and `TooManyGoals`."""
    today = today_of(shop_of_scope().timezone, at)
    starts = starts_on or today
    problems = _problems(figure, grain, start, target, (starts, due_on), today)
    if problems:
        raise InvalidInput([{"field": f, "code": "invalid", "message": m} for f, m in problems])
    if Goal.objects.filter(state=Goal.State.OPEN).count() >= MOST:
        raise TooManyGoals(most=MOST)
    row = Goal(
        figure=figure, grain=grain, start=start.quantize(_STEP), target=target.quantize(_STEP), starts_on=starts,
        due_on=due_on, set_at=at, set_by=str(scope.actor())[:80],
    )  # fmt: skip
    row.save(force_insert=True)
    told = {"figure": figure, "start": str(start), "target": str(target), "due_on": due_on.isoformat()}
    record("goal.set", subject=row.pk, at=at, data=told)
    return row


def _problems(
    figure: str, grain: str, start: Decimal, target: Decimal, days: tuple[date, date], today: date
) -> list[tuple[str, str]]:
    starts, due = days
    found = []
    made = FIGURES.get(figure)
    if made is None:
        return [("figure", say("Choose a figure."))]
    if grain not in GRAINS:
        found.append(("grain", say("Choose months, quarters or years.")))
    for name, value in (("start", start), ("target", target)):
        if not _makes_sense(value, made):
            found.append((name, say("This cannot be a value of the figure.")))
    if not found and start.quantize(_STEP) == target.quantize(_STEP):
        found.append(("target", say("A goal is somewhere else than its start.")))
    if not date(2000, 1, 1) <= starts <= today:
        found.append(("starts_on", say("Choose a day that has come.")))
    if not max(today, starts) < due <= _LATEST:
        found.append(("due_on", say("Choose a day that is still to come.")))
    return found


def _makes_sense(value: Decimal, made: Definition) -> bool:
    if not value.is_finite() or abs(value) > LARGEST:
        return False
    if made.unit == "share":
        return 0 <= value <= 1
    return -100 <= value <= 100 if made.unit == "score" else True


@transaction.atomic
def drop_goal(*, goal: UUID, at: datetime) -> Goal:
    """Give a goal up. Raises `NotFound` and `GoalIsOver`."""
    one_goal(goal)
    row = Goal.objects.select_for_update().get(pk=goal)
    if row.state == Goal.State.DROPPED:
        raise GoalIsOver()
    row.state = Goal.State.DROPPED
    row.save(update_fields=["state"])
    record("goal.dropped", subject=row.pk, at=at, data={"figure": row.figure})
    return row
