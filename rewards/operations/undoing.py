"""What goes with a redemption that is undone: its codes die, its part of the stock returns, its place is free, staff
need not prepare it any more. The points are the caller's matter."""

from datetime import datetime
from uuid import UUID

from django.db.models import F

from loyalty.core.events.operations import record
from rewards.models import Booking, Fulfilment, PoolCode, Redemption, Reward, Session, Voucher

_CAN_STOP = (Fulfilment.State.OPEN, Fulfilment.State.PREPARED)


def undo(*, row: Redemption, at: datetime) -> None:
    """Undo everything of a redemption but its points. The reward comes after the books, by the order of locks."""
    put_back(reward=row.reward_id, quantity=row.quantity, pooled=is_pooled(redemption=row.pk))
    Voucher.objects.filter(redemption=row).update(status=Voucher.Status.VOID)
    stop(redemption=row.pk, member=row.member_id, at=at)
    leave(redemption=row.pk, at=at)


def is_pooled(*, redemption: UUID) -> bool:
    """True when a redemption's codes came out of a pool."""
    return PoolCode.objects.filter(redemption=redemption).exists()


def put_back(*, reward: UUID, quantity: int, pooled: bool = False) -> None:
    """So many are to be had again; except codes of a pool, which have been seen and are lost."""
    lost = quantity if pooled else 0
    Reward.objects.filter(pk=reward).update(taken=F("taken") - quantity, stock=F("stock") - lost)


def stop(*, redemption: UUID, member: UUID, at: datetime) -> None:
    """Staff need not prepare it any more; what is on its way stays on its way."""
    row = Fulfilment.objects.select_for_update(no_key=True).filter(redemption=redemption).first()
    if row is not None and row.state in _CAN_STOP:
        was, row.state, row.changed_at = row.state, Fulfilment.State.CANCELLED, at
        row.save(update_fields=["state", "changed_at"])
        data = {"fulfilment": str(row.pk), "redemption": str(redemption), "was": was, "state": row.state}
        record("fulfilment.changed", subject=member, at=at, data=data)


def leave(*, redemption: UUID, at: datetime) -> None:
    """The place that was had by it is free for whoever waits."""
    row = Booking.objects.select_for_update(no_key=True).filter(redemption=redemption).first()
    if row is not None and row.status == Booking.Status.BOOKED:
        free(row=row, at=at)


def free(*, row: Booking, at: datetime) -> None:
    """A booked place is given up. Whoever waits is moved up after this is committed."""
    row.status, row.settled_at = Booking.Status.CANCELLED, at
    row.save(update_fields=["status", "settled_at"])
    Session.objects.filter(pk=row.session_id).update(taken=F("taken") - 1)
    data = {"booking": str(row.pk), "session": str(row.session_id)}
    record("place.freed", subject=row.member_id, at=at, data=data)
