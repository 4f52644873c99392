"""Who comes in and who leaves early: what events and the calendar begin, each occasion once.

Events that concern an automation are noted where they leave the outbox, in one statement for a whole batch, and looked
at by a worker a moment later; the note goes in the transaction that has let the member in or out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.db import connection, transaction

from campaigns.models import Automation, AutomationEdition, AutomationRun
from campaigns.operations.automations.shaping import next_due
from campaigns.queries.automations import dates, reading
from campaigns.queries.experiments.assigned import held_out
from campaigns.queries.segments.compiling import who_fits
from campaigns.rules.automations import Again, Flow, OnDate, OnSchedule
from campaigns.rules.automations.walking import at_hour, due_day, first
from campaigns.rules.timing import STALE
from loyalty.core import ids
from loyalty.core.events.consumers import wake
from loyalty.core.events.models import Event
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.tenancy import scope
from members.models import Member

TASK = "campaigns.tasks.run_automations"
BATCH = 200
_ACTOR = "system:automation-"
"""How whoever acts for an automation is called; its id follows."""
_encode = msgspec.json.Encoder().encode

_NOTE = """
INSERT INTO campaigns_automationspark (id, merchant_id, member_id, event_number, noted_at)
SELECT x.id, m.merchant_id, m.id, x.event, %(at)s::timestamptz
  FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(id uuid, merchant bigint, member uuid, kind text, event bigint)
  JOIN members_member m ON m.merchant_id = x.merchant AND m.id = x.member
 WHERE EXISTS (SELECT 1 FROM campaigns_automation a
                WHERE a.merchant_id = x.merchant AND a.state = 'live' AND x.kind = ANY(a.listens))
 ORDER BY x.id
ON CONFLICT (merchant_id, event_number) DO NOTHING
"""
_TAKE = """
DELETE FROM campaigns_automationspark s
 WHERE s.merchant_id = %(m)s::bigint AND s.id IN (
       SELECT id FROM campaigns_automationspark WHERE merchant_id = %(m)s::bigint ORDER BY id LIMIT %(most)s::int
          FOR UPDATE SKIP LOCKED)
RETURNING s.event_number
"""
# The automation's row is held by whoever lets somebody in: of two at once the second sees the first.
_ENTER = """
INSERT INTO campaigns_automationrun (id, merchant_id, automation_id, edition_id, member_id, occasion, event_number,
                                     state, step, due_at, attempts, entered_at, ended_at, reason)
SELECT x.id, m.merchant_id, %(automation)s::uuid, %(edition)s::uuid, m.id, x.occasion, x.event, 'active',
       %(step)s::text, %(at)s::timestamptz, 0, %(at)s::timestamptz, NULL, ''
  FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(id uuid, member uuid, occasion text, event bigint)
  JOIN members_member m ON m.merchant_id = %(m)s::bigint AND m.id = x.member AND m.status = 'active'
 WHERE NOT EXISTS (
       SELECT 1 FROM campaigns_automationrun r
        WHERE r.merchant_id = %(m)s::bigint AND r.automation_id = %(automation)s::uuid AND r.member_id = m.id
          AND (r.state IN ('active', 'held') OR r.entered_at > %(since)s::timestamptz))
 ORDER BY x.id
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Entrant:
    """Somebody who may come in, and by what: an event, by its number, or a day."""

    member: UUID
    occasion: str
    event: int | None = None


def note_sparks(*, events: Sequence[Event], at: datetime) -> int:
    """Note what of a batch of committed events concerns an automation, in the scope of all merchants; how much. What
    happened long ago is history somebody loaded."""
    rows = [
        {
            "id": ids.new(),
            "merchant": one.merchant_id,
            "member": one.subject,
            "kind": one.kind,
            "event": one.pk,
        }
        for one in events
        if one.subject is not None and one.happened_at > at - STALE
    ]
    if not rows:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, {"rows": _encode(rows).decode(), "at": at})
        noted = int(cursor.rowcount)
    if noted:
        ring_after_commit()
    return noted


def ring_after_commit() -> None:
    """Wake a worker once this transaction is committed. What is not heard is found by the clock."""
    transaction.on_commit(partial(wake, TASK), robust=True)


@transaction.atomic
def take_sparks(*, at: datetime, most: int = BATCH) -> int:
    """Let in and out whom the next notes are about, in the shop acted for; how many notes."""
    live = _live()
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"m": scope.merchant_id(), "most": most})
        numbers = [row[0] for row in cursor.fetchall()]
    if not numbers:
        return 0
    events = list(Event.objects.filter(pk__in=numbers).order_by("pk"))
    today = _today({one.subject for one in events if one.subject is not None})
    since = _at_work_since([row for row, _edition, _flow in live])
    for row, edition, flow in live:
        ends = [one for one in events if one.kind in flow.exit_on]
        for event in ends:
            _leave(row, today.get(event.subject), event, at)
        heard = [one for one in events if one.recorded_at >= since[row.pk]]
        enter(automation=row, edition=edition, flow=flow, found=_begun(row, flow, heard, today), at=at)
    return len(numbers)


def _live() -> list[tuple[Automation, AutomationEdition, Flow]]:
    """The shop's automations that are at work, held in the order of their ids."""
    rows = (
        Automation.objects.select_for_update(no_key=True).filter(state=Automation.State.LIVE).order_by("id")
    )
    found = []
    for row in rows:
        edition = reading.edition_in_force(row)
        if edition is not None:
            found.append((row, edition, reading.flow_of(edition.pk)))
    return found


def _at_work_since(rows: Sequence[Automation]) -> dict[UUID, datetime]:
    """Since when some automations have been at work: what lay in the outbox before begins nothing."""
    first_ones = AutomationEdition.objects.filter(automation__in=rows, number=1)
    return dict(first_ones.values_list("automation", "started_at"))


def _today(members: Iterable[UUID]) -> dict[UUID | None, UUID]:
    """Who some members are now: themselves, or whoever they were merged into."""
    rows = Member.objects.filter(pk__in=set(members)).values_list("pk", "merged_into_id")
    return {key: into or key for key, into in rows}


def _begun(
    row: Automation, flow: Flow, events: Sequence[Event], today: dict[UUID | None, UUID]
) -> list[Entrant]:
    found = []
    for event in events:
        who = today.get(event.subject)
        if who is None or _is_own(row, flow, event):
            continue
        if any(start.meets(event.kind, event.data) for start in flow.starts):
            found.append(Entrant(who, f"event:{event.pk}", event.pk))
    return found


def _is_own(row: Automation, flow: Flow, event: Event) -> bool:
    """Whether an event must not begin this automation because it, or another in a ring with it, made it happen: nothing
    an automation does begins it again, and what others do begins it only where time has to pass between two runs."""
    if not event.actor.startswith(_ACTOR):
        return False
    return event.actor == actor_name(row.pk) or flow.again is Again.OUTSIDE


def actor_name(automation: UUID) -> str:
    """How events name whoever acted for an automation."""
    return f"{_ACTOR}{automation.hex}"


def _leave(row: Automation, member: UUID | None, event: Event, at: datetime) -> None:
    """Somebody did what ends it for them; what let them in does not count."""
    if member is None:
        return
    inside = AutomationRun.objects.filter(automation=row, member=member, state__in=reading.INSIDE)
    for one in inside.select_for_update(of=("self",)).select_related("edition").order_by("id"):
        flow = reading.flow_of(one.edition_id)
        if event.kind in flow.exit_on and is_after(one, event):
            one.state, one.reason, one.ended_at = AutomationRun.State.LEFT, event.kind, at
            one.save(update_fields=["state", "reason", "ended_at"])


def is_after(run: AutomationRun, event: Event) -> bool:
    """Whether an event came after what let a member in."""
    if run.event_number is not None:
        return bool(event.pk > run.event_number)
    return bool(event.recorded_at > run.entered_at)


@transaction.atomic
def enter(
    *, automation: Automation, edition: AutomationEdition, flow: Flow, found: Sequence[Entrant], at: datetime
) -> int:
    """Let in those of some who may come in now; how many did: nobody who is held out. The caller holds the automation's
    row."""
    once = {one.member: one for one in reversed(found)}  # by the first of several things that happened
    for member in held_out(once, at):
        del once[member]
    if flow.only.of and once:
        fits = who_fits(flow.only, members=sorted(once), at=at)
        once = {member: one for member, one in once.items() if member in fits}
    if not once:
        return 0
    rows = [
        {"id": ids.new(), "member": one.member, "occasion": one.occasion, "event": one.event}
        for one in once.values()
    ]
    since = {
        Again.ONCE: "-infinity",
        Again.DAYS: (at - timedelta(days=flow.again_days)).isoformat(),
        Again.OUTSIDE: "infinity",
    }[flow.again]
    with connection.cursor() as cursor:
        cursor.execute(_ENTER, {
            "m": scope.merchant_id(), "automation": automation.pk, "edition": edition.pk, "at": at, "since": since,
            "step": first(flow.steps), "rows": _encode(rows).decode(),
        })  # fmt: skip
        came = int(cursor.rowcount)
    if came:
        ring_after_commit()
    return came


@dataclass(frozen=True, slots=True)
class Day:
    """A start of the calendar's whose time has come, by where it stands in its edition, and its day in the shop."""

    edition: UUID
    start: int
    day: date


def due_days(*, automation: UUID, at: datetime) -> list[Day]:
    """The starts of an automation whose time has come, unless that is long past."""
    row = Automation.objects.filter(pk=automation, state=Automation.State.LIVE).first()
    edition = reading.edition_in_force(row) if row else None
    if row is None or edition is None or row.due_at is None or not at - STALE < row.due_at <= at:
        return []
    zone, due = ZoneInfo(shop_of_scope().timezone), row.due_at
    moment = timedelta(microseconds=1)
    found = []
    for index, start in reading.flow_of(edition.pk).clocked:
        day = due_day(start, after=due - moment, zone=zone)
        if at_hour(day, start.hour, zone) == due:
            found.append(Day(edition.pk, index, day))
    return found


@transaction.atomic
def enter_day(*, automation: UUID, due: Day, after: UUID | None, at: datetime) -> UUID | None:
    """Let in the next members whose day it is; after whom the next page begins, or None when that was all. Whoever came
    in by this day already does not come in by it again."""
    row = Automation.objects.select_for_update(no_key=True).filter(pk=automation).first()
    edition = reading.edition_in_force(row) if row else None
    if row is None or row.state != Automation.State.LIVE or edition is None or edition.pk != due.edition:
        return None
    flow, zone = reading.flow_of(edition.pk), ZoneInfo(shop_of_scope().timezone)
    start = flow.starts[due.start]
    if isinstance(start, OnDate):
        members = dates.on_date(start, day=due.day, zone=zone, after=after, most=BATCH)
        name = f"{start.which.value}:{(due.day - timedelta(days=start.offset)).isoformat()}"
    elif isinstance(start, OnSchedule):
        members = dates.fitting(flow.only, at=at, after=after, most=BATCH)
        name = f"schedule:{due.day.isoformat()}:{start.hour}"
    else:
        return None
    found = [Entrant(member, name) for member in members]
    enter(automation=row, edition=edition, flow=flow, found=found, at=at)
    return members[-1] if len(members) == BATCH else None


@transaction.atomic
def finish_day(*, automation: UUID, at: datetime) -> None:
    """Everybody whose day it was is in: say when the calendar begins it next."""
    row = Automation.objects.select_for_update(no_key=True).filter(pk=automation).first()
    edition = reading.edition_in_force(row) if row else None
    if row is None or row.state != Automation.State.LIVE or edition is None or row.due_at is None:
        return
    if row.due_at <= at:
        row.due_at = next_due(reading.flow_of(edition.pk), after=max(row.due_at, at - STALE))
        row.save(update_fields=["due_at"])
