"""The shop's automations and its members' ways through them."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.db import connection
from django.db.models import Count, QuerySet, Sum

from campaigns.models import (
    Automation,
    AutomationEdition,
    AutomationRun,
    AutomationSpark,
    AutomationSpend,
    AutomationStep,
)
from campaigns.queries.automations.naming import segments_in
from campaigns.rules.automations import Flow
from loyalty.core.errors import NotFound
from loyalty.core.events.models import Event
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.scope import SYSTEM, acting_for

_KEEP_SECONDS = 5.0
_kept: dict[int, tuple[float, frozenset[str]]] = {}
INSIDE = (AutomationRun.State.ACTIVE, AutomationRun.State.HELD)
MONTH = timedelta(days=30)


def are_listening(merchant: int, kinds: tuple[str, ...]) -> bool:
    """Whether an automation of a shop (its id) waits for any of these kinds, or for any at all without kinds: then a
    worker is woken for them. Remembered for a few seconds, because every order asks. Outside any scope."""
    known = _kept.get(merchant)
    if known is None or known[0] <= time.monotonic():
        if len(_kept) > 10_000:
            _kept.clear()
        with acting_for(merchant, by=SYSTEM):
            rows = Automation.objects.filter(state=Automation.State.LIVE).values_list("listens", flat=True)
            found = frozenset(kind for row in rows for kind in row)
        known = _kept[merchant] = (time.monotonic() + _KEEP_SECONDS, found)
    return bool(known[1]) if not kinds else not known[1].isdisjoint(kinds)


def forget_kinds(merchant: int) -> None:
    """An automation of this shop was changed here: look again."""
    _kept.pop(merchant, None)


def automations(*, ended: bool = False) -> QuerySet[Automation]:
    """The shop's automations, newest first; those that were ended when they are asked for."""
    found = Automation.objects.order_by("-id")
    return found.filter(state="ended") if ended else found.exclude(state="ended")


def automation(key: UUID) -> Automation:
    """One; `NotFound` otherwise."""
    found = Automation.objects.filter(pk=key).first()
    if found is None:
        raise NotFound("automation")
    return found


def editions(row: Automation) -> list[AutomationEdition]:
    """Everything that was ever put to work, newest first."""
    return list(AutomationEdition.objects.filter(automation=row).order_by("-number"))


def edition_in_force(row: Automation) -> AutomationEdition | None:
    """By which members come in; None before the first."""
    return AutomationEdition.objects.filter(automation=row, number=row.edition).first()


def flow_of(edition: UUID) -> Flow:
    """What an edition says. It never changes, so it is read once."""
    return _flow(scope.merchant_id(), edition)


@lru_cache(maxsize=512)
def _flow(_merchant: int, edition: UUID) -> Flow:
    return msgspec.convert(AutomationEdition.objects.get(pk=edition).flow, Flow)


def flow_written(row: Automation) -> Flow:
    """What is being written: the draft, else what counts now."""
    if row.draft:
        return msgspec.convert(row.draft, Flow)
    edition = edition_in_force(row)
    return flow_of(edition.pk) if edition else Flow()


def run(key: UUID) -> AutomationRun:
    """One way of one member; `NotFound` otherwise."""
    found = AutomationRun.objects.filter(pk=key).select_related("automation", "edition").first()
    if found is None:
        raise NotFound("run")
    return found


def runs(row: Automation, *, state: str = "") -> QuerySet[AutomationRun]:
    """Members' ways through an automation, last begun first."""
    found = AutomationRun.objects.filter(automation=row).select_related("edition").order_by("-id")
    return found.filter(state=state) if state else found


def runs_of(member: UUID) -> QuerySet[AutomationRun]:
    """A member's ways through all automations, last begun first."""
    found = AutomationRun.objects.filter(member=member).select_related("automation", "edition")
    return found.order_by("-id")


def began_by(row: AutomationRun) -> str:
    """The kind of the event that let a member in; "" where it was the calendar."""
    found = Event.objects.filter(pk=row.event_number or 0).values_list("kind", flat=True).first()
    return found or ""


def steps_of(run_id: UUID) -> list[AutomationStep]:
    """What became of each step of a run, in the order in which it happened."""
    return list(AutomationStep.objects.filter(run=run_id).order_by("id"))


@dataclass(frozen=True, slots=True)
class Counted:
    """How many members an automation has: `inside` now, and how the others came out. `entered` is of 30 days."""

    inside: int = 0
    done: int = 0
    left: int = 0
    failed: int = 0
    entered: int = 0

    @property
    def all(self) -> int:
        """Everybody who ever came in."""
        return self.inside + self.done + self.left + self.failed


def counted(rows: Iterable[Automation], *, at: datetime) -> dict[UUID, Counted]:
    """The figures of some automations, in two queries."""
    keys = [row.pk for row in rows]
    states: dict[UUID, dict[str, int]] = {key: {} for key in keys}
    found = AutomationRun.objects.filter(automation__in=keys)
    by_state = found.values_list("automation", "state").annotate(number=Count("id")).order_by("automation")
    for key, state, number in by_state:
        states[key][state] = number
    lately = found.filter(entered_at__gt=at - MONTH).values_list("automation").annotate(number=Count("id"))
    entered = dict(lately.order_by("automation"))
    return {
        key: Counted(
            inside=sum(states[key].get(state, 0) for state in INSIDE),
            done=states[key].get("done", 0),
            left=states[key].get("left", 0),
            failed=states[key].get("failed", 0),
            entered=entered.get(key, 0),
        )
        for key in keys
    }


@dataclass(slots=True)
class AtStep:
    """What happened at one step: how many are there now, and how many came to each outcome."""

    here: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)

    @property
    def passed(self) -> int:
        """Everybody who came by."""
        return sum(self.outcomes.values())


# A run stands at the step that comes next; while a wait lasts, its member is shown at the wait.
_WAITING = """
SELECT s.step, r.step, count(*) FROM campaigns_automationrun r
  JOIN campaigns_automationstep s ON s.merchant_id = r.merchant_id AND s.run_id = r.id AND s.outcome = 'waited'
   AND (s.data->>'until')::timestamptz = r.due_at
 WHERE r.merchant_id = %(m)s::bigint AND r.automation_id = %(automation)s::uuid AND r.state IN ('active', 'held')
 GROUP BY 1, 2
"""


def at_steps(row: Automation) -> dict[str, AtStep]:
    """What happened at each step, of all editions: a step keeps its id when the automation is changed. Who waits is at
    the wait, although the step that comes next is known."""
    found: dict[str, AtStep] = {}
    outcomes = AutomationStep.objects.filter(automation=row).values_list("step", "outcome")
    for step, outcome, number in outcomes.annotate(number=Count("id")).order_by("step"):
        found.setdefault(step, AtStep()).outcomes[outcome] = number
    inside = AutomationRun.objects.filter(automation=row, state__in=INSIDE).values_list("step")
    for step, number in inside.annotate(number=Count("id")).order_by("step"):
        found.setdefault(step, AtStep()).here = number
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"m": scope.merchant_id(), "automation": row.pk})
        for wait, following, number in cursor.fetchall():
            found.setdefault(wait, AtStep()).here += number
            found.setdefault(following, AtStep()).here -= number
    return found


def why_left(row: Automation) -> list[tuple[str, int]]:
    """Why members left early or it failed for them, most frequent first: `(reason, how many)`."""
    found = AutomationRun.objects.filter(automation=row, state__in=("left", "failed")).values_list("reason")
    return list(found.annotate(number=Count("id")).order_by("-number", "reason"))


@dataclass(frozen=True, slots=True)
class Spent:
    """What an automation has given: points in all and today, rewards in all."""

    points: int = 0
    today: int = 0
    rewards: int = 0


def spent(row: Automation, *, at: datetime) -> Spent:
    """What it has given so far."""
    today = at.astimezone(ZoneInfo(shop_of_scope().timezone)).date()
    rows = {one.day: one for one in AutomationSpend.objects.filter(automation=row, day__in=[today])}
    whole = AutomationSpend.objects.filter(automation=row, day=None).aggregate(
        points=Sum("points"), rewards=Sum("rewards")
    )
    day = rows.get(today)
    return Spent(whole["points"] or 0, day.points if day else 0, whole["rewards"] or 0)


@dataclass(frozen=True, slots=True)
class Lag:
    """How far behind automations are: what has happened and nobody has looked at yet, since when, and the members whose
    step is overdue."""

    events: int = 0
    since: datetime | None = None
    sparks: int = 0
    overdue: int = 0
    overdue_since: datetime | None = None

    def behind(self, at: datetime) -> timedelta:
        """For how long the oldest of it has waited."""
        waits = [one for one in (self.since, self.overdue_since) if one is not None]
        return max(at - min(waits), timedelta()) if waits else timedelta()


MOST_COUNTED = 1_000


def lag(*, at: datetime) -> Lag:
    """How far behind it is, in the shop acted for. Counted up to `MOST_COUNTED` of each."""
    waiting = Event.objects.filter(dispatched_at=None).order_by("id")
    noted = AutomationSpark.objects.order_by("id")
    late = AutomationRun.objects.filter(state="active", due_at__lte=at).order_by("due_at")
    firsts: Sequence[datetime] = [
        *waiting.values_list("recorded_at", flat=True)[:1],
        *noted.values_list("noted_at", flat=True)[:1],
    ]
    return Lag(
        events=len(waiting.values_list("id")[:MOST_COUNTED]),
        since=min(firsts, default=None),
        sparks=len(noted.values_list("id")[:MOST_COUNTED]),
        overdue=len(late.values_list("id")[:MOST_COUNTED]),
        overdue_since=late.values_list("due_at", flat=True).first(),
    )


def uses_segment(handle: str) -> list[str]:
    """The names of automations that would mean nobody, or do nothing, without a segment."""
    found = []
    for row in automations():
        edition = edition_in_force(row)
        flows = [flow_of(edition.pk)] if edition else []
        if row.draft:
            flows.append(msgspec.convert(row.draft, Flow))
        if any(handle in segments_in(flow) for flow in flows):
            found.append(row.name)
    return found
