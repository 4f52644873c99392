"""What a member may see and have."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from msgspec import convert

from loyalty.core.errors import NotFound
from members.queries import comparisons, directory
from members.queries.partners import reach_of
from members.queries.sharing import together
from members.rules.comparisons import Arm, Comparison
from rewards.models import Reward
from rewards.queries import pricing
from rewards.queries.asking import Seen, seen, zone_of_shop
from rewards.rules.audience import Audience, Limit
from rewards.rules.eligibility import Asker, Missing, Terms, why_not
from rewards.rules.kinds import KINDS, KindTerms, read


def rewards(*, retired: bool = False) -> QuerySet[Reward]:
    """The catalogue in the merchant's order, cheapest first within it."""
    found = Reward.objects.order_by("position", "cost_points", "id")
    return found if retired else found.filter(retired_at=None)


def offered() -> QuerySet[Reward]:
    """What members can take by themselves, in the merchant's order."""
    return rewards().filter(gift_only=False)


def reward(reward_id: UUID) -> Reward:
    """One reward; `NotFound` otherwise."""
    found = Reward.objects.filter(pk=reward_id).first()
    if found is None:
        raise NotFound("reward")
    return found


def taken_handles(handles: Collection[str]) -> set[str]:
    """Those of some handles that name a reward already, retired ones included."""
    return set(Reward.objects.filter(handle__in=list(handles)).values_list("handle", flat=True))


def terms_of(row: Reward) -> Terms:
    """A reward as the rules see it."""
    kind = KINDS[row.kind]
    return Terms(
        cost_points=row.cost_points, stock=row.stock, taken=row.taken, limit_per_member=row.limit_per_member,
        available_from=row.available_from, available_until=row.available_until, channels=tuple(row.channels),
        retired=row.retired_at is not None, gift_only=row.gift_only, booked=kind.booked, at_checkout=kind.at_checkout,
        limits=convert(row.limits, tuple[Limit, ...]), audience=convert(row.audience, Audience),
    )  # fmt: skip


def kind_terms(row: Reward) -> KindTerms:
    """What a reward's kind says beyond the reward."""
    return read(row.kind, row.terms)


def _seen(member_id: UUID, rewards: list[UUID], at: datetime) -> Seen | None:
    """A member as the rules see them, with what their household lets them use and what they have at partners."""
    found = seen(member_id, rewards, at=at)
    if found is None:
        return None
    yours = found.points
    if shared := together(member_id, yours=yours):
        found.points = shared.together
    if yours >= 0:  # who owes points reaches nobody else's
        found.points += reach_of(member_id, at=at)
    return found


def priced(row: Reward, asker: Asker, *, member: UUID, at: datetime) -> int:
    """What a reward costs a member (or whoever they are now) in points: by their variant, where prices are compared."""
    if not comparisons.current().of:
        return row.cost_points
    who = directory.member(member).pk
    found = pricing.variants([(row.pk, row.cost_points)], member=who, segments=asker.segments, at=at)
    return pricing.price(found[row.pk][1], row.cost_points) if row.pk in found else row.cost_points


def asker(
    member_id: UUID,
    row: Reward,
    *,
    at: datetime,
    channel: str = "",
    booking: bool = False,
    paying: bool = False,
) -> Asker:
    """A member as the rules see them for one reward; whoever they are now. `NotFound` when there is nobody."""
    found = _seen(member_id, [row.pk], at)
    if found is None:
        raise NotFound("member")
    return found.asker(row.pk, zone_of_shop(), channel=channel, booking=booking, paying=paying)


@dataclass(frozen=True, slots=True)
class Offer:
    """A reward and what stands between it and the member; `missing` empty: it can be had now. It costs what it costs
    this member: by their `variant`, where an experiment compares prices."""

    reward: Reward
    missing: tuple[Missing, ...]
    variant: tuple[Comparison, Arm] | None = None

    @property
    def can_have(self) -> bool:
        return not self.missing

    @property
    def points_missing(self) -> int:
        """Points still to earn; 0 when there are enough."""
        return next(
            ((m.needed or 0) - (m.have or 0) for m in self.missing if m.code == "not_enough_points"), 0
        )


def offers(member_id: UUID, *, at: datetime, channel: str = "") -> list[Offer]:
    """The catalogue for one member, with what is missing for each; in a few queries. Places and points that pay are had
    in their own way: here they are shown as if it were that one."""
    rows = list(offered())
    found = _seen(member_id, [row.pk for row in rows], at)
    if found is None:
        raise NotFound("member")
    prices = ((row.pk, row.cost_points) for row in rows)
    compared = pricing.variants(prices, member=member_id, segments=found.segments, at=at)
    zone, made = zone_of_shop(), []
    for row in rows:
        variant = compared.get(row.pk)
        if variant is not None:
            row.cost_points = pricing.price(
                variant[1], row.cost_points
            )  # as it is for this member; never saved
        who = found.asker(row.pk, zone, channel=channel, booking=True, paying=True)
        made.append(Offer(row, why_not(terms_of(row), who, at), variant))
    return made
