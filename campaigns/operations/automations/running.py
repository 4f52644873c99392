"""Claim members whose next step is due, and take them on, one step per transaction.

A claim counts the attempt and puts the run off by `LEASE`. What a step does, the note that it did, and where the member
stands afterwards are written together: a worker that dies leaves all of it or nothing, and after the lease another goes
on. The attempt tells a late worker that the run is no longer its own; the note's unique key and the name under which a
step acts (`acting.Acting.key`) hold even if that should fail.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from campaigns.models import AutomationRun, AutomationStep
from campaigns.operations.automations.acting import Acting, Did, act
from campaigns.operations.automations.entering import actor_name, is_after
from campaigns.queries.automations import reading
from campaigns.queries.segments.compiling import who_fits
from campaigns.rules.automations import ACTS, Check, Flow, Split, Stop, Wait, WaitUntil
from campaigns.rules.automations.walking import END, Stage, goes_first, over, stages, way
from campaigns.rules.timing import PAUSES, pause
from loyalty.core import clock
from loyalty.core.errors import DomainError
from loyalty.core.events.models import Event
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.tenancy.scope import Actor, across_merchants, acting_for
from members.models import Member
from members.operations.locking import lock_counts

log = logging.getLogger(__name__)
LEASE = timedelta(minutes=2)
BATCH = 25
State = AutomationRun.State
Outcome = AutomationStep.Outcome


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that is ours until its lease ends. `attempt` tells ours from a later worker's."""

    merchant: int
    automation: UUID
    run: UUID
    attempt: int


_CLAIM = """
WITH due AS (
    SELECT merchant_id, id FROM campaigns_automationrun
     WHERE state = 'active' AND due_at <= %(at)s::timestamptz
     ORDER BY due_at LIMIT %(most)s::int FOR UPDATE SKIP LOCKED)
UPDATE campaigns_automationrun r SET attempts = r.attempts + 1, due_at = %(later)s::timestamptz
  FROM due WHERE r.merchant_id = due.merchant_id AND r.id = due.id
RETURNING r.merchant_id, r.automation_id, r.id, r.attempts
"""


def claim(*, at: datetime, most: int = BATCH) -> list[Claim]:
    """Take up to `most` runs whose step is due, of any shop. What another worker has is left to it until its lease
    ends."""
    with across_merchants("steps that are due, of all merchants"), connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"at": at, "later": at + LEASE, "most": most})
        return [Claim(*row) for row in cursor.fetchall()]


def work(*, seconds: float, at: datetime | None = None) -> tuple[int, bool]:
    """Carry out what is due until nothing is, or the time is up: how many steps, and whether more is due. `at` stands
    for now, where it is given."""
    begun, done = monotonic(), 0
    while monotonic() - begun < seconds:
        claims = claim(at=at or clock.now())
        if not claims:
            return done, False
        for one in claims:
            done += carry_on(claim=one, at=at)
    return done, True


def carry_on(*, claim: Claim, at: datetime | None = None) -> int:
    """Take one member on until they wait, or it is over; how many steps. A fault is this run's own: it is tried again
    later, and given up after a few times."""
    done, by = 0, Actor(*actor_name(claim.automation).split(":"))
    try:
        more = True
        while more:
            with acting_for(claim.merchant, by=by):
                more = take_step(run=claim.run, attempt=claim.attempt, at=at or clock.now())
            done += 1
    except Exception:
        log.exception("run %s of an automation could not go on", claim.run)
        with acting_for(claim.merchant, by=by):
            put_off(run=claim.run, attempt=claim.attempt, at=at or clock.now())
    return done


@transaction.atomic
def take_step(*, run: UUID, attempt: int, at: datetime) -> bool:
    """Carry out the next step of a run that was claimed as an attempt; whether the one after it is due at once. In the
    caller's transaction. False for a run that is no longer this worker's, is paused or over."""
    member = _held(run)
    row = AutomationRun.objects.select_for_update(no_key=True, of=("self",))
    found = row.select_related("automation").filter(pk=run, state=State.ACTIVE, attempts=attempt).first()
    if found is None:
        return False
    if member is None or member.status != Member.Status.ACTIVE:
        return _end(found, State.LEFT, at, "no_member")
    if found.member_id != member.pk and not _moved(found, member):
        return _end(found, State.LEFT, at, "merged")
    flow = reading.flow_of(found.edition_id)
    why = _why_out(found, flow, member.pk, at)
    if why:
        return _end(found, State.LEFT, at, why)
    stage = stages(flow.steps).get(found.step)
    return _end(found, State.DONE, at) if stage is None else _take(found, stage, flow, member, at)


def _held(run: UUID) -> Member | None:
    """The member of a run, or whoever they were merged into, with their counts locked: whoever buys, is merged or
    erased meanwhile waits. None for who was erased."""
    for _attempt in range(20):
        asked = AutomationRun.objects.filter(pk=run).values_list("member", "member__merged_into").first()
        if asked is None:
            return None
        today: UUID = asked[1] or asked[0]
        held = lock_counts(today)
        row = Member.objects.get(pk=today)
        if held or row.status != Member.Status.MERGED:
            return row if held else None
    raise RuntimeError("the member was merged each time they were found")


def _moved(row: AutomationRun, member: Member) -> bool:
    """Give a run to whoever its member was merged into, unless they are in the automation themselves."""
    others = AutomationRun.objects.filter(automation=row.automation_id, member=member)
    if others.filter(state__in=reading.INSIDE).exists() or others.filter(occasion=row.occasion).exists():
        return False
    row.member = member
    row.save(update_fields=["member"])
    return True


def _why_out(row: AutomationRun, flow: Flow, member: UUID, at: datetime) -> str:
    """Why somebody leaves early; "" for who stays. What they did a moment ago may still lie in the outbox, so it is
    looked for here: nobody who has bought is asked to come back."""
    if flow.exit_on:
        did = Event.objects.filter(subject=member, kind__in=flow.exit_on).order_by("-pk").first()
        if did is not None and is_after(row, did):
            return did.kind
    if flow.exit_when.of and who_fits(flow.exit_when, members=[member], at=at):
        return "exit_when"
    return ""


def _take(row: AutomationRun, stage: Stage, flow: Flow, member: Member, at: datetime) -> bool:
    did, due = _do(row, stage, flow, member, at)
    fits = did.outcome == Outcome.YES
    following = way(stage, member=member.pk, automation=row.automation_id, fits=fits)
    AutomationStep.objects.create(
        run=row, automation=row.automation, step=stage.step.id, kind=_kind(stage), outcome=did.outcome,
        data=did.data, happened_at=at,
    )  # fmt: skip
    # Who waits at the end stays inside meanwhile: it counts where nobody comes in twice at once.
    if (following == END and due <= at) or isinstance(stage.step, Stop):
        return _end(row, State.DONE, at)
    row.step = following
    if due > at:
        row.due_at, row.attempts = due, 0
    row.save(update_fields=["step", "due_at", "attempts"])
    return due <= at


def _do(row: AutomationRun, stage: Stage, flow: Flow, member: Member, at: datetime) -> tuple[Did, datetime]:
    """What a step comes to, and when the next one is due."""
    step = stage.step
    match step:
        case Wait() | WaitUntil():
            until = over(step, at=at, zone=ZoneInfo(shop_of_scope().timezone))
            return Did(Outcome.WAITED, {"until": until.isoformat()}), until
        case Check():
            fits = bool(who_fits(step.test, members=[member.pk], at=at))
            return Did(Outcome.YES if fits else Outcome.NO), at
        case Split():
            goes = goes_first(step, member=member.pk, automation=row.automation_id)
            return Did(Outcome.YES if goes else Outcome.NO), at
    if not isinstance(step, ACTS):
        return Did(Outcome.DONE), at
    try:
        with transaction.atomic():
            return act(Acting(row, member, step, flow.budget, at)), at
    except DomainError as refusal:
        return Did(Outcome.SKIPPED, {"why": refusal.code}), at


def _kind(stage: Stage) -> str:
    return str(stage.step.__struct_config__.tag)


def _end(row: AutomationRun, state: str, at: datetime, reason: str = "") -> bool:
    row.state, row.ended_at, row.reason = state, at, reason[:60]
    row.save(update_fields=["state", "ended_at", "reason"])
    return False


@transaction.atomic
def put_off(*, run: UUID, attempt: int, at: datetime) -> None:
    """A step failed for a reason nobody foresaw: try again later, or give it up for this member."""
    row = AutomationRun.objects.select_for_update(no_key=True).filter(pk=run, state=State.ACTIVE).first()
    if row is None or row.attempts != attempt:
        return
    wait = pause(attempt) if attempt <= len(PAUSES) else None
    if wait is None:
        _end(row, State.FAILED, at, "fault")
        return
    row.due_at = at + wait
    row.save(update_fields=["due_at"])
