"""What members may claim of their tiers' services, what they claimed, and whom to serve."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Max, QuerySet

from loyalty.core.errors import NotFound
from loyalty.core.merchants.queries import shop_of_scope
from members.models import PerkClaim, TierStanding
from members.queries import tiers as standings
from members.rules.limits import period_end, period_start
from members.rules.tiers import Limit, Perk


@dataclass(frozen=True, slots=True)
class Has:
    """A perk somebody has. `left` is how often it can still be claimed in its period now; None where it is not limited
    by a period."""

    perk: Perk
    left: int | None


def tier_of(member: UUID, *, at: datetime) -> str:
    """A member's tier at an instant, "" for none: what a review would say where the time is over."""
    row = TierStanding.objects.filter(member=member).first()
    if row is None:
        return ""
    if row.review_at is not None and row.review_at <= at:
        return standings.tiers_by_now([member], at=at).get(member, "")
    return row.tier


def used(
    member: UUID, *, perk: Perk, limit: Limit, order: tuple[str, str] | None, at: datetime, zone: ZoneInfo
) -> int:
    """How often a member has claimed a limited perk: for an order, or in the period that `at` lies in. What was
    cancelled does not count."""
    rows = PerkClaim.objects.filter(member=member, perk=perk.id).exclude(status=PerkClaim.Status.CANCELLED)
    period = limit.period
    if period is None:
        source, external_id = order or ("", "")
        return rows.filter(order_source=source, order_external_id=external_id).count()
    since, until = period_start(period, at, zone), period_end(period, at, zone)
    if since is not None:
        rows = rows.filter(claimed_at__gte=since)
    return (rows.filter(claimed_at__lt=until) if until is not None else rows).count()


def perks_of(member: UUID, *, tier: str, at: datetime) -> list[Has]:
    """Everything the member's tier brings."""
    zone = ZoneInfo(shop_of_scope().timezone)
    found = []
    for perk in standings.ladder_in_force().perks(tier):
        left = None
        if perk.limit is not None and perk.limit.period is not None:
            left = max(
                0, perk.limit.times - used(member, perk=perk, limit=perk.limit, order=None, at=at, zone=zone)
            )
        found.append(Has(perk, left))
    return found


def claims_of(member: UUID) -> QuerySet[PerkClaim]:
    """A member's claims, last first; the caller slices."""
    return PerkClaim.objects.filter(member=member).order_by("-id")


def claims() -> QuerySet[PerkClaim]:
    """All claims of the shop, in no order; the caller narrows and slices."""
    return PerkClaim.objects.all()


def to_serve() -> QuerySet[PerkClaim]:
    """Claims that wait to be served, those that waited longest first."""
    return PerkClaim.objects.filter(status="open").order_by("id")


def served() -> QuerySet[PerkClaim]:
    """Claims that were served or cancelled, last asked for first; the caller slices."""
    return PerkClaim.objects.exclude(status="open").order_by("-id")


def last_served(members: Sequence[UUID], *, perk: str) -> dict[UUID, datetime]:
    """When each of some members was last given a service; those who never were are missing."""
    rows = PerkClaim.objects.filter(member__in=list(members), perk=perk, status="served").order_by()
    return dict(rows.values_list("member").annotate(last=Max("settled_at")))


def with_perk(perk: str) -> QuerySet[TierStanding]:
    """The members whose tier brings a perk, whether they claim it or not: whom a concierge looks after. In the order of
    their ids; the caller slices."""
    ladder = standings.ladder_in_force()
    tiers = [tier.id for tier in ladder.ladder if any(one.id == perk for one in ladder.perks(tier.id))]
    return TierStanding.objects.filter(tier__in=tiers).order_by("member_id")


def waiting() -> Counter[str]:
    """How many claims wait, by perk."""
    return Counter(PerkClaim.objects.filter(status="open").values_list("perk", flat=True))


def claim(claim_id: UUID) -> PerkClaim:
    """One claim; `NotFound` otherwise."""
    found = PerkClaim.objects.filter(pk=claim_id).first()
    if found is None:
        raise NotFound("claim")
    return found
