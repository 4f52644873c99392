"""Reading lots in portions: what a spending drew from, what several members can spend together, who has enough."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Sum

from loyalty.core.ledger.chart import POINTS
from loyalty.core.ledger.models import Account, Entry, Lot, Transfer
from loyalty.core.tenancy.plans import Fixed


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a spending took out of lots that share their terms: whole units."""

    points: int
    expires_at: datetime | None
    slides_days: int | None
    programme_version: UUID | None


def drawn(transfer: UUID) -> list[Drawn]:
    """What a spending took, by the terms of the lots it came from; what ends first first."""
    lines = Entry.objects.filter(transfer=transfer, amount__lt=Fixed(0), lot__isnull=False)
    terms = ("lot__expires_at", "lot__slides_days", "lot__transfer__programme_version")
    rows = lines.values_list(*terms).annotate(points=Sum("amount")).order_by(*terms)
    return [Drawn(-points, expires, slides, version) for expires, slides, version, points in rows]


def owner_of(transfer: UUID) -> UUID:
    """On whose account a movement was written."""
    return Transfer.objects.values_list("owner", flat=True).get(pk=transfer)


def spendable_lots(
    owners: Iterable[UUID], *, at: datetime, unit: str = POINTS
) -> list[tuple[UUID, UUID, int, datetime | None]]:
    """`(owner, lot, remaining, expires_at)` of everything some members can spend at an instant, what ends first
    first. What they owe is not taken off."""
    rows = Lot.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=at),
        account__owner__in=list(owners), account__unit=unit, pending=False, remaining__gt=Fixed(0),
    ).order_by("expires_at", "id")  # fmt: skip
    found: Iterable[Any] = rows.values_list("account__owner", "id", "remaining", "expires_at")
    return list(found)


def who_have(at_least: int, *, after: UUID | None, limit: int, unit: str = POINTS) -> list[UUID]:
    """Members with so many spendable units or more, in the order of their ids, from after one on."""
    found = Account.objects.filter(
        kind="available", unit=unit, balance__gte=at_least, owner__isnull=False
    ).order_by("owner")
    if after is not None:
        found = found.filter(owner__gt=after)
    owners: Iterable[Any] = found.values_list("owner", flat=True)[:limit]
    return list(owners)


def held_by_all(*, at_least: int = 1, unit: str = POINTS) -> tuple[int, int]:
    """How many members can spend so many units or more, and how many they have together."""
    found = Account.objects.filter(
        kind="available", unit=unit, balance__gte=max(1, at_least), owner__isnull=False
    )
    total = found.aggregate(members=Count("pk"), units=Sum("balance"))
    return int(total["members"]), int(total["units"] or 0)


def spendable_before(owners: Iterable[UUID], *, before: datetime, unit: str = POINTS) -> dict[UUID, int]:
    """What members could spend of what had happened before an instant, less what they owed; who had nothing is
    missing."""
    rows = Entry.objects.filter(
        account__owner__in=list(owners), account__kind__in=["available", "debt"], unit=unit,
        transfer__happened_at__lt=before,
    )  # fmt: skip
    found: Iterable[Any] = rows.values_list("account__owner").annotate(total=Sum("amount"))
    return {owner: int(total) for owner, total in found}
