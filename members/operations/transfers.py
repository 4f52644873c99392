"""Points that go from one member to another: given, gathered for their household, and brought back by staff.

A transfer spends from the lots of the giver that end first and grants the same at the receiver, with the same dates
and programme version. What arrives is the transfer's, not the order's that earned it: a refund of that order takes
from what the giver has left, by the programme's policy, and does not chase what was given away. Giving is no activity:
it keeps no points on sliding terms alive.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import F, Sum
from django.utils.translation import gettext_lazy as _

from loyalty.core import ids
from loyalty.core.errors import DomainError, InvalidInput, KeyReused, NotFound
from loyalty.core.events import operations as events
from loyalty.core.events.operations import record
from loyalty.core.ids import fingerprint
from loyalty.core.ledger.chart import Do, MerchantAccount
from loyalty.core.ledger.operations import Posting, hold, post
from loyalty.core.ledger.portions import drawn, owner_of
from loyalty.core.ledger.queries import balance, lots_of_source
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.money import MAX_POINTS
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy import scope
from members.models import Member, PointsTransfer
from members.operations.membership import NotActive, locked
from members.operations.moving import move_points
from members.queries.sharing import in_force
from members.rules import sharing
from members.rules.limits import period_start
from members.rules.points_life import PointsLife, end_of


class TransfersOff(DomainError):
    code = "transfers_off"
    message = _("Points cannot be given to others in this programme.")


class TransferTooSmall(DomainError):
    code = "transfer_too_small"
    message = _("Give at least {minimum} points.")
    field = "amount"


class TransferTooLarge(DomainError):
    code = "transfer_too_large"
    message = _("Give at most {maximum} points at a time.")
    field = "amount"


class TransferLimitReached(DomainError):
    code = "transfer_limit_reached"
    message = _("Only {left} points more can be given for now; the limit is {maximum}.")
    field = "amount"


class SameMember(DomainError):
    code = "same_member"
    message = _("Giver and receiver are one and the same member.")
    field = "receiver"


class OwesPoints(DomainError):
    code = "owes_points"
    message = _("{debt} points are owed from a refund. They must be settled before points can be given.")


class NothingToBringBack(DomainError):
    code = "nothing_to_bring_back"
    message = _("The points of this transfer are used or gone. Nothing is left to bring back.")


_REFUSALS: dict[str, type[DomainError]] = {
    kind.code: kind for kind in (TransfersOff, TransferTooSmall, TransferTooLarge, TransferLimitReached)
}


@dataclass(frozen=True, slots=True)
class Given:
    """The transfer and whether this call was a repetition."""

    transfer: PointsTransfer
    replayed: bool


@transaction.atomic
def give_points(*, giver: UUID, receiver: UUID, amount: int, key: str, at: datetime) -> Given:
    """Give `amount` points of one member to another, each being whoever they were merged into. The same `key` again
    answers again.

    Raises what the programme's section `sharing` refuses, `OwesPoints`, `NotActive` or `NotEnoughPoints`: points that
    still wait cannot be given. Nothing is moved then.
    """
    if not 1 <= amount <= MAX_POINTS:
        raise InvalidInput.of("amount", str(_("Give at least one point.")))
    mark = fingerprint([str(giver), str(receiver), amount])
    people = lock_current([giver, receiver])
    earlier = PointsTransfer.objects.filter(key=f"gift:{key}").first()
    if earlier is not None:
        return _earlier(earlier, mark)
    one, other = people[giver], people[receiver]
    if one.pk == other.pk:
        raise SameMember()
    for member in (one, other):
        if member.status != Member.Status.ACTIVE:
            raise NotActive(status=member.status)
    _refuse_by_terms(one.pk, amount, at)
    row = PointsTransfer(
        key=f"gift:{key}", fingerprint=mark, kind=PointsTransfer.Kind.GIFT, giver=one, receiver=other, amount=amount,
        actor=str(scope.actor()), happened_at=at,
    )  # fmt: skip
    hold([one.pk, other.pk])
    debt = balance(one.pk).debt
    if debt:
        raise OwesPoints(debt=debt)
    move_part(row, at=at)
    record("transfer.made", subject=one.pk, at=at, data=_told(row))
    return Given(row, False)


def _earlier(row: PointsTransfer, mark: UUID) -> Given:
    if row.fingerprint != mark:
        raise KeyReused(field="key")
    return Given(row, True)


def _refuse_by_terms(giver: UUID, amount: int, at: datetime) -> None:
    terms = in_force().transfers
    since = period_start(terms.period, at, ZoneInfo(shop_of_scope().timezone))
    found = PointsTransfer.objects.filter(giver=giver, kind=PointsTransfer.Kind.GIFT)
    found = found.filter(happened_at__gte=since) if since else found
    given = found.aggregate(total=Sum(F("amount") - F("undone"), default=0))["total"]
    refusal = sharing.why_not(terms, amount=amount, given=given)
    if refusal is not None:
        raise _REFUSALS[refusal.code](**refusal.figures)


def move_part(row: PointsTransfer, *, at: datetime) -> None:
    """Write a transfer and move its points: what ends first leaves first and arrives with its dates. The caller holds
    both accounts. Raises `NotEnoughPoints`, and `KeyReused` where another member's transfer just took the key."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise KeyReused(field="key") from None
    common: dict[str, Any] = {
        "kind": "transfer", "actor": row.actor, "at": at, "now": at, "counter": MerchantAccount.ADJUSTED,
        "source_kind": "transfer", "source": row.pk,
    }  # fmt: skip
    left = post(
        Posting(do=Do.SPEND, key=f"transfer:{row.pk}:out", event="points.given", owner=row.giver_id,
                amount=row.amount, **common)
    )  # fmt: skip
    row.posting = left.transfer
    row.save(update_fields=["posting"])
    for number, part in enumerate(drawn(left.transfer), start=1):
        post(
            Posting(do=Do.GRANT, key=f"transfer:{row.pk}:in:{number}", event="points.received", owner=row.receiver_id,
                    amount=part.points, expires_at=part.expires_at, slides_days=part.slides_days,
                    version=part.programme_version, **common)
        )  # fmt: skip
    events.ring_after_commit()


@transaction.atomic
def undo_transfer(*, transfer: UUID, reason: str, at: datetime) -> PointsTransfer:
    """Bring back what the receiver has not used and what has not ended, to the lots it came from. What is used stays
    used; undoing twice is once.

    Raises `NothingToBringBack`, and `NotActive` where the giver was erased: there is nobody to give anything back to.
    """
    reason = reason.strip()
    if not reason or len(reason) > 300:
        raise InvalidInput.of("reason", str(_("Say why, in 1 to 300 characters.")))
    row = PointsTransfer.objects.filter(pk=transfer).first()
    if row is None or row.posting is None:
        raise NotFound("transfer")
    people = lock_current([row.giver_id, row.receiver_id])
    row = PointsTransfer.objects.select_for_update(no_key=True).get(pk=transfer)
    if row.undone_at is not None:
        return row
    giver = people[row.giver_id]
    if giver.status not in (Member.Status.ACTIVE, Member.Status.BLOCKED):
        raise NotActive(status=giver.status)
    left = owner_of(row.posting)
    hold([left, *(person.pk for person in people.values())])
    row.undone, row.undone_at = _collect(row, at), at
    row.undone_by, row.reason = str(scope.actor()), reason
    if row.undone == 0:
        raise NothingToBringBack()
    post(
        Posting(do=Do.GIVE_BACK, key=f"transfer:{row.pk}:back", event="points.given_back", owner=left,
                amount=row.undone, of=row.posting, grace_until=grace(at), **_undoing(row, at))
    )  # fmt: skip
    if left != giver.pk:
        move_points(to=giver.pk, of=left, at=at)
    row.save(update_fields=["undone", "undone_at", "undone_by", "reason"])
    record("transfer.undone", subject=giver.pk, at=at, data=_told(row) | {"undone": row.undone})
    return row


def _collect(row: PointsTransfer, at: datetime) -> int:
    """Take what is left of the lots the transfer made, wherever they lie by now; how much that was."""
    taken = 0
    for lot in lots_of_source(row.pk):
        if lot.remaining and (lot.expires_at is None or lot.expires_at > at):
            posting = Posting(
                do=Do.FORFEIT, key=f"transfer:{row.pk}:undo:{lot.id}", event="points.taken_back", owner=lot.owner,
                lot=lot.id, **_undoing(row, at),
            )  # fmt: skip
            taken += post(posting).amount
    return taken


def _undoing(row: PointsTransfer, at: datetime) -> dict[str, Any]:
    return {"kind": "transfer_undone", "actor": str(scope.actor()), "at": at, "now": at,
            "counter": MerchantAccount.ADJUSTED, "source_kind": "transfer", "source": row.pk}  # fmt: skip


def grace(at: datetime) -> datetime:
    """Until when points live that come back after their time was up."""
    current = programmes.in_force()
    life = current.programme["points_life"] if current else PointsLife()
    zone = ZoneInfo(shop_of_scope().timezone)
    return end_of(at.astimezone(zone).date() + timedelta(days=life.grace_days), zone)


class _Merged(Exception):
    """One of the members was merged into another while their row was waited for."""


def lock_current(members: Iterable[UUID]) -> dict[UUID, Member]:
    """Some members, or whoever they were merged into, locked in one order. Raises `NotFound`."""
    asked = list(members)
    for _attempt in range(20):
        try:
            # What was locked in vain is let go, or the next attempt would lock out of order.
            with transaction.atomic():
                return _as_they_are_now(asked)
        except _Merged:
            continue
    raise RuntimeError("the members were merged each time they were locked")


def _as_they_are_now(asked: list[UUID]) -> dict[UUID, Member]:
    into = dict(Member.objects.filter(pk__in=asked).values_list("pk", "merged_into_id"))
    if len(into) < len(set(asked)):
        raise NotFound("member")
    now = {member: into[member] or member for member in asked}
    rows = {pk: locked(pk) for pk in sorted(set(now.values()))}
    if any(row.merged_into_id is not None for row in rows.values()):
        raise _Merged
    return {member: rows[pk] for member, pk in now.items()}


def move(*, to: UUID, of: UUID) -> None:
    """What one member gave and was given counts for another from now on."""
    PointsTransfer.objects.filter(giver=of).update(giver=to)
    PointsTransfer.objects.filter(receiver=of).update(receiver=to)


def forget(member: UUID) -> None:
    """What somebody typed about a member's transfers goes; the figures stay, of nobody."""
    PointsTransfer.objects.filter(giver=member).update(reason="")
    PointsTransfer.objects.filter(receiver=member).update(reason="")


def _told(row: PointsTransfer) -> dict[str, Any]:
    return {"transfer_id": ids.encode("ptr", row.pk), "receiver": str(row.receiver_id), "amount": row.amount}
