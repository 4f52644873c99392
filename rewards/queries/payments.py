"""Points that pay at a checkout: how many may be used, and which are used on an order."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from msgspec import structs

from loyalty.core.errors import NotFound
from members.queries.whole import of_whole
from rewards.models import Redemption, Reward
from rewards.queries.catalogue import asker, kind_terms, terms_of
from rewards.rules.eligibility import Missing, why_not
from rewards.rules.kinds.money import Payable, PayWithPoints

_STANDS = (Redemption.Status.RESERVED, Redemption.Status.COMMITTED)


@dataclass(frozen=True, slots=True)
class Payment:
    """What points may pay of an order: at most `points`, worth `minor`, at least `least_points`. `missing`: every
    reason why none. `has`: points the member could spend in all. `minor_left`: what is to be paid otherwise."""

    reward: UUID
    points: int
    minor: int
    least_points: int
    has: int
    minor_left: int
    missing: tuple[Missing, ...]


def may_pay(*, member: UUID, reward: UUID, order_minor: int, at: datetime, channel: str = "") -> Payment:
    """What points may pay of an order of `order_minor`. `NotFound` for a reward that is not points that pay."""
    row = Reward.objects.filter(pk=reward).first()
    terms = kind_terms(row) if row else None
    if row is None or not isinstance(terms, PayWithPoints):
        raise NotFound("reward")
    who = asker(member, row, at=at, channel=channel, paying=True)
    payable = terms.payable(order_minor, max(0, who.points))
    asked = structs.replace(terms_of(row), cost_points=payable.least_points)
    missing = why_not(asked, who, at)
    if payable.code == "order_too_small" and not missing:
        missing = (Missing("order_too_small"),)
    if missing:
        payable = Payable(0, 0, payable.least_points)
    return Payment(
        row.pk, payable.points, payable.minor, payable.least_points, max(0, who.points),
        order_minor - payable.minor, missing,
    )  # fmt: skip


def ways_to_pay() -> QuerySet[Reward]:
    """The rewards by which points pay at the checkout, in the merchant's order."""
    return Reward.objects.filter(kind=Reward.Kind.PAY_WITH_POINTS, retired_at=None).order_by("position", "id")


def of_order(member: UUID, order_external_id: str) -> QuerySet[Redemption]:
    """Points of a member that are set aside for an order or were used on it. Those that came back are not."""
    return Redemption.objects.filter(
        of_whole(member), order_external_id=order_external_id, reward__kind=Reward.Kind.PAY_WITH_POINTS,
        status__in=_STANDS,
    ).exclude(order_external_id="")  # fmt: skip
