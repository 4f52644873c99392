"""Reading referrals: who has a code, a member's friends, what waits for staff, and what affiliates bring."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Count, QuerySet

from loyalty.core.errors import NotFound
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.plans import Fixed
from members.models import Member, Order, Referral, ReferralCode, ReferralPayout
from members.queries import directory
from members.rules.referrals import EARLY, Bought, net_minor, normal_code

COUNTED = (Referral.Status.QUALIFIED, Referral.Status.REWARDED)
"""A friend of this state has bought and kept it."""


def owner_of_code(text: str) -> UUID | None:
    """Who a code leads to, however it is written: the member, or whoever they were merged into; None for nobody."""
    code = normal_code(text)
    if not code:
        return None
    found = ReferralCode.objects.filter(code=code).select_related("member__merged_into")[:1]
    for row in found:
        owner = row.member.merged_into or row.member
        return owner.pk if owner.status in (Member.Status.ACTIVE, Member.Status.BLOCKED) else None
    return None


def link_of(code: str) -> str:
    """The address to share: it counts the click and leads to the page for joining."""
    return f"{settings.SITE_URL}/{shop_of_scope().slug}/r/{code}/"


def referral(referral_id: UUID) -> Referral:
    """One referral; `NotFound` otherwise."""
    found = Referral.objects.filter(pk=referral_id).first()
    if found is None:
        raise NotFound("referral")
    return found


def brought_by(member: UUID) -> QuerySet[Referral]:
    """A member's friends, in no order; the caller sorts and slices."""
    return Referral.objects.filter(referrer=member)


def came_by(member: UUID) -> Referral | None:
    """By whom a member was brought; None for who came alone."""
    return Referral.objects.filter(friend=member).first()


def code_known(member: UUID) -> str:
    """The code a member has been given; "" while they never asked for one."""
    return ReferralCode.objects.filter(member=member).values_list("code", flat=True).first() or ""


def every(status: str = "") -> QuerySet[Referral]:
    """All referrals, or those of a status, in no order; the caller sorts and slices."""
    found = Referral.objects.all()
    if status == Referral.Status.HELD:
        return found.filter(status=Fixed("held"))  # the index of the queue is of these alone
    return found.filter(status=status) if status else found


def owner(member: UUID) -> UUID:
    """The member, or whoever they were merged into; `NotFound` when they are not here."""
    return directory.member(member).pk


def counted(members: Sequence[UUID], *, since: datetime | None = None, until: datetime) -> dict[UUID, int]:
    """How many friends of each of `members` count, by purchases from `since` until before `until`; who has none is
    missing. One look-up in one index: what tiers by friends' purchases ask."""
    found = Referral.objects.filter(referrer__in=list(members), status__in=COUNTED, qualified_at__lt=until)
    if since is not None:
        found = found.filter(qualified_at__gte=since)
    return dict(found.order_by().values_list("referrer").annotate(number=Count("pk")))


def payouts_of(referrals: Sequence[UUID]) -> dict[UUID, list[ReferralPayout]]:
    """What was decided for each referral, oldest first."""
    found: dict[UUID, list[ReferralPayout]] = {pk: [] for pk in referrals}
    for row in ReferralPayout.objects.filter(referral__in=list(referrals)).order_by("id"):
        found[row.referral_id].append(row)
    return found


_BY_ORDER = """
SELECT id FROM members_referral WHERE merchant_id = %(merchant)s AND order_id = %(order)s
 UNION
SELECT referral_id FROM members_referralpayout WHERE merchant_id = %(merchant)s AND order_id = %(order)s
"""


def by_order(order: UUID) -> list[UUID]:
    """Referrals that count by an order, or gave something for it. Asked at every refund: one round trip, two
    indexes."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_ORDER, {"merchant": scope.merchant_id(), "order": order})
        return [row[0] for row in cursor.fetchall()]


def memberships(member: UUID) -> list[UUID]:
    """A member and those merged into them: whose orders are theirs."""
    return [member, *Member.objects.filter(merged_into=member).values_list("pk", flat=True)]


def bought(order: Order) -> Bought:
    """An order as the rules of referrals see it, without whether it was the first."""
    net = net_minor(
        eligible_minor=order.eligible_minor, total_minor=order.total_minor, refunded_minor=order.refunded_minor,
        cancelled=order.status == Order.Status.CANCELLED,
    )  # fmt: skip
    return Bought(order.placed_at, net)


@dataclass(frozen=True, slots=True)
class Figures:
    """What one member's link has brought: clicks, friends who joined and who count, their purchases with what is left
    of them after refunds (minor units), and what the member got: commission by unit, net of what was taken back."""

    member: UUID
    clicks: int
    joined: int
    counted: int
    purchases: int
    revenue_minor: int
    commission: dict[str, int]


def nothing(member: UUID) -> Figures:
    """The figures of who has brought nobody."""
    return Figures(member, 0, 0, 0, 0, 0, {})


# The most that each is, in one statement: members with clicks or friends, then sums per member. Purchases are those
# since joining, of the friend and of whoever was merged into them, less what came back.
_FIGURES = """
WITH friend AS (
    SELECT r.referrer_id, r.friend_id, r.joined_at, r.status IN ('qualified', 'rewarded') AS counts
      FROM members_referral r
     WHERE r.merchant_id = %(merchant)s AND (%(member)s::uuid IS NULL OR r.referrer_id = %(member)s)
       AND r.status NOT IN ('held', 'refused')),
who AS (
    SELECT f.*, f.friend_id AS buyer_id FROM friend f
     UNION ALL
    SELECT f.*, m.id FROM friend f JOIN members_member m ON m.merchant_id = %(merchant)s AND m.merged_into_id =
    f.friend_id),
sold AS (
    SELECT w.referrer_id, count(*) AS purchases, sum(o.total_minor - o.refunded_minor) AS revenue
      FROM who w JOIN members_order o ON o.merchant_id = %(merchant)s AND o.member_id = w.buyer_id
       AND o.placed_at >= w.joined_at - make_interval(secs => %(early)s) AND o.status = 'recorded'
       AND o.placed_at >= %(since)s AND o.placed_at < %(until)s
     GROUP BY w.referrer_id),
came AS (
    SELECT referrer_id, count(*) FILTER (WHERE joined_at >= %(since)s AND joined_at < %(until)s) AS joined,
           count(*) FILTER (WHERE counts AND joined_at >= %(since)s AND joined_at < %(until)s) AS counted
      FROM friend GROUP BY referrer_id),
clicked AS (
    SELECT member_id, sum(clicks) AS clicks FROM members_referralclicks
     WHERE merchant_id = %(merchant)s AND (%(member)s::uuid IS NULL OR member_id = %(member)s)
       AND day >= %(first)s AND day <= %(last)s GROUP BY member_id),
paid AS (
    SELECT member_id, jsonb_object_agg(unit, net) AS commission FROM (
        SELECT member_id, unit, sum(given - taken - shortfall) AS net FROM members_referralpayout
         WHERE merchant_id = %(merchant)s AND role = 'commission'
           AND (%(member)s::uuid IS NULL OR member_id = %(member)s)
           AND decided_at >= %(since)s AND decided_at < %(until)s GROUP BY member_id, unit) u GROUP BY member_id)
SELECT id, coalesce(c.clicks, 0), coalesce(j.joined, 0), coalesce(j.counted, 0), coalesce(s.purchases, 0),
       coalesce(s.revenue, 0), p.commission
  FROM (SELECT member_id AS id FROM clicked UNION SELECT referrer_id FROM came UNION SELECT member_id FROM paid) a
  LEFT JOIN clicked c ON c.member_id = a.id LEFT JOIN came j ON j.referrer_id = a.id
  LEFT JOIN sold s ON s.referrer_id = a.id LEFT JOIN paid p ON p.member_id = a.id
 ORDER BY coalesce(s.revenue, 0) DESC, coalesce(j.joined, 0) DESC, coalesce(c.clicks, 0) DESC, a.id
 LIMIT %(limit)s
"""
_EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def figures(
    *, member: UUID | None = None, since: datetime = _EVER[0], until: datetime = _EVER[1],
    days: tuple[date, date] = (date(2000, 1, 1), date(2100, 1, 1)), limit: int = 100,
) -> list[Figures]:  # fmt: skip
    """What affiliates brought from `since` until before `until` (clicks: on `days`, both included), those who brought
    most first; of one `member`, or of all. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, {
            "merchant": scope.merchant_id(), "member": member, "since": since, "until": until,
            "first": days[0], "last": days[1], "limit": limit,
            "early": int(EARLY.total_seconds()),
        })  # fmt: skip
        rows = cursor.fetchall()
    return [Figures(row[0], int(row[1]), row[2], row[3], row[4], int(row[5]), _units(row[6])) for row in rows]


def _units(found: Any) -> dict[str, int]:
    """A raw cursor gives jsonb as text."""
    return {unit: int(net) for unit, net in json.loads(found or "{}").items()}
