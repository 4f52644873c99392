"""What follows a written order, a refund or an activity in the same transaction: gifts, and whatever else is decided by
what a member has done. The caller holds the members' counts, taken before the books."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from members.models import Activity, Order
from members.operations import gifts, referrals
from members.operations.deciding import Plan
from members.rules.decision import Decision


def after_orders(plans: Sequence[Plan], *, at: datetime) -> None:
    """Orders that were just written, each with its decision; `at` is now."""
    for plan in plans:
        member, decision = plan.row["member"], plan.outcome.decision
        if member is not None and not gifts.is_plain(decision):
            gifts.hand_out(decision, gifts.Occasion("order", plan.row["id"], member, plan.row["at"]))
    if plans:
        bought = (_written(plan) for plan in plans)
        referrals.friends_bought(bought, version=plans[0].outcome.version, at=at)


def _written(plan: Plan) -> Order:
    """The order of a plan, as far as what follows looks at it; it is in the database already."""
    row = plan.row
    return Order(
        pk=row["id"], member_id=row["member"], total_minor=row["total_minor"], placed_at=row["at"],
        eligible_minor=row["eligible_minor"], programme_version=row["version"],
    )  # fmt: skip


def after_refund(order: Order, *, owner: UUID, at: datetime) -> None:
    """An order of which something came back; `owner` has what it gave today."""
    decision = msgspec.convert(order.decision, Decision, strict=False)
    if not gifts.is_plain(decision):
        whole = max(order.total_minor, 1)
        part = whole if order.status == Order.Status.CANCELLED else order.refunded_minor
        gifts.take_back(decision, gifts.Occasion("order", order.pk, owner, at), part=part, whole=whole)
    referrals.friend_refunded(order, at=at)


def after_activity_undone(activity: Activity, *, decision: Decision, at: datetime) -> None:
    """An activity that staff have undone; what it gave the member in units is taken back by the caller."""
    if not gifts.is_plain(decision):
        occasion = gifts.Occasion("activity", activity.pk, activity.member_id, at)
        gifts.take_back(decision, occasion, part=1, whole=1)


def after_activity(activity: Activity, decision: Decision, *, at: datetime) -> None:
    """An activity that was just written."""
    if not gifts.is_plain(decision):
        occasion = gifts.Occasion("activity", activity.pk, activity.member_id, activity.happened_at)
        gifts.hand_out(decision, occasion)
