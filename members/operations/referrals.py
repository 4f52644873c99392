"""Referrals as friends buy and bring back: what counts, what is due for it, and what staff decide.

What a friend's purchase changes is written in its own transaction, under the friend's counts. What is due is only noted
there and paid by `referral_payouts` once that is committed, by the event's consumer or the task: paying the referrer
here would lock a second member inside somebody's order, after the books and in no order anybody keeps, and two
friends who bring each other could wait for one another. A referral that is taken back before it was paid is never
paid, and one that was is undone: each payout is brought to what is true, whatever came first.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.events.operations import record
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import queries as programmes
from members.models import Member, Order, Referral, ReferralPayout
from members.operations.locking import hold_pair
from members.queries import referrals as queries
from members.rules import units
from members.rules.referrals import (
    EARLY,
    Bought,
    Referrals,
    Side,
    due_at,
    net_minor,
    pays_commission,
    refusal,
)

Status, Role = Referral.Status, ReferralPayout.Role
_SIDES = (Role.REFERRER, Role.FRIEND)
_LIVE = (Status.JOINED, Status.QUALIFIED, Status.REWARDED)


class ReferralNotHeld(DomainError):
    code = "referral_not_held"
    message = _("This referral is {status}. Only one that is held can be approved or refused.")


# --- what friends buy -----------------------------------------------------------------------------------------


def friends_bought(orders: Iterable[Order], *, version: UUID | None, at: datetime) -> None:
    """Orders that were just written, of one programme version, each with member, figures and instant. The caller holds
    the members' counts. One look-up for all of them, and none while the programme rewards nobody for it."""
    settings = _settings(version)
    if settings is None or not settings.on:
        return
    orders = [order for order in orders if order.member_id is not None]
    buyers = {order.member_id for order in orders}
    if not buyers:
        return
    mine = Referral.objects.filter(friend__in=buyers, status__in=_LIVE)
    rows = {row.friend_id: row for row in _locked(mine)}
    for order in sorted(orders, key=lambda order: (order.placed_at, order.pk)):
        row = rows.get(order.member_id) if order.member_id is not None else None
        if row is not None and version is not None:
            _consider(row, order, settings, version, at)


def _locked(found: QuerySet[Referral]) -> list[Referral]:
    """Referrals, locked, sorted by id as everybody locks them. Without their members: a row that is moved to another
    referrer while it is waited for would not be found again together with the one it had."""
    return list(found.select_for_update(no_key=True).order_by("id"))


def _settings(version: UUID | None) -> Referrals | None:
    found: Referrals | None = programmes.version(version).programme["referrals"] if version else None
    return found


def _consider(row: Referral, order: Order, settings: Referrals, version: UUID, at: datetime) -> None:
    """What one purchase of the friend's means for the referral, by the terms that were in force when it was
    recorded."""
    bought = queries.bought(order)
    counts = row.status == Status.JOINED and not _refused(row, order, bought, settings)
    if counts and row.referrer.status == Member.Status.BLOCKED and row.approved_at is None:
        hold(row, reason="referrer_blocked", at=order.placed_at)
        return
    zone = ZoneInfo(shop_of_scope().timezone)
    due = due_at(order.placed_at, settings.purchase.wait_days, zone)
    payouts = _sides(row, order, settings, version, due) if counts else []
    if (counts or row.status in queries.COUNTED) and pays_commission(
        settings.commission, joined_at=row.joined_at, placed_at=order.placed_at, counted=counts, zone=zone
    ):
        payouts += _commission(row, order, bought, settings, version, due)
    # The key names what a payout is for: a purchase that is considered again changes nothing.
    ReferralPayout.objects.bulk_create(payouts, ignore_conflicts=True)
    if counts:
        row.status = Status.QUALIFIED if any(one.role in _SIDES for one in payouts) else Status.REWARDED
        row.order, row.qualified_at, row.programme_version = order, order.placed_at, version
        row.save(update_fields=["status", "order", "qualified_at", "programme_version"])
        _tell("referral.qualified", row, at=order.placed_at, order=str(order.pk))
    elif payouts:
        _tell("referral.commission", row, at=order.placed_at, order=str(order.pk))


def _refused(row: Referral, order: Order, bought: Bought, settings: Referrals) -> str:
    """Why the purchase does not count; whether it was the first is only looked up when that decides."""
    why = refusal(settings.purchase, bought, joined_at=row.joined_at)
    if why or not settings.purchase.first_order:
        return why
    kept = Q(refunded_minor__lt=F("total_minor")) | Q(total_minor=0)
    earlier = Order.objects.filter(
        kept, member__in=queries.memberships(row.friend_id), placed_at__lte=order.placed_at,
        status=Order.Status.RECORDED,
    ).exclude(pk=order.pk)  # fmt: skip
    first = not earlier.filter(Q(placed_at__lt=order.placed_at) | Q(pk__lt=order.pk)).exists()
    return refusal(
        settings.purchase, Bought(bought.placed_at, bought.net_minor, first), joined_at=row.joined_at
    )


def _sides(
    row: Referral, order: Order, settings: Referrals, version: UUID, due: datetime
) -> list[ReferralPayout]:
    """What both get, not yet written."""
    both: list[tuple[ReferralPayout.Role, UUID, Side]] = [
        (Role.REFERRER, row.referrer_id, settings.referrer), (Role.FRIEND, row.friend_id, settings.friend)
    ]  # fmt: skip
    again = f":{row.round}" if row.round else ""
    found = []
    for role, member, side in both:
        gifts = [(gift.unit, "", gift.amount) for gift in side.units]
        gifts += [(units.REWARDS, side.reward, side.quantity)] if side.reward else []
        for unit, reward, amount in gifts:
            part = "" if unit == units.POINTS else f":{unit}"
            found.append(ReferralPayout(
                referral=row, member_id=member, order=order, role=role, unit=unit, reward=reward, amount=amount,
                key=f"referral:{row.pk}:{role}{part}{again}", decided_at=order.placed_at, settle_at=due,
                programme_version=version,
            ))  # fmt: skip
    return found


def _commission(
    row: Referral, order: Order, bought: Bought, settings: Referrals, version: UUID, due: datetime
) -> list[ReferralPayout]:
    """The affiliate's part of a purchase, not yet written; none when it is less than one unit.

    Decided on what could earn when it was bought; `undone` is what has come back since, as after any refund."""
    whole = settings.commission.amount(order.eligible_minor)
    undone = _undone(whole, order)
    if whole <= undone:
        return []
    return [ReferralPayout(
        referral=row, member_id=row.referrer_id, order=order, role=Role.COMMISSION, unit=settings.commission.unit,
        amount=whole, undone=undone, key=f"referral:{row.pk}:commission:{order.pk}", decided_at=order.placed_at,
        settle_at=due, programme_version=version,
    )]  # fmt: skip


def _undone(amount: int, order: Order) -> int:
    """The part of what an order gave that its refunds undo in all."""
    left = net_minor(
        eligible_minor=amount, total_minor=order.total_minor, refunded_minor=order.refunded_minor,
        cancelled=order.status == Order.Status.CANCELLED,
    )  # fmt: skip
    return amount - left


# --- what comes back ------------------------------------------------------------------------------------------


def friend_refunded(order: Order, *, at: datetime) -> None:
    """An order of which something came back. The caller holds the order and the counts of its member. What it gave as
    commission goes in proportion; one that is no longer enough to count takes the referral's gifts with it."""
    found = queries.by_order(order.pk)
    if not found:
        return
    for row in _locked(Referral.objects.filter(pk__in=found)):
        changed = _less_commission(row, order, at)
        if row.order_id == order.pk and row.status != Status.REVERSED and not _still_counts(row, order):
            take_back(row, at=at)
        elif changed:
            _tell("referral.commission", row, at=at, order=str(order.pk))


def _still_counts(row: Referral, order: Order) -> bool:
    settings = _settings(row.programme_version)
    return settings is None or not refusal(settings.purchase, queries.bought(order), joined_at=row.joined_at)


def _less_commission(row: Referral, order: Order, at: datetime) -> bool:
    changed = False
    for payout in ReferralPayout.objects.filter(referral=row, order=order, role=Role.COMMISSION):
        undone = _undone(payout.amount, order)
        if undone != payout.undone:
            payout.undone, changed = undone, True
            _settle_from(payout, at)
            payout.save(update_fields=["undone", "settle_at"])
    return changed


def _settle_from(payout: ReferralPayout, at: datetime) -> None:
    """What was paid is to be corrected at once; what still waits goes on waiting, unless nothing is left to pay."""
    if payout.paid_at is not None:
        payout.settle_at = at
    elif payout.net <= 0:
        payout.settle_at = None


def take_back(row: Referral, *, at: datetime, for_good: bool = False) -> None:
    """Undo what the referral gave both; a later purchase may count again only where the programme says so, and never
    `for_good`, which also undoes what other purchases brought."""
    settings = _settings(row.programme_version)
    given = ReferralPayout.objects.filter(referral=row)
    for payout in given if for_good else given.filter(order=row.order_id, role__in=_SIDES):
        payout.undone = payout.amount
        _settle_from(payout, at)
        payout.save(update_fields=["undone", "settle_at"])
    order, held = row.order_id, row.status == Status.HELD
    if settings is not None and settings.again and not for_good:
        row.status = Status.HELD if held else Status.JOINED
        row.order, row.qualified_at, row.round = None, None, row.round + 1
    else:
        row.status = Status.REVERSED
    row.save(update_fields=["status", "order", "qualified_at", "round", "reasons"])
    _tell("referral.reversed", row, at=at, order=str(order))


# --- what staff decide ----------------------------------------------------------------------------------------


def hold(row: Referral, *, reason: str, at: datetime) -> None:
    """Let a referral wait for staff. The caller holds its friend's counts."""
    row.status, row.reasons = Status.HELD, sorted({*row.reasons, reason})
    row.save(update_fields=["status", "reasons"])
    _tell("referral.held", row, at=at, reasons=row.reasons)


@transaction.atomic
def approve(*, referral: UUID, at: datetime, note: str = "") -> Referral:
    """Let a held referral count: what the friend has bought meanwhile counts by the terms of then, and is paid. Raises
    `ReferralNotHeld`, `NotFound`, `InvalidInput`."""
    row = _held(referral, note)
    row.approved_at = at
    row.status = Status.QUALIFIED if row.order_id else Status.JOINED
    row.save(update_fields=["approved_at", "status", "note"])
    _tell("referral.approved", row, at=at, reason=row.note)
    bought = Order.objects.filter(
        member__in=queries.memberships(row.friend_id), placed_at__gte=row.joined_at - EARLY
    )
    for order in bought.order_by("placed_at", "id"):
        settings = _settings(order.programme_version)
        if settings is not None and settings.on and order.programme_version is not None:
            _consider(row, order, settings, order.programme_version, at)
    return row


@transaction.atomic
def refuse(*, referral: UUID, at: datetime, note: str) -> Referral:
    """Let a held referral never count; `note` says why. Nothing was paid, and nothing will be. Raises
    `ReferralNotHeld`, `NotFound`, `InvalidInput`."""
    if not note.strip():
        raise InvalidInput.of("note", str(_("Say why, in 1 to 300 characters.")))
    row = _held(referral, note)
    turn_down(row)
    _tell("referral.refused", row, at=at, reason=row.note)
    return row


def turn_down(row: Referral) -> None:
    """Make a referral of which nothing was paid count for nothing."""
    row.status = Status.REFUSED
    row.save(update_fields=["status", "reasons", "note"])
    unpaid = ReferralPayout.objects.filter(referral=row, paid_at=None)
    unpaid.update(undone=F("amount"), settle_at=None)


def _held(referral: UUID, note: str) -> Referral:
    """The referral, with both members' counts locked; it is held."""
    if len(note) > 300:
        raise InvalidInput.of("note", str(_("At most 300 characters.")))
    row, _owners = hold_pair(referral)
    if row.status != Status.HELD:
        raise ReferralNotHeld(status=row.status)
    row.note = note.strip()
    return row


def _tell(kind: str, row: Referral, *, at: datetime, **figures: object) -> None:
    """Say what happened. Its subject is who brought the friend; a note that staff typed is its `reason`."""
    data = {"referral": str(row.pk), "friend": str(row.friend_id), **{k: v for k, v in figures.items() if v}}
    record(kind, subject=row.referrer_id, at=at, data=data)
