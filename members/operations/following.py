"""What follows a written order, a refund or an activity in the same transaction: gifts, and whatever else is decided by
what a member has done. The caller holds the members' counts, taken before the books."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from members.models import Activity, Order
from members.operations import gifts, tiers
from members.operations.deciding import Plan
from members.rules.decision import Decision
from members.rules.tiers import Occasion


def after_orders(plans: Sequence[Plan], *, at: datetime) -> None:
    """Orders that were just written, each with its decision; `at` is now."""
    for plan in plans:
        member, decision = plan.row["member"], plan.outcome.decision
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


def last(
    members: Collection[UUID | None], *, version: UUID | None, at: datetime, refunded: bool = False
) -> None:
    """Everything else of orders, refunds or an activity is written: what it all comes to for the members' tiers, once
    for a whole batch. `version` is the programme's in force, and `at` is now. The caller holds the members' counts."""
    here = {member for member in members if member is not None}
    tiers.follow(here, version=version, at=at, occasion=Occasion.REFUND if refunded else Occasion.CHANGE)
