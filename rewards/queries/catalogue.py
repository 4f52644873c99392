"""What a member may see and have."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from msgspec import convert

from loyalty.core.errors import NotFound
from members.queries.partners import reach_of
from members.queries.sharing import together
from rewards.models import Reward
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
    """A reward and what stands between it and the member; `missing` empty: it can be had now."""

    reward: Reward
    missing: tuple[Missing, ...]

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
    """The catalogue for one member, with what is missing for each; in two queries. Places and points that pay are had
    in their own way: here they are shown as if it were that one."""
    rows = list(offered())
    found = _seen(member_id, [row.pk for row in rows], at)
    if found is None:
        raise NotFound("member")
    zone = zone_of_shop()
    return [
        Offer(
            row,
            why_not(terms_of(row), found.asker(row.pk, zone, channel=channel, booking=True, paying=True), at),
        )
        for row in rows
    ]
