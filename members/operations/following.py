"""What follows a written order, a refund or an activity in the same transaction: gifts, stamp cards, and whatever else
is decided by what a member has done.

Locks: names, members' counts, budgets, what was given, books, rewards. `hold` of the books is taken before a reward is.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from loyalty.core.events.operations import record
from loyalty.core.ledger.operations import hold
from loyalty.core.programme import queries as programmes
from loyalty.core.programme.document import Programme
from members.models import Activity, Order
from members.operations import cards, comparisons, gifts, holds, referrals, tiers
from members.operations.deciding import Plan
from members.rules.decision import Decision
from members.rules.tiers import Occasion
from members.rules.units import STAMPS, family


def after_orders(plans: Sequence[Plan], *, at: datetime) -> None:
    """Orders that were just written, each with its decision; `at` is now."""
    given = (plan.outcome.decision for plan in plans if plan.row["member"] is not None)
    rewards = set[str]().union(*(gifts.rewards_of(decision) for decision in given))
    if len(rewards) > 1:
        gifts.shelf().hold(rewards)
    for plan in plans:
        row = plan.row
        if row["member"] is not None and row["points_minor"]:
            data = {"order": str(row["id"]), "points_minor": row["points_minor"]}
            record("order.paid_with_points", subject=row["member"], at=row["at"], data=data)
        if row["member"] is not None:
            _give("order", row["id"], plan.outcome.decision, row["member"], row["at"], row["version"])
        if plan.outcome.points and plan.outcome.terms.for_event:
            holds.catch_up(about="order", source=row["source"], external_id=row["external_id"], at=at)
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
        gifts.shelf().hold_given(keys)
        hold([owner])
    cards.reopen(full, at=at)


def after_refund(
    order: Order, *, decision: Decision, owner: UUID, part: int, whole: int, at: datetime
) -> None:
    """An order of which `part` of `whole` came back in all."""
    if not gifts.is_plain(decision):
        gifts.take_back(
            decision, occasion=gifts.Occasion("order", order.pk, owner, at), part=part, whole=whole
        )
    referrals.friend_refunded(order, at=at)


def after_claim(order: Order, *, decision: Decision) -> None:
    """A guest's order that was just given to a member."""
    if order.member_id is not None:
        _give("order", order.pk, decision, order.member_id, order.placed_at, order.programme_version)


def after_activity_undone(activity: Activity, *, decision: Decision, at: datetime) -> None:
    """An activity that staff have undone; what it gave the member in units is taken back by the caller."""
    if not gifts.is_plain(decision):
        occasion = gifts.Occasion("activity", activity.pk, activity.member_id, at)
        gifts.take_back(decision, occasion=occasion, part=1, whole=1)


def after_activity(activity: Activity, *, decision: Decision, at: datetime) -> None:
    """An activity that was just written; `at` is now."""
    row = activity
    _give("activity", row.pk, decision, row.member_id, row.happened_at, row.programme_version)
    holds.catch_up(about="activity", source=row.source, external_id=row.external_id, at=at)
    holds.attended(row, at=at)


def _give(
    kind: str, source: UUID, decision: Decision, member: UUID, at: datetime, version: UUID | None
) -> None:
    if decision.compared:
        comparisons.note(decision=decision, member=member, source_kind=kind, source=source, at=at)
    if not gifts.is_plain(decision):
        gifts.hand_out(decision, occasion=gifts.Occasion(kind, source, member, at))
    programme = _programme(version)
    if programme is not None and _stamps(programme, [(member, decision)]):
        cards.fill(member=member, programme=programme, at=at, version=version)


def last(
    members: Collection[UUID | None], *, version: UUID | None, at: datetime, refunded: bool = False
) -> None:
    """Everything else of orders, refunds or an activity is written: what it all comes to for the members' tiers, once
    for a whole batch. `version` is the programme's in force, and `at` is now. The caller holds the members' counts."""
    here = {member for member in members if member is not None}
    tiers.follow(here, version=version, at=at, occasion=Occasion.REFUND if refunded else Occasion.CHANGE)


def _programme(version: UUID | None) -> Programme | None:
    return programmes.version(version).programme if version is not None else None


def _stamps(programme: Programme, decided: Sequence[tuple[UUID, Decision]]) -> bool:
    """Whether any decision puts a stamp on a card."""
    return any(
        decision.earned(card.unit) for card in programme["side_units"].cards for _who, decision in decided
    )
