"""What a member may see and have."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from loyalty.core.errors import NotFound
from loyalty.core.ledger.queries import balance
from members.models import Member
from members.queries.sharing import together
from rewards.models import Redemption, Reward
from rewards.rules.eligibility import Asker, Missing, Terms, why_not

COUNTED = (Redemption.Status.RESERVED, Redemption.Status.COMMITTED)


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


def terms_of(row: Reward) -> Terms:
    """A reward as the rules see it."""
    return Terms(
        cost_points=row.cost_points, stock=row.stock, taken=row.taken, limit_per_member=row.limit_per_member,
        available_from=row.available_from, available_until=row.available_until, channels=tuple(row.channels),
        retired=row.retired_at is not None, gift_only=row.gift_only,
    )  # fmt: skip


def _had(member: Member) -> QuerySet[Redemption]:
    """What counts towards a member's limits: open or used, by them or by a member merged into them; not what was
    handed out to them."""
    mine = Q(member=member) | Q(member__merged_into=member)
    return Redemption.objects.filter(mine, status__in=COUNTED, source_kind="")


def _points(member_id: UUID) -> int:
    """What a member can spend, with what their household lets them use."""
    own = balance(member_id).available
    shared = together(member_id, yours=own)
    return shared.together if shared else own


def asker(member_id: UUID, row: Reward, *, channel: str = "", member: Member | None = None) -> Asker:
    """A member as the rules see them for one reward."""
    member = member or Member.objects.filter(pk=member_id).first()
    if member is None:
        raise NotFound("member")
    had = _had(member).filter(reward=row).count()
    return Asker(_points(member_id), had, member.status == Member.Status.ACTIVE, channel)


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
    """The catalogue for one member, with what is missing for each; in three queries."""
    member = Member.objects.filter(pk=member_id).first()
    if member is None:
        raise NotFound("member")
    points = _points(member_id)
    had = Counter(_had(member).values_list("reward_id", flat=True))
    active = member.status == Member.Status.ACTIVE
    return [
        Offer(row, why_not(terms_of(row), Asker(points, had[row.pk], active, channel), at))
        for row in offered()
    ]
