"""Write an automation, put it to work, pause it, end it: what people decide about it.

Lock order inside this room: an automation before its runs, runs in the order of their ids. A worker that carries out a
step locks the member's counts, then the run; it never locks the automation.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.models import Automation, AutomationEdition, AutomationRun, Segment
from campaigns.operations.segments.shaping import checked_conditions
from campaigns.queries.automations import reading
from campaigns.queries.automations.naming import conditions_in
from campaigns.rules.automations import (
    AddTo,
    CallWebhook,
    Enters,
    Flow,
    GiveOffer,
    GiveReward,
    Leaves,
    TakeOff,
    every,
    problems,
)
from campaigns.rules.automations.walking import at_hour, due_day, named
from loyalty.core import ids
from loyalty.core.errors import DomainError, InvalidInput, NotFound
from loyalty.core.events import kinds
from loyalty.core.events.operations import record
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import queries as programmes
from loyalty.core.programme.document import complaint
from loyalty.core.tenancy import scope
from loyalty.core.webhooks import queries as webhooks
from members.queries.belonging import follows_from_conditions, segment_labels
from rewards.operations.issuing import unknown_rewards

MOST = 100
State = Automation.State
INSIDE = reading.INSIDE
type Wrong = tuple[str, Any, str]


class TooManyAutomations(DomainError):
    code = "too_many_automations"
    message = _("A shop has at most {most} automations. End some first.")
    status = 409


class AutomationEnded(DomainError):
    code = "automation_ended"
    message = _("This automation was ended. Copy it into a new one to use it again.")
    status = 409


class NothingToStart(DomainError):
    code = "nothing_to_start"
    message = _("There is nothing new to put to work.")


class NotLive(DomainError):
    code = "automation_not_live"
    message = _("Only an automation that is at work can be paused.")
    status = 409


class NotPaused(DomainError):
    code = "automation_not_paused"
    message = _("Only an automation that is paused can go on.")
    status = 409


def checked_flow(content: Any, *, taken: frozenset[str] = frozenset()) -> Flow:
    """A flow as somebody wrote it, checked by itself and against the shop: what it names is there. Steps get ids, none
    of `taken`. Raises `InvalidInput` naming everything that is wrong, below `flow`."""
    if _has_nul(content):
        raise InvalidInput.of("flow", str(_("This text holds a character nobody can read.")))
    try:
        found = msgspec.convert(content, Flow, strict=True)
    except msgspec.ValidationError as error:
        raise InvalidInput([complaint(error, "flow")]) from None
    except RecursionError:
        raise InvalidInput.of("flow.steps", "Branches stand in each other too deep.") from None
    wrong: list[Wrong] = [(path, text, "invalid") for path, text in problems(found)]
    wrong = wrong or [*_unknown(found), *_in_conditions(found)]
    if wrong:
        raise InvalidInput(
            [{"field": f"flow.{path}", "code": code, "message": str(text)} for path, text, code in wrong]
        )
    return msgspec.structs.replace(found, steps=named(found.steps, taken=taken))


def _has_nul(content: Any) -> bool:
    """Whether any text in it holds a character that the database cannot keep."""
    left = [content]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            left += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple):
            left += one
        elif isinstance(one, str) and "\x00" in one:
            return True
    return False


def _in_conditions(flow: Flow) -> Iterator[Wrong]:
    for path, conditions in conditions_in(flow):
        try:
            checked_conditions(msgspec.to_builtins(conditions))
        except InvalidInput as refusal:
            for one in refusal.errors:
                yield f"{path}{one['field'].removeprefix('conditions')}", one["message"], one["code"]


def _unknown(flow: Flow) -> Iterator[Wrong]:
    """What a flow names and the shop lacks."""
    known = segment_labels()
    handles = {*known, *Segment.objects.values_list("handle", flat=True)}
    for index, start in enumerate(flow.starts):
        path = f"starts[{index}]"
        if isinstance(start, Enters | Leaves):
            if start.segment not in handles:
                yield f"{path}.segment", _("There is no segment of that name."), "unknown_segment"
        else:
            for kind in start.kinds:
                if not is_about_members(kind):
                    yield f"{path}.kind", _("Nothing of that name happens to members."), "unknown_kind"
    for kind in flow.exit_on:
        if not is_about_members(kind):
            yield "exit_on", _("Nothing of that name happens to members."), "unknown_kind"
    for path, step, _depth in every(flow.steps):
        match step:
            case AddTo() | TakeOff():
                if step.segment not in handles or follows_from_conditions(step.segment):
                    yield f"{path}.segment", _("There is no list of that name."), "unknown_list"
            case GiveReward():
                if unknown_rewards([step.reward]):
                    text = _("There is no such reward that can be handed out.")
                    yield f"{path}.reward", text, "unknown_reward"
            case GiveOffer():
                yield from ((f"{path}.{inside}", text, code) for inside, text, code in _offer(step))
            case CallWebhook():
                if not _is_endpoint(step.endpoint):
                    yield f"{path}.endpoint", _("There is no such webhook."), "unknown_webhook"


def is_about_members(kind: str) -> bool:
    """Whether something of that kind is described and happens to members."""
    found = kinds.described(kind)
    return found is not None and found.about == "mbr"


def _offer(step: GiveOffer) -> Iterator[Wrong]:
    current = programmes.in_force()
    offer = current.programme["offers"].offer(step.offer) if current else None
    if offer is None:
        yield "offer", _("The programme has no such offer."), "unknown_offer"
    elif not step.active and list_of(offer.segments) is None:
        text = _(
            "This offer is not for a list, so nobody can be let in. Make it for a list, or active at once."
        )
        yield "offer", text, "offer_not_for_a_list"


def list_of(segments: tuple[str, ...]) -> str | None:
    """The first of some segments that members can be put into."""
    return next((one for one in segments if not follows_from_conditions(one)), None)


def _is_endpoint(public: str) -> bool:
    try:
        webhooks.endpoint(ids.decode("whe", public))
    except NotFound:
        return False
    return True


@transaction.atomic
def create_automation(*, name: str, flow: Any, note: str = "", at: datetime) -> Automation:
    """Write a new automation. It does nothing before it is put to work. Raises `InvalidInput`, `TooManyAutomations`."""
    name = _named(name)
    written = checked_flow(flow)
    if reading.automations().count() >= MOST:
        raise TooManyAutomations(most=MOST)
    row = Automation.objects.create(
        name=name, note=_noted(note), draft=_as_json(written), created_at=at, changed_at=at,
        created_by=str(scope.actor())[:80],
    )  # fmt: skip
    record("automation.created", subject=row.pk, at=at, data={"name": row.name})
    return row


@transaction.atomic
def edit_automation(*, automation: UUID, changes: Mapping[str, Any], at: datetime) -> Automation:
    """Change `name`, `note` or `flow`. A changed flow waits until it is put to work; who is in goes on by the one they
    came in by. Raises `NotFound`, `InvalidInput`, `AutomationEnded`."""
    row = _locked(automation)
    fields = []
    if changes.get("name") is not None:
        row.name = _named(changes["name"])
        fields.append("name")
    if changes.get("note") is not None:
        row.note = _noted(changes["note"])
        fields.append("note")
    if changes.get("flow") is not None:
        written = _as_json(checked_flow(changes["flow"], taken=_ids_before(row)))
        edition = reading.edition_in_force(row)
        row.draft = {} if edition is not None and edition.flow == written else written
        fields.append("flow")
    if not fields:
        return row
    row.changed_at = at
    row.save()
    record("automation.edited", subject=row.pk, at=at, data={"name": row.name, "fields": fields})
    return row


@transaction.atomic
def start_automation(*, automation: UUID, at: datetime) -> Automation:
    """Put what is written to work: who comes in from now on goes by it. Raises `NotFound`, `AutomationEnded`,
    `NothingToStart`, and `InvalidInput` where what it names has gone meanwhile."""
    row = _locked(automation)
    if not row.draft:
        raise NothingToStart()
    flow = checked_flow(row.draft)
    row.edition += 1
    AutomationEdition.objects.create(
        automation=row, number=row.edition, flow=_as_json(flow), started_at=at,
        started_by=str(scope.actor())[:80],
    )  # fmt: skip
    row.draft, row.changed_at, row.listens = {}, at, flow.listens
    row.due_at = next_due(flow, after=at)
    if row.state != State.PAUSED:  # what is paused stays so until somebody lets it go on
        row.state = State.LIVE
    row.save()
    _told(row, "started", at, edition=row.edition)
    return row


@transaction.atomic
def pause_automation(*, automation: UUID, at: datetime) -> Automation:
    """Hold everybody where they are, and let nobody in. Raises `NotFound`, `NotLive`."""
    row = _locked(automation)
    if row.state == State.PAUSED:
        return row
    if row.state != State.LIVE:
        raise NotLive()
    row.state, row.changed_at, row.due_at = State.PAUSED, at, None
    row.save(update_fields=["state", "changed_at", "due_at"])
    held = _move_runs(row, AutomationRun.State.ACTIVE, state=AutomationRun.State.HELD)
    _told(row, "paused", at, inside=held)
    return row


@transaction.atomic
def resume_automation(*, automation: UUID, at: datetime) -> Automation:
    """Let it go on: waits that are over meanwhile end now. What the calendar would have begun meanwhile is not made up
    for. Raises `NotFound`, `NotPaused`."""
    row = _locked(automation)
    if row.state == State.LIVE:
        return row
    edition = reading.edition_in_force(row)
    if row.state != State.PAUSED or edition is None:
        raise NotPaused()
    row.state, row.changed_at = State.LIVE, at
    row.due_at = next_due(reading.flow_of(edition.pk), after=at)
    row.save(update_fields=["state", "changed_at", "due_at"])
    free = _move_runs(row, AutomationRun.State.HELD, state=AutomationRun.State.ACTIVE)
    _told(row, "resumed", at, inside=free)
    return row


@transaction.atomic
def end_automation(*, automation: UUID, at: datetime) -> Automation:
    """End it for good: whoever is in leaves. What it has done stays. Raises `NotFound`."""
    row = _locked(automation, ended=True)
    if row.state == State.ENDED:
        return row
    row.state, row.changed_at, row.due_at, row.listens = State.ENDED, at, None, []
    row.save()
    gone = {"state": AutomationRun.State.LEFT, "reason": "ended", "ended_at": at}
    left = _move_runs(row, *INSIDE, **gone)
    _told(row, "ended", at, inside=left)
    return row


def next_due(flow: Flow, *, after: datetime) -> datetime | None:
    """When the calendar next begins it after an instant; None for what only waits for events."""
    zone = ZoneInfo(shop_of_scope().timezone)
    days = (at_hour(due_day(one, after=after, zone=zone), one.hour, zone) for _n, one in flow.clocked)
    return min(days, default=None)


def _move_runs(row: Automation, *states: str, **to: Any) -> int:
    """Change the runs of an automation that are in some states, in the order of their ids as everywhere."""
    inside = AutomationRun.objects.filter(automation=row, state__in=states)
    keys = list(inside.select_for_update().order_by("id").values_list("pk", flat=True))
    for start in range(0, len(keys), 5_000):
        AutomationRun.objects.filter(pk__in=keys[start : start + 5_000]).update(**to)
    return len(keys)


def _told(row: Automation, what: str, at: datetime, **figures: Any) -> None:
    """Announce a change; every process may ask again what automations wait for."""
    record(f"automation.{what}", subject=row.pk, at=at, data={"name": row.name, **figures})
    merchant = scope.merchant_id()
    reading.forget_kinds(merchant)
    transaction.on_commit(partial(reading.forget_kinds, merchant), robust=True)


def _locked(automation: UUID, *, ended: bool = False) -> Automation:
    row = Automation.objects.select_for_update(no_key=True).filter(pk=automation).first()
    if row is None:
        raise NotFound("automation")
    if row.state == State.ENDED and not ended:
        raise AutomationEnded()
    return row


def _ids_before(row: Automation) -> frozenset[str]:
    """The ids that steps of any edition, or of the draft, have: what is new gets others."""
    flows = [edition.flow for edition in reading.editions(row)] + ([row.draft] if row.draft else [])
    found = (every(msgspec.convert(flow, Flow).steps) for flow in flows)
    return frozenset(step.id for steps in found for _path, step, _depth in steps)


def _as_json(flow: Flow) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(flow))
    return found


def _named(name: str) -> str:
    found = " ".join(str(name).split())[:100]
    if not found or "\x00" in found:
        raise InvalidInput.of("name", str(_("Give it a name.")))
    return found


def _noted(note: str) -> str:
    if "\x00" in str(note):
        raise InvalidInput.of("note", str(_("This text holds a character nobody can read.")))
    return str(note).strip()[:300]
