"""What the rewards know about a member, and how it goes: open redemptions are released, codes die."""

from typing import Any
from uuid import UUID

from loyalty.core import clock, privacy
from loyalty.core.ledger.operations import hold as hold_accounts
from rewards.models import Booking, Fulfilment, PoolCode, Redemption, Reward, Voucher
from rewards.operations import undoing
from rewards.operations.redemption import release_redemption
from rewards.queries import fulfilments


def _export(member: UUID) -> list[dict[str, Any]]:
    rows = Redemption.objects.filter(member=member).select_related("reward").order_by("id")
    codes: dict[UUID, list[str]] = {}
    for redemption, code in (
        Voucher.objects.filter(redemption__in=rows).order_by("id").values_list("redemption_id", "code")
    ):
        codes.setdefault(redemption, []).append(code)
    sent = fulfilments.of_redemptions(row.pk for row in rows)
    return [
        {
            "reward": row.reward.name,
            "points": row.cost_points,
            "status": row.status,
            "channel": row.channel,
            "quantity": row.quantity,
            "given_for": row.source_kind,
            "codes": codes.get(row.pk, []),
            "returned_points": row.returned_points,
            "order": row.order_external_id,
            "delivery": _delivery(sent.get(row.pk)),
            "reserved_at": row.reserved_at.isoformat(),
            "settled_at": row.settled_at.isoformat() if row.settled_at else None,
            "reversed_at": row.reversed_at.isoformat() if row.reversed_at else None,
            "reason": row.reason,
        }
        for row in rows
    ]


def _delivery(row: Fulfilment | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {"how": row.delivery, "state": row.state, "reference": row.reference}


def _places(member: UUID) -> list[dict[str, Any]]:
    rows = Booking.objects.filter(member=member).select_related("session__reward").order_by("id")
    return [
        {
            "event": row.session.reward.name,
            "starts_at": row.session.starts_at.isoformat(),
            "place": row.session.place,
            "status": row.status,
            "asked_at": row.asked_at.isoformat(),
        }
        for row in rows
    ]


def _erase(member: UUID) -> None:
    """Release what is open before the points are forfeited, so that none comes back to nobody; forget every
    code and every reason that was typed."""
    mine = Redemption.objects.filter(member=member)
    open_now = mine.filter(status=Redemption.Status.RESERVED)
    rewards = set(open_now.values_list("reward_id", flat=True))
    hold_accounts([member])
    list(Reward.objects.select_for_update(no_key=True).filter(pk__in=rewards).order_by("pk"))
    for redemption in open_now.order_by("id").values_list("pk", flat=True):
        release_redemption(redemption=redemption, at=clock.now())
    codes = Voucher.objects.filter(redemption__in=mine)
    codes.filter(status=Voucher.Status.ACTIVE).update(status=Voucher.Status.VOID)
    codes.update(code="")
    PoolCode.objects.filter(redemption__in=mine).update(code="")
    mine.exclude(reason="").update(reason="")
    Fulfilment.objects.filter(redemption__in=mine).exclude(reference="").update(reference="")


def _leave(member: UUID) -> None:
    """Their places go to others, and nobody waits who is not there."""
    for row in Booking.objects.select_for_update().filter(member=member).order_by("id"):
        if row.status == Booking.Status.BOOKED:
            undoing.free(row=row, at=clock.now())
        elif row.status == Booking.Status.WAITING:
            row.status, row.settled_at = Booking.Status.CANCELLED, clock.now()
            row.save(update_fields=["status", "settled_at"])


holder = privacy.Holder("rewards", _export, _erase)
places = privacy.Holder("places", _places, _leave)
