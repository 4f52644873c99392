"""What rewards cost, how long they take to earn, what has been given to charities, who may come in early."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, QuerySet, Sum
from msgspec import convert

from loyalty.core import ids
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.plans import planned_for_its_values
from members.queries.whole import of_whole
from rewards.models import Redemption, Reward
from rewards.queries.catalogue import kind_terms
from rewards.rules.kinds.giving import Donation
from rewards.rules.kinds.happenings import EarlyAccess

LOOKED_BACK = timedelta(days=90)
MONTH_DAYS = 30


def cost_of(reward: Reward) -> int | None:
    """What one of a reward costs the shop in minor units: as stated, or as its kind says; None when nobody knows."""
    return reward.unit_cost_minor or kind_terms(reward).cost_minor(reward.value)


def point_cost(catalogue: Sequence[Reward]) -> Decimal | None:
    """What one point costs the shop in minor units: the mean over rewards that say what they cost, weighted by how
    often they were taken; None while none says so. Points can buy nothing that is retired: it does not count."""
    priced = [row for row in catalogue if row.retired_at is None and row.cost_points]
    known = [(cost, row) for row in priced if (cost := cost_of(row))]
    if not known:
        return None
    weight = sum(row.taken + 1 for _cost, row in known)
    total = sum((Decimal(cost) / row.cost_points * (row.taken + 1) for cost, row in known), start=Decimal(0))
    return total / weight


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast members really earn: points in thirty days of those who earned any in the last ninety, at the quarter,
    the middle and the upper quarter of them. All 0 while nobody has."""

    members: int
    slow: int
    middle: int
    fast: int

    def days_to(self, points: int, *, have: int = 0) -> int | None:
        """Days in which the member in the middle earns what is missing of `points`; None while nobody earns."""
        missing = max(0, points - have)
        if not missing:
            return 0
        return -(-missing * MONTH_DAYS // self.middle) if self.middle else None


_PACE = """
SELECT count(*), coalesce(percentile_disc(0.25) WITHIN GROUP (ORDER BY e.points), 0),
       coalesce(percentile_disc(0.5) WITHIN GROUP (ORDER BY e.points), 0),
       coalesce(percentile_disc(0.75) WITHIN GROUP (ORDER BY e.points), 0)
  FROM (SELECT d.owner, sum(d.points) * %(month)s / greatest(1, least(%(days)s, ceil(extract(
               epoch FROM %(at)s - greatest(min(m.joined_at), %(since)s)) / 86400)::int)) AS points
          FROM (SELECT o.member_id AS owner, o.points_earned AS points FROM members_order o
                 WHERE o.merchant_id = %(merchant)s AND o.placed_at >= %(since)s AND o.placed_at < %(at)s
                   AND o.member_id IS NOT NULL AND o.points_earned > 0 AND o.status = 'recorded'
                UNION ALL
                SELECT a.member_id, a.points_earned FROM members_activity a
                 WHERE a.merchant_id = %(merchant)s AND a.happened_at >= %(since)s AND a.happened_at < %(at)s
                   AND a.points_earned > 0) d
          JOIN members_member m ON m.merchant_id = %(merchant)s AND m.id = d.owner
         GROUP BY d.owner) e
"""


def pace(*, at: datetime) -> Pace:
    """The shop's real earning rates in the ninety days before `at`. Who joined within them is counted from then on."""
    asked: dict[str, Any] = {
        "merchant": scope.merchant_id(), "at": at, "since": at - LOOKED_BACK, "days": LOOKED_BACK.days,
        "month": MONTH_DAYS,
    }  # fmt: skip
    with planned_for_its_values(), connection.cursor() as cursor:
        cursor.execute(_PACE, asked)
        members, *quarters = cursor.fetchone()
    slow, middle, fast = (int(points) for points in quarters)
    return Pace(members, slow, middle, fast)


@dataclass(frozen=True, slots=True)
class Economics:
    """A reward in figures: what one costs the shop (minor units, None unknown), what was handed out and cost so far,
    and in how many days members earn it: the middle one, and from a fast to a slow one; None while nobody earns."""

    unit_cost_minor: int | None
    handed_out: int
    cost_minor: int
    days: int | None
    days_fast: int | None
    days_slow: int | None


def economics(reward: Reward, rate: Pace) -> Economics:
    """What a reward costs and how long it takes to earn, at real rates."""
    stood = Redemption.objects.filter(reward=reward, status=Redemption.Status.COMMITTED)
    sums = stood.aggregate(n=Sum("quantity"), stated=Sum(F("unit_cost_minor") * F("quantity")))
    cost, handed_out = cost_of(reward), sums["n"] or 0

    def days(points: int) -> int | None:
        return Pace(rate.members, points, points, points).days_to(reward.cost_points)

    return Economics(
        cost, handed_out, sums["stated"] or (cost or 0) * handed_out, days(rate.middle), days(rate.fast),
        days(rate.slow),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Taken:
    """How many of a reward were handed out, and what they cost the shop in minor units, as it was then."""

    times: int = 0
    cost_minor: int = 0


def taken_of(reward: UUID | None = None, *, since: datetime, until: datetime) -> QuerySet[Redemption]:
    """What was handed out from an instant until before another, of one reward or of all, and was not taken back; last
    first. The caller slices."""
    rows = Redemption.objects.filter(
        status=Redemption.Status.COMMITTED,
        reserved_at__gte=since,
        reserved_at__lt=until,
        pk__gte=ids.first_of(since),
    )
    return (rows if reward is None else rows.filter(reward=reward)).order_by("-id")


def sum_of(rows: QuerySet[Redemption]) -> Taken:
    """What some redemptions come to."""
    found = rows.order_by().aggregate(n=Sum("quantity"), cost=Sum(F("unit_cost_minor") * F("quantity")))
    return Taken(found["n"] or 0, found["cost"] or 0)


def taken(*, since: datetime, until: datetime) -> dict[UUID, Taken]:
    """What was handed out of each reward in a stretch of time; rewards of which nothing was are missing. One query."""
    rows = taken_of(since=since, until=until).order_by().values("reward")
    sums = rows.annotate(n=Sum("quantity"), cost=Sum(F("unit_cost_minor") * F("quantity")))
    return {row["reward"]: Taken(row["n"] or 0, row["cost"] or 0) for row in sums}


@dataclass(frozen=True, slots=True)
class Given:
    """What a charity was given on members' behalf: how often, and how much in minor units; `by_member` of one."""

    reward: Reward
    charity: str
    times: int
    minor: int
    by_member_minor: int


def donations(*, member: UUID | None = None) -> list[Given]:
    """Running totals of every charity of the shop, largest first; retired ones too. What was taken back is not in
    them; what points are still set aside for is not, either."""
    rewards = {row.pk: row for row in Reward.objects.filter(kind=Reward.Kind.DONATION)}
    stood = Redemption.objects.filter(reward__in=list(rewards), status=Redemption.Status.COMMITTED)
    worth = Sum(F("value") * F("quantity"))
    totals = {
        row["reward"]: (row["times"], row["minor"])
        for row in stood.values("reward").annotate(times=Sum("quantity"), minor=worth)
    }
    mine: dict[UUID, int] = {}
    if member is not None:
        mine = dict(stood.filter(of_whole(member)).values_list("reward").annotate(minor=worth))
    found = [
        Given(row, convert(row.terms, Donation).charity, *totals.get(pk, (0, 0)), mine.get(pk, 0))
        for pk, row in rewards.items()
    ]
    return sorted(found, key=lambda one: (-one.minor, one.reward.pk))


@dataclass(frozen=True, slots=True)
class Access:
    """Getting in early: a reward the member holds, open from when until everybody may."""

    reward: Reward
    opens_at: datetime
    public_at: datetime
    url: str
    open: bool


def access(member: UUID, *, at: datetime) -> list[Access]:
    """What a member may come into before others, now or later; what is public is left out."""
    held = Redemption.objects.filter(
        of_whole(member), reward__kind=Reward.Kind.EARLY_ACCESS, status=Redemption.Status.COMMITTED
    )
    rows = Reward.objects.filter(pk__in=held.values("reward"))
    found = [(row, convert(row.terms, EarlyAccess)) for row in rows]
    return sorted(
        (
            Access(row, terms.opens_at, terms.public_at, terms.url, terms.opens_at <= at < terms.public_at)
            for row, terms in found
            if at < terms.public_at
        ),
        key=lambda one: one.opens_at,
    )
