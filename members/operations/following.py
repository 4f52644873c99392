"""What follows a written order, a refund or an activity in the same transaction: gifts, and whatever else is decided by
what a member has done. The caller holds the members' counts, taken before the books."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from members.models import Activity, Order
from members.operations import gifts, holds
from members.operations.deciding import Plan
from members.rules.decision import Decision


def after_orders(plans: Sequence[Plan], *, at: datetime) -> None:
    """Orders that were just written, each with its decision; `at` is now."""
    for plan in plans:
        member, decision = plan.row["member"], plan.outcome.decision
        if member is not None and not gifts.is_plain(decision):
            gifts.hand_out(decision, gifts.Occasion("order", plan.row["id"], member, plan.row["at"]))
    for plan in plans:
        if plan.outcome.points and plan.outcome.terms.for_event:
            holds.catch_up(
                about="order", source=plan.row["source"], external_id=plan.row["external_id"], at=at
            )


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
    holds.catch_up(about="activity", source=activity.source, external_id=activity.external_id, at=at)
    holds.attended(activity, at=at)
