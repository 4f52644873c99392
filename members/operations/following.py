"""What goes before and follows a written order, a refund or an activity in the same transaction: gifts, stamp cards,
and whatever else is decided by what a member has done.

Locks: names, members' counts, budgets, rewards, books. So what is going to be handed out is held before anything is
posted.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from loyalty.core.programme import queries as programmes
from loyalty.core.programme.document import Programme
from members.models import Activity, Order
from members.operations import cards, gifts
from members.operations.deciding import Batch, Plan
from members.operations.locking import lock_counts, lock_name
from members.rules.decision import Decision
from members.rules.units import STAMPS, family


def before_orders(batch: Batch) -> None:
    """Hold the rewards that decided orders are going to hand out, if there are any. What is decided once more because
    something changed meanwhile is held anew."""
    decided = [(plan.row["member"], plan.outcome.decision) for plan in batch.plans if plan.row["member"]]
    programme = _programme(batch.plans[0].row["version"]) if batch.plans else None
    rewards = set[str]().union(*(gifts.rewards_of(decision) for _member, decision in decided))
    if programme is None or not (rewards or _stamps(programme, decided)):
        return
    for plan in batch.plans:  # sorted by name already
        lock_name(source=plan.row["source"], external_id=plan.row["external_id"])
    lock_counts(*{member for member, _decision in decided})
    rewards |= cards.filled_by(programme, decisions=decided)
    if rewards:
        gifts.shelf().hold(rewards=rewards)


def after_orders(plans: Sequence[Plan]) -> None:
    """Orders that were just written, each with its decision."""
    for plan in plans:
        row = plan.row
        if row["member"] is not None:
            _give("order", row["id"], plan.outcome.decision, row["member"], row["at"], row["version"])


def before_refund(
    order: Order, *, decision: Decision, owner: UUID, wanted: dict[str, int], at: datetime
) -> None:
    """Something of an order is about to be taken back, `wanted` by unit: hold the rewards it handed out, and reopen the
    stamp cards whose stamps are needed. `owner` has what the order gave today."""
    full = [card for unit, owed in wanted.items() if owed > 0 and family(unit) == STAMPS
            for card in cards.to_reopen(member=owner, unit=unit, wanted=owed)]  # fmt: skip
    keys = gifts.reward_keys(decision, occasion=gifts.Occasion("order", order.pk, owner, at))
    keys |= {cards.card_key(card.pk) for card in full}
    if keys:
        gifts.shelf().hold(keys=keys)
    cards.reopen(full, at=at)


def after_refund(
    order: Order, *, decision: Decision, owner: UUID, part: int, whole: int, at: datetime
) -> None:
    """An order of which `part` of `whole` came back in all."""
    if not gifts.is_plain(decision):
        gifts.take_back(
            decision, occasion=gifts.Occasion("order", order.pk, owner, at), part=part, whole=whole
        )


def before_gifts(decision: Decision, *, member: UUID, version: UUID | None) -> None:
    """Hold the rewards that a decided activity, or an order that is claimed, is going to hand out. The caller holds the
    member's counts."""
    programme = _programme(version)
    if programme is None:
        return
    rewards = gifts.rewards_of(decision) | cards.filled_by(programme, decisions=[(member, decision)])
    if rewards:
        gifts.shelf().hold(rewards=rewards)


def after_claim(order: Order, *, decision: Decision) -> None:
    """A guest's order that was just given to a member."""
    if order.member_id is not None:
        _give("order", order.pk, decision, order.member_id, order.placed_at, order.programme_version)


def after_activity(activity: Activity, *, decision: Decision) -> None:
    """An activity that was just written."""
    _give(
        "activity",
        activity.pk,
        decision,
        activity.member_id,
        activity.happened_at,
        activity.programme_version,
    )


def _give(
    kind: str, source: UUID, decision: Decision, member: UUID, at: datetime, version: UUID | None
) -> None:
    if not gifts.is_plain(decision):
        gifts.hand_out(decision, occasion=gifts.Occasion(kind, source, member, at))
    programme = _programme(version)
    if programme is not None and _stamps(programme, [(member, decision)]):
        cards.fill(member=member, programme=programme, at=at, version=version)


def _programme(version: UUID | None) -> Programme | None:
    return programmes.version(version).programme if version is not None else None


def _stamps(programme: Programme, decided: Sequence[tuple[UUID, Decision]]) -> bool:
    """Whether any decision puts a stamp on a card."""
    return any(
        decision.earned(card.unit) for card in programme["side_units"].cards for _who, decision in decided
    )
