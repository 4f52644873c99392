"""What follows a written order, a refund or an activity in the same transaction: gifts, and whatever else is decided by
what a member has done. The caller holds the members' counts, taken before the books."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from loyalty.core.events.operations import record
from members.models import Activity, Order
from members.operations import gifts
from members.operations.deciding import Plan
from members.rules.decision import Decision


def after_orders(plans: Sequence[Plan], *, at: datetime) -> None:
    """Orders that were just written, each with its decision; `at` is now."""
    gifts.hold_rewards(plan.outcome.decision for plan in plans if plan.row["member"] is not None)
    for plan in plans:
        member, decision = plan.row["member"], plan.outcome.decision
        if member is not None and plan.row["points_minor"]:
            data = {"order": str(plan.row["id"]), "points_minor": plan.row["points_minor"]}
            record("order.paid_with_points", subject=member, at=plan.row["at"], data=data)
        if member is not None and not gifts.is_plain(decision):
            gifts.hand_out(decision, gifts.Occasion("order", plan.row["id"], member, plan.row["at"]))


def after_refund(order: Order, *, owner: UUID, at: datetime) -> None:
    """An order of which something came back; `owner` has what it gave today."""
    decision = msgspec.convert(order.decision, Decision, strict=False)
    if not gifts.is_plain(decision):
        whole = max(order.total_minor, 1)
        part = whole if order.status == Order.Status.CANCELLED else order.refunded_minor
        gifts.take_back(decision, gifts.Occasion("order", order.pk, owner, at), part=part, whole=whole)


def after_activity(activity: Activity, decision: Decision, *, at: datetime) -> None:
    """An activity that was just written."""
    if not gifts.is_plain(decision):
        occasion = gifts.Occasion("activity", activity.pk, activity.member_id, activity.happened_at)
        gifts.hand_out(decision, occasion)
