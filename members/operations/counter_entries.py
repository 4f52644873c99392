"""Taking back a change that was made by hand: the counter-entry stands beside it in the books, once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError, NotFound
from loyalty.core.ledger.chart import Do, MerchantAccount
from loyalty.core.ledger.operations import NothingLeft, Posted, Posting, hold, post
from loyalty.core.ledger.queries import known_keys, lot_of, movement
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy import scope
from members.models import Member
from members.operations import tiers
from members.operations.membership import NotActive
from members.operations.points import checked
from members.operations.transfers import grace, lock_current
from members.queries.adjusting import undo_key
from members.rules import units
from members.rules.points_life import PointsLife


class NotByHand(DomainError):
    code = "not_by_hand"
    message = _("Only what was given or taken by hand is undone here.")


class UndoneAlready(DomainError):
    code = "undone_already"
    message = _("This was undone already.")


class UsedSince(DomainError):
    code = "used_since"
    message = _("What was given is used or has ended. Nothing of it is left to take back.")


class MergedSince(DomainError):
    code = "merged_since"
    message = _("The account was merged since. Give or take the difference on the account it is now.")


@transaction.atomic
def undo_adjustment(*, transfer: UUID, reason: str, at: datetime) -> Posted:
    """Post the counter-entry of a change by hand: what was given is taken back by the programme's policy for what is
    spent already, what was taken goes back to where it came from. Always with a reason.

    Raises `NotByHand`, `UndoneAlready`, `UsedSince`, `MergedSince`, `NotActive`, `NotFound`, `InvalidInput`.
    """
    reason = checked(amount=1, reason=reason)
    entry = movement(transfer)
    if entry is None:
        raise NotFound("transfer")
    if entry.kind != "adjustment":
        raise NotByHand()
    if entry.unit == units.CREDITS:
        tiers.hold([entry.owner])
    row = lock_current([entry.owner])[entry.owner]
    if row.pk != entry.owner:
        raise MergedSince()
    if row.status not in (Member.Status.ACTIVE, Member.Status.BLOCKED):
        raise NotActive(status=row.status)
    hold([entry.owner])
    key = undo_key(transfer)
    if known_keys([key]):
        raise UndoneAlready()
    current = programmes.in_force()
    life: PointsLife = current.programme["points_life"] if current else PointsLife()
    said: dict[str, Any] = {
        "key": key, "kind": "adjustment_undone", "owner": entry.owner, "actor": str(scope.actor()), "at": at,
        "now": at, "amount": entry.amount, "unit": entry.unit, "counter": MerchantAccount.ADJUSTED,
        "reason": reason, "version": current.id if current else None,
    }  # fmt: skip
    try:
        if entry.move == Do.GRANT:
            answer = post(
                Posting(do=Do.TAKE_BACK, event="points.taken_back", lot=lot_of(transfer),
                        shortfall=life.on_shortfall, **said)
            )  # fmt: skip
        else:
            answer = post(
                Posting(
                    do=Do.GIVE_BACK, event="points.given_back", of=transfer, grace_until=grace(at), **said
                )
            )
    except NothingLeft:
        raise UsedSince() from None
    if entry.unit == units.CREDITS:
        tiers.follow([entry.owner], version=current.id if current else None, at=at)
    return answer
