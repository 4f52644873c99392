"""Reading lots in portions: what a spending drew from, what several members can spend together, who has enough."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum

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


@dataclass(frozen=True, slots=True)
class Granted:
    """A lot by the grant that made it, and what is left of it. `reserved` or spent is what neither is nor was taken
    away: `touched` says whether anything but its being taken away has happened to it."""

    transfer: UUID
    key: str
    owner: UUID
    lot: UUID
    unit: str
    granted: int
    remaining: int
    taken_away: int

    @property
    def touched(self) -> bool:
        """True when some of it has been used, has expired, or moved to another member."""
        return self.remaining + self.taken_away < self.granted


def granted_by(*, keys: Iterable[str] = (), transfers: Iterable[UUID] = ()) -> list[Granted]:
    """The lots of some grants, named by their keys or ids."""
    rows = Lot.objects.filter(
        transfer__in=Transfer.objects.filter(Q(key__in=list(keys)) | Q(pk__in=list(transfers))).values("pk")
    ).values_list(
        "transfer", "transfer__key", "transfer__owner", "id", "account__unit", "granted", "remaining"
    )
    found: list[Any] = list(rows)
    gone = dict(
        Transfer.objects.filter(settles__in=[row[0] for row in found], kind="opening", move="forfeit")
        .values_list("settles")
        .annotate(total=Sum("amount"))
    )
    return [
        Granted(transfer, key, owner, lot, unit, granted, remaining, int(gone.get(transfer, 0)))
        for transfer, key, owner, lot, unit, granted, remaining in found
    ]


def every_open_lot() -> QuerySet[Lot]:
    """Open lots of the whole shop, in no order."""
    return Lot.objects.filter(remaining__gt=Fixed(0))


def every_line() -> QuerySet[Entry]:
    """Lines on members' accounts of the whole shop, in no order."""
    return Entry.objects.filter(version__isnull=False)


def lots_after(after: UUID | None, *, most: int) -> list[dict[str, Any]]:
    """Open lots of the whole shop with their owners and where they came from, by their ids, from after one on."""
    rows = every_open_lot().order_by("id")
    if after is not None:
        rows = rows.filter(pk__gt=after)
    found: Iterable[Any] = rows.values(
        "id", "granted", "remaining", "pending", "available_from", "expires_at", owner=F("account__owner"),
        unit=F("account__unit"), earned_at=F("transfer__happened_at"), kind=F("transfer__kind"),
        reason=F("transfer__reason"),
    )[:most]  # fmt: skip
    return list(found)


def lines_after(after: tuple[UUID, int] | None, *, most: int) -> list[dict[str, Any]]:
    """Lines on members' accounts of the whole shop, in the order they were written, from after `(transfer, line)`."""
    rows = every_line().order_by("transfer_id", "line")
    if after is not None:
        rows = rows.filter(Q(transfer_id__gt=after[0]) | Q(transfer_id=after[0], line__gt=after[1]),
                           transfer_id__gte=after[0])  # fmt: skip
    found: Iterable[Any] = rows.values(
        "transfer_id", "line", "unit", "amount", "balance_after", owner=F("account__owner"),
        account_kind=F("account__kind"), kind=F("transfer__kind"), reason=F("transfer__reason"),
        happened_at=F("transfer__happened_at"), recorded_at=F("transfer__recorded_at"),
    )[:most]  # fmt: skip
    return list(found)
