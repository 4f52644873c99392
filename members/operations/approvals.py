"""Four eyes: a change by hand that is more than its asker may make waits until somebody else has looked at it.

The request is locked first, then members and their accounts as everywhere: whoever decides second finds it decided.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from loyalty.core import ids, privacy
from loyalty.core.errors import DomainError, Forbidden, InvalidInput, KeyReused
from loyalty.core.events.operations import record
from loyalty.core.ledger.chart import POINTS
from loyalty.core.tenancy import scope
from members.models import AdjustmentPart, AdjustmentRequest
from members.operations import bulk
from members.operations.points import checked
from members.queries import adjusting

Status = AdjustmentRequest.Status


class AlreadySettled(DomainError):
    code = "request_settled"
    status = 409
    message = _("This request is already {status}.")


class RequestLapsed(DomainError):
    code = "request_lapsed"
    message = _("Nobody decided this in time. Ask for it again if it is still wanted.")


class OwnRequest(DomainError):
    code = "own_request"
    message = _("You asked for this yourself. Somebody else has to decide it.")


class NotYours(DomainError):
    code = "not_your_request"
    message = _("Only whoever asked can take a request back.")


class NothingDone(DomainError):
    code = "nothing_done"
    message = _(
        "This cannot be done any more: the members have too few points, or have left. Refuse it instead."
    )


@transaction.atomic
def ask_adjustment(
    *, members: Sequence[UUID], amount: int, reason: str, key: str, at: datetime, unit: str = POINTS
) -> AdjustmentRequest:
    """Ask somebody else to give each of some members `amount` units, or to take them. Nothing moves yet. The same `key`
    again answers again. Raises `InvalidInput`, `TooMany`, `NobodyChosen`, `KeyReused`; `Forbidden` for anybody but
    staff."""
    if scope.actor().kind != "staff":
        raise Forbidden()
    wanted = bulk.everybody(members)
    reason = checked(amount=amount, reason=reason, unit=unit)
    name = f"{scope.actor()}:{key}"
    earlier = AdjustmentRequest.objects.filter(key=name).first()
    if earlier is not None:
        if (earlier.amount, earlier.unit, earlier.reason) != (amount, unit, reason):
            raise KeyReused(field="key")
        return earlier
    until = at + timedelta(days=adjusting.limits().days)
    row = AdjustmentRequest.objects.create(
        key=name, amount=amount, unit=unit, reason=reason, asked_at=at, asked_by=str(scope.actor()),
        expires_at=until,
    )  # fmt: skip
    AdjustmentPart.objects.bulk_create([AdjustmentPart(request=row, member_id=pk) for pk in wanted])
    _tell("asked", row, wanted, at, reason=reason)
    return row


@transaction.atomic
def approve_adjustment(*, request: UUID, at: datetime, note: str = "") -> AdjustmentRequest:
    """Let a request be carried out, by somebody who did not make it. Who cannot be given or taken anything any more is
    passed over. Of two who approve at once the second is told.

    Raises `AlreadySettled`, `RequestLapsed`, `OwnRequest`, `Forbidden`, `NothingDone`, `NotFound`, `InvalidInput`.
    """
    row = _locked(request, note)
    _refuse_wrong_person(row)
    if row.expires_at <= at:
        raise RequestLapsed()
    parts = list(AdjustmentPart.objects.filter(request=row).order_by("id"))
    done, first_refusal = 0, ""
    # Two parts of a request can be of one member by now, where they were merged: each part has a key of its own.
    for batch in _rounds(parts):
        found, _fresh = bulk.carry_out(
            keys={part.member_id: f"request:{part.pk}" for part in batch},
            amount=row.amount, reason=row.reason, at=at, unit=row.unit,
        )  # fmt: skip
        done += found.done
        for part in batch:
            part.posting = found.postings.get(part.member_id)
            part.skipped = found.skipped.get(part.member_id, "")
            first_refusal = first_refusal or part.skipped
    if not done:
        raise NothingDone()
    AdjustmentPart.objects.bulk_update(parts, ["posting", "skipped"])
    return _settle(row, Status.APPROVED, at, note, [part.member_id for part in parts], done=done)


def _rounds(parts: Sequence[AdjustmentPart]) -> list[list[AdjustmentPart]]:
    """The parts in as few rounds as it takes to have each member once in a round; nearly always one."""
    rounds: list[list[AdjustmentPart]] = []
    for part in parts:
        free = next((one for one in rounds if all(other.member_id != part.member_id for other in one)), None)
        if free is None:
            rounds.append([part])
        else:
            free.append(part)
    return rounds


@transaction.atomic
def refuse_adjustment(*, request: UUID, at: datetime, note: str) -> AdjustmentRequest:
    """Turn a request down; `note` tells whoever asked why. Raises `AlreadySettled`, `OwnRequest`, `Forbidden`,
    `NotFound`, `InvalidInput`."""
    if not note.strip():
        raise InvalidInput.of("note", str(_("Say why, in 1 to 300 characters.")))
    row = _locked(request, note)
    _refuse_wrong_person(row)
    return _settle(row, Status.REFUSED, at, note, _members(row))


@transaction.atomic
def withdraw_adjustment(*, request: UUID, at: datetime) -> AdjustmentRequest:
    """Take one's own request back. Raises `NotYours`, `AlreadySettled`, `NotFound`."""
    row = _locked(request, "")
    if row.asked_by != str(scope.actor()):
        raise NotYours()
    return _settle(row, Status.WITHDRAWN, at, "", _members(row))


@transaction.atomic
def lapse_due(*, at: datetime, most: int = 200) -> int:
    """Settle up to so many requests that nobody decided in time; how many. Safe to repeat."""
    due = AdjustmentRequest.objects.filter(status=Status.WAITING, expires_at__lte=at).order_by("id")
    rows = list(due.select_for_update(skip_locked=True)[:most])
    for row in rows:
        _settle(row, Status.LAPSED, at, "", _members(row))
    return len(rows)


def _locked(request: UUID, note: str) -> AdjustmentRequest:
    """The request, locked, while it waits."""
    if len(note) > 300:
        raise InvalidInput.of("note", str(_("At most 300 characters.")))
    adjusting.request(request)
    row = AdjustmentRequest.objects.select_for_update().get(pk=request)
    if row.status != Status.WAITING:
        raise AlreadySettled(status=row.get_status_display().lower())
    return row


def _refuse_wrong_person(row: AdjustmentRequest) -> None:
    actor = scope.actor()
    if actor.kind != "staff" or not adjusting.limits().may_approve(actor.role):
        raise Forbidden()
    if row.asked_by == str(actor):
        raise OwnRequest()


def _members(row: AdjustmentRequest) -> list[UUID]:
    return list(AdjustmentPart.objects.filter(request=row).values_list("member_id", flat=True))


def _settle(
    row: AdjustmentRequest, status: Status, at: datetime, note: str, members: Sequence[UUID], **figures: int
) -> AdjustmentRequest:
    row.status, row.decided_at, row.note = status, at, note.strip()
    row.decided_by = str(scope.actor())
    row.save(update_fields=["status", "decided_at", "decided_by", "note"])
    _tell(str(status.value), row, members, at, reason=row.note, **figures)
    return row


def _tell(
    what: str, row: AdjustmentRequest, members: Sequence[UUID], at: datetime, *, reason: str, **figures: int
) -> None:
    """Say what happened. About one member it is theirs, and what was typed about them goes when they are erased; about
    many it is nobody's, and says nothing that was typed."""
    one = members[0] if len(set(members)) == 1 else None
    data: dict[str, Any] = {
        "request": ids.encode("adr", row.pk), "points": row.amount * len(members), "unit": row.unit,
        "members": len(members), "asked_by": row.asked_by, **figures,
    }  # fmt: skip
    if one is not None and reason:
        data["reason"] = reason
    record(f"adjustment.{what}", subject=one, at=at, data=data)


def move(*, to: UUID, of: UUID) -> None:
    """What was asked for one member is another's from now on. The caller holds both members."""
    AdjustmentPart.objects.filter(member=of).update(member=to)


def _export(member: UUID) -> list[dict[str, Any]]:
    """What was asked for by hand for a member, and what became of it."""
    parts = AdjustmentPart.objects.filter(member=member).select_related("request").order_by("id")
    return [
        {"amount": part.request.amount, "unit": part.request.unit, "reason": part.request.reason,
         "status": part.request.status, "note": part.request.note, "asked_at": part.request.asked_at.isoformat()}
        for part in parts
    ]  # fmt: skip


def _erase(member: UUID) -> None:
    """Nobody is left to be given anything: their part of what waits goes. What was typed about them alone goes, too."""
    for part in AdjustmentPart.objects.filter(member=member).select_related("request"):
        row, others = part.request, AdjustmentPart.objects.filter(~Q(member=member), request=part.request_id)
        alone = not others.exists()
        if row.status == Status.WAITING and alone:
            row.status, row.decided_at, row.decided_by = Status.WITHDRAWN, row.asked_at, str(scope.actor())
        elif row.status == Status.WAITING:
            part.delete()
        if alone:
            row.reason = row.note = ""
            row.save(update_fields=["status", "decided_at", "decided_by", "reason", "note"])


holder = privacy.Holder("adjustments", _export, _erase)
