"""Partnerships with other merchants: who is a partner, what members have there, and what is to settle.

What a partner's member has is read at the partner, by crossing over there: row-level security holds there as here.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum

from loyalty.core.errors import NotFound
from loyalty.core.ledger.portions import spendable_lots
from loyalty.core.ledger.queries import balance
from loyalty.core.merchants.models import Merchant
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.scope import NoCrossing, crossing
from members.models import CardLink, Member, Partnership, SettlementEntry
from members.rules import partners as rules

ANY = tuple(Partnership.Status.values)
ACTIVE = (Partnership.Status.ACTIVE.value,)


def agreed(agreement: UUID, partner: int, standing: Collection[str]) -> str | None:
    """The address of the merchant in scope if its row of an agreement names the partner and stands so; None otherwise.
    What `crossing` asks on both sides."""
    found = Partnership.objects.filter(pk=agreement, partner=partner, status__in=list(standing))
    return shop_of_scope().slug if found.exists() else None


def partnership(partnership_id: UUID) -> Partnership:
    """One agreement; `NotFound` otherwise."""
    found = Partnership.objects.filter(pk=partnership_id).first()
    if found is None:
        raise NotFound("partnership")
    return found


def partnerships() -> QuerySet[Partnership]:
    """All agreements there are and were."""
    return Partnership.objects.all()


def with_partner(partner: int, *, standing: Collection[str] = ACTIVE) -> Partnership | None:
    """The agreement with a merchant that stands so, the latest of several."""
    return Partnership.objects.filter(partner=partner, status__in=list(standing)).order_by("-id").first()


def merchants(found: Iterable[int]) -> dict[int, Merchant]:
    """Merchants by their ids."""
    return {row.pk: row for row in Merchant.objects.filter(pk__in=set(found))}


@contextmanager
def side(merchant: int, agreement: UUID, *, standing: Collection[str] = ANY) -> Iterator[None]:
    """Act for one of the two of an agreement: the merchant of the scope, or across at the partner."""
    if merchant == scope.merchant_id():
        yield
        return
    with crossing(agreement, to=merchant, standing=standing):
        yield


def both(partner: int) -> list[int]:
    """The merchant of the scope and a partner in the order in which rows of both are locked and written."""
    return sorted((scope.merchant_id(), partner))


@dataclass(frozen=True, slots=True)
class Linked:
    """A member's link that can be used now: with whose account at which partner, by which agreement."""

    partner: int
    agreement: UUID
    member: UUID
    our_worth: str
    their_worth: str


_LINKED = """
SELECT l.partner, p.id, l.partner_member, p.our_worth, p.their_worth
  FROM members_member f
  JOIN members_cardlink l ON l.merchant_id = %(m)s
   AND l.member_id = CASE WHEN f.merged_into_id IS NULL THEN f.id ELSE f.merged_into_id END
  JOIN members_partnership p ON p.merchant_id = %(m)s AND p.partner = l.partner AND p.status = 'active'
 WHERE f.merchant_id = %(m)s AND f.id = %(member)s ORDER BY l.partner
"""


def linked(member: UUID) -> list[Linked]:
    """The links of a member, or of whoever they were merged into, with partners of today."""
    with connection.cursor() as cursor:
        cursor.execute(_LINKED, {"m": scope.merchant_id(), "member": member})
        return [Linked(*row) for row in cursor.fetchall()]


def usable(link: Linked, *, at: datetime) -> int:
    """Points that can be used across a link, counted in the partner's. None of who owes points, is not active, or
    where the agreement, the link or the shared currency is no more."""
    currency = shop_of_scope().currency
    try:
        with crossing(link.agreement, to=link.partner):
            there = CardLink.objects.filter(member=link.member, member__status=Member.Status.ACTIVE)
            if not there.filter(partner=scope.current().home).exists():
                return 0
            if shop_of_scope().currency != currency or balance(link.member).debt:
                return 0
            return sum(amount for _owner, _lot, amount, _ends in spendable_lots([link.member], at=at))
    except NoCrossing:  # it ended at this very moment
        return 0


@dataclass(frozen=True, slots=True)
class AtPartner:
    """What a member can use of what they have at a partner: `points` there, which make so many `here`."""

    partner: Merchant
    points: int
    here: int
    since: datetime


def at_partners(member: UUID, *, at: datetime) -> list[AtPartner]:
    """What a member has at each partner their card is linked with."""
    links = linked(member)
    if not links:
        return []
    shops = merchants(link.partner for link in links)
    since = dict(CardLink.objects.filter(member=member).values_list("partner", "since"))
    found = []
    for link in links:
        points = usable(link, at=at)
        here = rules.reaches(points, their_worth=link.their_worth, our_worth=link.our_worth)
        found.append(AtPartner(shops[link.partner], points, here, since.get(link.partner, at)))
    return found


def reach_of(member: UUID, *, at: datetime) -> int:
    """How many points here a member's points at all partners make."""
    return sum(one.here for one in at_partners(member, at=at))


def card_links(member: UUID) -> list[CardLink]:
    """A member's links, oldest first, with whoever is or was a partner."""
    return list(CardLink.objects.filter(member=member).order_by("since", "id"))


@dataclass(frozen=True, slots=True)
class Settlement:
    """What one side of an agreement has to settle of a period, in minor units. `balance_minor` above zero is to be
    paid to us, below zero by us; the partner's statement of the same period says the opposite."""

    entries: int
    owed_to_us_minor: int
    owed_by_us_minor: int
    points_arrived: int
    points_left: int

    @property
    def balance_minor(self) -> int:
        return self.owed_to_us_minor - self.owed_by_us_minor


def entries(
    partnership_id: UUID, *, since: datetime | None = None, until: datetime | None = None
) -> QuerySet[SettlementEntry]:
    """What is to be settled of an agreement, of what happened from `since` on and before `until`."""
    found = SettlementEntry.objects.filter(partnership=partnership_id)
    found = found if since is None else found.filter(happened_at__gte=since)
    return found if until is None else found.filter(happened_at__lt=until)


def statement(
    partnership_id: UUID, *, since: datetime | None = None, until: datetime | None = None
) -> Settlement:
    """Our side of the settlement of a period; of all time without one. Ended agreements have theirs, too."""
    arrived = Q(points__gt=0)
    sums: dict[str, Any] = entries(partnership_id, since=since, until=until).aggregate(
        entries=Count("pk"),
        to_us=Sum("amount_minor", filter=arrived, default=0),
        by_us=Sum("amount_minor", filter=~arrived, default=0),
        arrived=Sum("points", filter=arrived, default=0),
        left=Sum("points", filter=~arrived, default=0),
    )
    return Settlement(
        sums["entries"], int(sums["to_us"]), -int(sums["by_us"]), int(sums["arrived"]), -int(sums["left"])
    )
