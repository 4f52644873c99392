"""What staff decide about activities: let one count, refuse it, or undo one that counted.

An activity that waited is decided as it would have been at the moment it happened: by the programme of then, with the
caps and budgets as they stand for then, once. The locks are those of recording it: its name, the counts, budgets, the
books.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.events.operations import record
from loyalty.core.ledger.queries import lots_of_source
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import queries as programmes
from members.models import Activity
from members.operations import following
from members.operations.activities import (
    Done,
    count_uses,
    decide_activity,
    grant,
    lock_budgets_of,
    lock_name,
    locked_member,
    replay,
)
from members.operations.counting import give_back
from members.operations.deciding import MemberNotFound
from members.operations.granting import life_of
from members.operations.membership import NotActive
from members.operations.taking_back import Claim, take_back
from members.queries import adding
from members.queries.activities import activity as find
from members.queries.order_facts import Known
from members.rules.decision import Decision
from members.rules.doing import Product
from members.rules.facts import ActivityFacts
from members.rules.points_life import Terms
from members.rules.units import POINTS

Status = Activity.Status


class AlreadyDecided(DomainError):
    code = "activity_already_decided"
    message = _("This activity is {status}. Only one that waits can be approved or refused.")


class NotCounted(DomainError):
    code = "activity_not_counted"
    message = _("This activity is {status}. Only one that counted can be undone.")


@transaction.atomic
def approve_activity(*, activity: UUID, at: datetime, note: str = "") -> Done:
    """Let an activity count that waited; `note` is for the member. Approving again answers again. Raises
    `AlreadyDecided`, `NotFound`, `NotActive`, `TooManyPoints`, `InvalidInput`."""
    row, who = _locked(activity, note)
    if row.status == Status.APPROVED:
        return replay(row)
    if row.status != Status.WAITING:
        raise AlreadyDecided(status=row.status)
    rules = adding.live(row.programme_version)
    lock_budgets_of(rules)
    decision, life = decide_activity(_facts(row), who=who, current=rules, instant=row.happened_at)
    life = _hold_over(life, row, at)
    row.status, row.decided_at, row.note = Status.APPROVED, at, note.strip()
    row.points_earned, row.decision = decision.earned(), msgspec.to_builtins(decision, str_keys=True)
    row.save(update_fields=["status", "decided_at", "note", "points_earned", "decision"])
    count_uses(row, decision=decision, owner=who.id)
    after = grant(row, decision=decision, owner=who.id, now=at, waits=False)
    following.after_activity(_of(row, who), decision=decision, at=at)
    current = programmes.in_force()
    following.last([who.id], version=current.id if current else None, at=at)
    _tell("activity.approved", row, who, at=at, points=row.points_earned)
    return Done(row.pk, who.id, decision, life, row.points_earned, balance=after, version=row.programme_version,
                status=row.status, flags=tuple(row.flags))  # fmt: skip


@transaction.atomic
def refuse_activity(*, activity: UUID, at: datetime, note: str) -> Done:
    """Let an activity that waited never count; `note` tells the member why. Refusing again answers again. Raises
    `AlreadyDecided`, `NotFound`, `NotActive`, `InvalidInput`."""
    _said(note)
    row, who = _locked(activity, note)
    if row.status == Status.REFUSED:
        return replay(row)
    if row.status != Status.WAITING:
        raise AlreadyDecided(status=row.status)
    row.status, row.decided_at, row.note = Status.REFUSED, at, note.strip()
    row.save(update_fields=["status", "decided_at", "note"])
    _tell("activity.refused", row, who, at=at)
    return replay(row, replayed=False)


@transaction.atomic
def undo_activity(*, activity: UUID, at: datetime, note: str) -> Done:
    """Undo an activity that counted: what it gave is taken back by the programme's policy for refunds, and it counts
    against no cap any more. `note` tells the member why. Undoing again answers again. Raises `NotCounted`, `NotFound`,
    `NotActive`, `InvalidInput`."""
    _said(note)
    row, who = _locked(activity, note)
    if row.status == Status.UNDONE:
        return replay(row)
    if row.status not in (Status.RECORDED, Status.APPROVED):
        raise NotCounted(status=row.status)
    decision = msgspec.convert(row.decision, Decision, strict=False)
    if decision.counted:
        give_back(source=row.pk, undone={reason.unit: (1, 1) for reason in decision.reasons})
    following.after_activity_undone(_of(row, who), decision=decision, at=at)
    row.status, row.decided_at, row.note = Status.UNDONE, at, note.strip()
    _take_back(row, decision, who.id, at)
    row.save(update_fields=["status", "decided_at", "note", "points_taken", "shortfall"])
    current = programmes.in_force()
    following.last([who.id], version=current.id if current else None, at=at, refunded=True)
    _tell("activity.undone", row, who, at=at, points=row.points_taken, shortfall=row.shortfall)
    return replay(row, replayed=False)


def _said(note: str) -> None:
    if not note.strip():
        raise InvalidInput.of("note", str(_("Say why, in 1 to 300 characters. The member can read it.")))


def _locked(activity: UUID, note: str) -> tuple[Activity, Known]:
    """The activity as it is now that its name and its member's counts are locked, and whose it is today."""
    if len(note) > 300:
        raise InvalidInput.of("note", str(_("At most 300 characters.")))
    seen = find(activity)
    lock_name(source=seen.source, external_id=seen.external_id)
    try:
        who = locked_member(seen.member_id)
    except MemberNotFound:
        raise NotActive(status="erased") from None
    return find(activity), who


def _facts(row: Activity) -> ActivityFacts:
    product = msgspec.convert(row.product, Product).line() if row.product else None
    return ActivityFacts(row.kind, row.properties, product, row.channel, row.location)


def _hold_over(life: Terms, row: Activity, at: datetime) -> Terms:
    """A hold that is over by now is not waited for again."""
    if life.available_from is not None and life.available_from <= at.astimezone(
        ZoneInfo(shop_of_scope().timezone)
    ):
        return replace(life, pending=False, available_from=None)
    return life


def _of(row: Activity, who: Known) -> Activity:
    """The activity as that of whoever its member is today: theirs is what follows. Never saved."""
    row.member_id = who.id
    return row


def _take_back(row: Activity, decision: Decision, owner: UUID, at: datetime) -> None:
    if row.programme_version is None:
        return
    programme = programmes.version(row.programme_version).programme
    for unit in decision.units():
        owed = decision.earned(unit) if lots_of_source(row.pk, unit=unit) else 0
        found = take_back(Claim(
            kind="undo", key=f"undo:{row.pk}:{unit}", source_kind="activity", source=row.pk, owner=owner, owed=owed,
            policy=life_of(programme, unit=unit).on_shortfall, at=at, now=at, unit=unit,
            version=row.programme_version, reason=row.note,
        ))  # fmt: skip
        if unit == POINTS:
            row.points_taken, row.shortfall = found.taken, found.short


def _tell(kind: str, row: Activity, who: Known, *, at: datetime, **figures: int) -> None:
    """Say what was decided; what staff wrote to the member is its `reason`."""
    data = {
        "activity": str(row.pk),
        "kind": row.kind,
        **figures,
        **({"reason": row.note} if row.note else {}),
    }
    record(kind, subject=who.id, at=at, data=data)
