"""Points as money at the checkout: quoted for an order, set aside, spent when the order is recorded, and given back in
proportion when it is refunded. What was paid with points never comes back as money."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError, InvalidInput, NotFound
from loyalty.core.events.operations import record
from loyalty.core.money import MAX_MINOR, share
from members.models import Member, Order
from members.operations.membership import NotActive
from rewards.models import Redemption
from rewards.operations import written
from rewards.operations.redemption import (
    Overdue,
    Use,
    commit_redemption,
    give_back,
    owner_now,
    reserve_reward,
)
from rewards.operations.undoing import undo
from rewards.queries.payments import Payment, may_pay, of_order
from rewards.rules.kinds.money import PayWithPoints

HOLD = timedelta(hours=24)
"""How long points stay set aside for an order that has not come yet."""


class CannotPay(DomainError):
    """`params` says how many points may be used, the fewest and what they are worth."""

    code = "cannot_pay_so_much"
    message = _("Between {least} and {most} points can be used on this order.")
    field = "points"


class AlreadyPaid(DomainError):
    code = "order_already_paid"
    message = _("Points were already used on this order. Release them first.")
    field = "order_external_id"


def quote_payment(
    *, member: UUID, reward: UUID, order_minor: int, at: datetime, channel: str = ""
) -> Payment:
    """How many points the member may use on an order of `order_minor`, what they pay, and every reason why none or
    no more. Writes nothing."""
    _refuse_amount(order_minor)
    return may_pay(member=member, reward=reward, order_minor=order_minor, at=at, channel=channel)


@transaction.atomic
def pay_with_points(
    *,
    member: UUID,
    reward: UUID,
    points: int,
    order_minor: int,
    order_external_id: str,
    key: str,
    at: datetime,
    hold: timedelta = HOLD,
    channel: str = "",
) -> Redemption:
    """Set `points` aside for an order of `order_minor`, named by the shop's own id; `value` of the answer is what they
    pay. The same `key` again answers again.

    They are spent when the order is recorded with that id and that amount in `points_minor`, or by committing the
    redemption; otherwise they come back after `hold`. Raises `NotEligible`, `CannotPay`, `AlreadyPaid`.
    """
    _refuse_amount(order_minor)
    if not order_external_id:
        raise InvalidInput.of("order_external_id", str(_("Say which order it is for.")))
    who, asked = written.ask(member=member, reward=reward, key=key, at=at)
    if asked.reward is None or asked.asker is None:
        raise NotFound("reward")
    kind = asked.reward.kind_terms()
    if not isinstance(kind, PayWithPoints):
        raise NotFound("reward")
    if asked.earlier is None:
        payable = kind.payable(order_minor, max(0, asked.asker.points))
        if not payable.least_points <= points <= payable.points:
            raise CannotPay(least=payable.least_points, most=payable.points, minor=payable.minor)
        if of_order(who, order_external_id).exists():
            raise AlreadyPaid()
    return reserve_reward(
        member=member, reward=reward, key=key, at=at, hold=hold, channel=channel, order_external_id=order_external_id,
        use=Use(points=points, minor=kind.worth(points)),
    )  # fmt: skip


@transaction.atomic
def settle_payment(*, order: UUID, at: datetime) -> Redemption | None:
    """Spend the points that were set aside for a recorded order; the redemption, None when there is none to spend. Once
    for good. Where the order says another amount, or they came back in the meantime, nothing is spent and
    `payment.mismatch` says so: the shop has to look at it."""
    row = Order.objects.select_related("member").filter(pk=order).first()
    if row is None or row.member is None or not row.points_minor:
        return None
    used = of_order(_now(row.member), row.external_id)
    paid = used.filter(status=Redemption.Status.RESERVED).first()
    if paid is None:
        if not used.exists():
            _mismatch(row, 0, at)
        return None
    if paid.value != row.points_minor:
        _mismatch(row, paid.value, at)
        return None
    try:
        return commit_redemption(redemption=paid.pk, at=max(at, paid.reserved_at))
    except Overdue:
        _mismatch(row, 0, at)
        return None


def _now(member: Member) -> UUID:
    """Whoever the member is now."""
    return member.merged_into_id or member.pk


def _mismatch(order: Order, held_minor: int, at: datetime) -> None:
    data = {"order": str(order.pk), "points_minor": order.points_minor, "held_minor": held_minor}
    record("payment.mismatch", subject=order.member_id, at=at, data=data)


@transaction.atomic
def return_payment(*, order: UUID, at: datetime) -> int:
    """Give back the part of an order's points that its refunds undo in all, less what came back before; how many now.
    All of them for a cancelled or wholly refunded order. Asking twice gives back once."""
    found = Order.objects.select_related("member").filter(pk=order).first()
    if found is None or found.member is None or not found.points_minor:
        return 0
    used = of_order(_now(found.member), found.external_id)
    if used.filter(status=Redemption.Status.RESERVED).exists():
        settle_payment(order=order, at=at)  # the refund came before anybody looked at the order
    paid = used.filter(status=Redemption.Status.COMMITTED).first()
    if paid is None:
        return 0
    row = written.held(redemption=paid.pk)
    if row.status != Redemption.Status.COMMITTED:
        return 0
    found.refresh_from_db(fields=["status", "refunded_minor"])  # as it is under the member's lock
    whole = max(found.total_minor, 1)
    part = whole if found.status == Order.Status.CANCELLED else found.refunded_minor
    points = share(row.cost_points, part, whole) - row.returned_points
    if points <= 0:
        return 0
    try:
        owner = owner_now(row=row)
    except NotActive:
        return 0  # erased: there is nobody to give anything back to
    give_back(row=row, owner=owner, points=points, at=at)
    if row.returned_points == row.cost_points:
        row.status, row.reversed_at = Redemption.Status.REVERSED, at
        row.save(update_fields=["status", "reversed_at"])
        undo(row=row, at=at)
    _tell_returned(row, found, points, at)
    return points


def _tell_returned(row: Redemption, order: Order, points: int, at: datetime) -> None:
    data: dict[str, Any] = {
        "redemption": str(row.pk), "order": str(order.pk), "points": points,
        "minor": share(row.value, points, row.cost_points),
    }  # fmt: skip
    record("payment.returned", subject=row.member_id, at=at, data=data)


def _refuse_amount(order_minor: int) -> None:
    if not 1 <= order_minor <= MAX_MINOR:
        raise InvalidInput.of("order_minor", str(_("Give the order's amount in minor units.")))
