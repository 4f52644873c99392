"""What would happen to one member who came in now. Nothing is written, and nobody is told."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from campaigns.models import AutomationRun
from campaigns.queries.automations.reading import INSIDE
from campaigns.queries.experiments.assigned import held_out
from campaigns.queries.segments.compiling import who_fits
from campaigns.rules.automations import Again, AnyStep, Check, Flow, Split, Stop, Wait, WaitUntil
from campaigns.rules.automations.walking import END, first, goes_first, over, stages, way
from campaigns.rules.segments import Conditions
from loyalty.core.merchants.queries import shop_of_scope


@dataclass(frozen=True, slots=True)
class Tried:
    """A step that would come, and when; `goes` is which way, where there are two: None elsewhere."""

    step: AnyStep
    at: datetime
    goes: bool | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """What would happen. `why_not` says why they would not come in: "held_out", "only", "inside", "again" or
    "exit_when"; "" when they would. The steps are told all the same."""

    why_not: str
    steps: tuple[Tried, ...]


def try_on(flow: Flow, *, member: UUID, automation: UUID, at: datetime) -> Trial:
    """Walk a member through: conditions as they stand for them now, waits as long as they would be."""
    return Trial(_why_not(flow, member, automation, at), tuple(_walked(flow, member, automation, at)))


def _fits(conditions: Conditions, member: UUID, at: datetime) -> bool:
    return bool(who_fits(conditions, members=[member], at=at))


def _why_not(flow: Flow, member: UUID, automation: UUID, at: datetime) -> str:
    if held_out([member], at):
        return "held_out"
    if flow.only.of and not _fits(flow.only, member, at):
        return "only"
    runs = AutomationRun.objects.filter(automation=automation, member=member)
    if runs.filter(state__in=INSIDE).exists():
        return "inside"
    if flow.again is Again.ONCE and runs.exists():
        return "again"
    if flow.again is Again.DAYS and runs.filter(entered_at__gt=at - timedelta(days=flow.again_days)).exists():
        return "again"
    return "exit_when" if flow.exit_when.of and _fits(flow.exit_when, member, at) else ""


def _walked(flow: Flow, member: UUID, automation: UUID, at: datetime) -> list[Tried]:
    found: list[Tried] = []
    zone, here = ZoneInfo(shop_of_scope().timezone), first(flow.steps)
    laid, now, moment = stages(flow.steps), at, at
    while here != END:
        stage = laid[here]
        fits = isinstance(stage.step, Check) and _fits(stage.step.test, member, now)
        following = way(stage, member=member, automation=automation, fits=fits)
        if isinstance(stage.step, Wait | WaitUntil):
            moment = over(stage.step, at=moment, zone=zone)
        goes = _goes(stage.step, fits, member, automation)
        found.append(Tried(stage.step, moment, goes))
        here = END if isinstance(stage.step, Stop) else following
    return found


def _goes(step: AnyStep, fits: bool, member: UUID, automation: UUID) -> bool | None:
    if isinstance(step, Check):
        return fits
    return goes_first(step, member=member, automation=automation) if isinstance(step, Split) else None
