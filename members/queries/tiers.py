"""What qualifies members for tiers, with the standings they have: a whole batch in one statement."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.db import connection
from django.db.models import Count, QuerySet

from loyalty.core.errors import NotFound
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy import scope
from members.models import Stats, TierChange, TierReview, TierStanding
from members.rules.tiers import Basis, Days, Occasion, Standing, Tiers, Verdict, WindowKind, standing
from members.rules.tiers.windows import reach_days

NO_TIERS = Tiers()


@dataclass(frozen=True, slots=True)
class Known:
    """A member with what qualifies them, day by day, and the standing they have."""

    member: UUID
    joined_at: datetime
    days: Days
    now: Standing | None


class _Row(msgspec.Struct):
    id: UUID
    joined: datetime
    tier: str | None
    since: datetime | None
    valid_until: datetime | None
    review_at: datetime | None
    basis: Basis | None
    qualified_on: date | None
    days: list[tuple[date | None, int]] | None


# What a ladder does not count by is not read: of the branches one is carried out. Days are the merchant's, so windows
# need no instants. Points are counted as the order earned them, less what its refunds undid, whether it could be taken
# back or not; what was granted otherwise and status credits, as the books have them. A merge counts nothing twice:
# orders and movements stay where they were recorded, and are read of both.
_READ = """
SELECT coalesce(jsonb_agg(jsonb_build_object(
    'id', m.id, 'joined', m.joined_at, 'tier', s.tier, 'since', s.since, 'valid_until', s.valid_until,
    'review_at', s.review_at, 'basis', s.basis, 'qualified_on', s.qualified_on,
    'days', (
      SELECT jsonb_agg(jsonb_build_array(d.day, d.amount)) FROM (
        SELECT CASE WHEN NOT %(always)s THEN (e.at AT TIME ZONE %(zone)s)::date END AS day,
               sum(e.amount)::bigint AS amount
          FROM (
            SELECT o.placed_at AS at, o.total_minor - o.refunded_minor AS amount FROM members_order o
             WHERE %(by)s::text = 'spend' AND o.merchant_id = %(merchant)s AND o.member_id = ANY(who.ids)
               AND o.placed_at >= f.floor AND o.status = 'recorded'
            UNION ALL
            SELECT o.placed_at, 1 FROM members_order o
             WHERE %(by)s::text = 'orders' AND o.merchant_id = %(merchant)s AND o.member_id = ANY(who.ids)
               AND o.placed_at >= f.floor AND o.status = 'recorded'
               AND (o.refunded_minor < o.total_minor OR o.total_minor = 0)
            UNION ALL
            SELECT a.happened_at, 1 FROM members_activity a
             WHERE %(by)s::text = 'activities' AND a.merchant_id = %(merchant)s AND a.member_id = ANY(who.ids)
               AND a.kind = ANY(%(kinds)s::text[]) AND a.happened_at >= f.floor
            UNION ALL
            SELECT a.happened_at, a.points_earned FROM members_activity a
             WHERE %(by)s::text = 'points' AND a.merchant_id = %(merchant)s AND a.member_id = ANY(who.ids)
               AND a.happened_at >= f.floor AND a.points_earned > 0
            UNION ALL
            SELECT o.placed_at, o.points_earned - CASE WHEN o.refunded_minor = 0 AND o.status = 'recorded' THEN 0 ELSE (
                     SELECT coalesce(sum(r.points_taken + r.shortfall), 0) FROM members_refund r
                      WHERE r.merchant_id = %(merchant)s AND r.order_id = o.id AND r.status = 'applied') END
              FROM members_order o
             WHERE %(by)s::text = 'points' AND o.merchant_id = %(merchant)s AND o.member_id = ANY(who.ids)
               AND o.placed_at >= f.floor AND o.points_earned > 0
            UNION ALL
            SELECT t.happened_at, t.amount FROM (
              SELECT DISTINCT e.transfer_id FROM ledger_account a
                JOIN ledger_entry e ON e.merchant_id = a.merchant_id AND e.account_id = a.id AND e.amount > 0
               WHERE %(by)s::text = 'points' AND a.merchant_id = %(merchant)s AND a.owner = ANY(who.ids)
                 AND a.unit = 'points' AND a.kind IN ('available', 'pending')) x
              JOIN ledger_transfer t ON t.merchant_id = %(merchant)s AND t.id = x.transfer_id
             WHERE t.move = 'grant' AND t.kind IN ('earn', 'referral', 'bonus')
               AND t.source_kind NOT IN ('order', 'activity') AND t.happened_at >= f.floor
            UNION ALL
            SELECT coalesce(o.placed_at, t.happened_at), CASE WHEN t.move = 'grant' THEN t.amount ELSE -t.amount END
              FROM (
                SELECT DISTINCT e.transfer_id FROM ledger_account a
                  JOIN ledger_entry e ON e.merchant_id = a.merchant_id AND e.account_id = a.id
                 WHERE %(by)s::text = 'credits' AND a.merchant_id = %(merchant)s AND a.owner = ANY(who.ids)
                   AND a.unit = 'credits') x
              JOIN ledger_transfer t ON t.merchant_id = %(merchant)s AND t.id = x.transfer_id
              LEFT JOIN members_order o ON o.merchant_id = %(merchant)s AND o.id = t.source AND t.source_kind = 'order'
             WHERE t.kind <> 'merge' AND (t.move IN ('grant', 'take_back') OR t.kind IN ('adjustment', 'refund'))
            UNION ALL
            SELECT r.qualified_at, 1 FROM members_referral r
             WHERE %(by)s::text = 'friends' AND r.merchant_id = %(merchant)s AND r.referrer_id = ANY(who.ids)
               AND r.status IN ('qualified', 'rewarded') AND r.qualified_at >= f.floor
          ) e GROUP BY 1) d))), '[]')
  FROM unnest(%(members)s::uuid[]) AS q(id)
 CROSS JOIN LATERAL (
      SELECT CASE WHEN merged_into_id IS NULL THEN id ELSE merged_into_id END AS id FROM members_member
       WHERE merchant_id = %(merchant)s AND id = q.id LIMIT 1) g
 CROSS JOIN LATERAL (
      SELECT id, joined_at FROM members_member
       WHERE merchant_id = %(merchant)s AND id = g.id AND status IN ('active', 'blocked') LIMIT 1) m
  LEFT JOIN LATERAL (
      SELECT tier, since, valid_until, review_at, basis, qualified_on FROM members_tierstanding
       WHERE merchant_id = %(merchant)s AND member_id = m.id LIMIT 1) s ON true
 CROSS JOIN LATERAL (
      SELECT ARRAY(SELECT m.id UNION ALL SELECT id FROM members_member
                    WHERE merchant_id = %(merchant)s AND merged_into_id = m.id) AS ids) who
 CROSS JOIN LATERAL (
      SELECT CASE WHEN %(always)s THEN '-infinity'::timestamptz
                  ELSE least(%(floor)s::timestamptz,
                       CASE WHEN s.review_at <= %(at)s THEN s.valid_until - make_interval(days => %(reach)s::int) END,
                       CASE WHEN %(deep)s THEN s.qualified_on::timestamptz - make_interval(days => %(reach)s::int) END)
                  END AS floor) f
"""


def known(
    members: Sequence[UUID], *, tiers: Tiers, at: datetime, zone: ZoneInfo, deep: bool = False
) -> list[Known]:
    """Each of some members, whoever they are by now, once; those who are gone are left out. `deep` also reads back to
    what somebody's present tier was reached with: nothing but a refund needs that."""
    reach = timedelta(days=reach_days(tiers) + 2)
    always = tiers.window is WindowKind.LIFETIME
    with connection.cursor() as cursor:
        cursor.execute(_READ, {
            "merchant": scope.merchant_id(), "members": list(dict.fromkeys(members)), "by": tiers.by.value,
            "kinds": list(tiers.kinds), "zone": zone.key, "always": always, "deep": deep, "floor": at - reach,
            "reach": reach.days, "at": at,
        })  # fmt: skip
        rows = msgspec.json.decode(cursor.fetchone()[0], type=list[_Row])
    return list({row.id: _known(row, zone) for row in rows}.values())


def _known(row: _Row, zone: ZoneInfo) -> Known:
    days = dict(row.days or ())
    if row.tier is None or row.since is None:
        return Known(row.id, row.joined, days, None)
    on = row.qualified_on or row.since.astimezone(zone).date()
    now = Standing(row.tier, row.since, row.valid_until, row.review_at, row.basis or Basis.QUALIFIED, on)
    return Known(row.id, row.joined, days, now)


def verdicts(
    members: Sequence[UUID], *, tiers: Tiers, at: datetime, zone: ZoneInfo, occasion: Occasion
) -> Iterator[tuple[Known, Verdict]]:
    """What each member's tier would be at an instant. Reads; writes and locks nothing."""
    for one in known(members, tiers=tiers, at=at, zone=zone, deep=occasion is Occasion.REFUND):
        found = standing(
            tiers, one.days, one.now, joined_at=one.joined_at, at=at, zone=zone, occasion=occasion
        )
        yield one, found


def ladder_in_force() -> Tiers:
    """The tiers that count now; without any before the first publication."""
    current = programmes.in_force()
    return current.programme["tiers"] if current else NO_TIERS


def tiers_by_now(members: Sequence[UUID], *, at: datetime) -> dict[UUID, str]:
    """The tiers of members whose time is over and who have not been looked at yet: what the review will say."""
    zone = ZoneInfo(shop_of_scope().timezone)
    tiers = ladder_in_force()
    found = verdicts(members, tiers=tiers, at=at, zone=zone, occasion=Occasion.REVIEW)
    return {one.member: verdict.standing.tier if verdict.standing else "" for one, verdict in found}


def one(member: UUID, *, tiers: Tiers, at: datetime, zone: ZoneInfo) -> Known:
    """One member, with the standing that a review would give them where their time is over. `NotFound` when they are no
    member any more."""
    found = list(verdicts([member], tiers=tiers, at=at, zone=zone, occasion=Occasion.REVIEW))
    if not found:
        raise NotFound("member")
    known_one, verdict = found[0]
    over = known_one.now is not None and known_one.now.is_over(at)
    return replace(known_one, now=verdict.standing) if over else known_one


def due(*, at: datetime, most: int) -> list[UUID]:
    """Members whose tier's time and grace are over, those that waited longest first."""
    rows = TierStanding.objects.filter(review_at__lte=at).order_by("review_at", "member_id")
    return list(rows.values_list("member_id", flat=True)[:most])


def members_after(position: UUID | None, *, most: int) -> list[UUID]:
    """Members in the order of their ids, those after one of them: a page of everybody who counts."""
    rows = Stats.objects.order_by("member_id")
    if position is not None:
        rows = rows.filter(member_id__gt=position)
    return list(rows.values_list("member_id", flat=True)[:most])


def holders() -> dict[str, int]:
    """How many members have each tier, by its id."""
    return dict(TierStanding.objects.order_by("tier").values_list("tier").annotate(members=Count("pk")))


def anybody_in(tier: str) -> bool:
    """Whether a member has a tier."""
    return TierStanding.objects.filter(tier=tier).exists()


def history(member: UUID) -> QuerySet[TierChange]:
    """A member's changes of tier, last first; the caller slices."""
    return TierChange.objects.filter(member=member).order_by("-id")


def open_review() -> TierReview | None:
    """The review that follows the last publication, while it is under way."""
    return TierReview.objects.filter(finished_at=None).first()


def last_review() -> TierReview | None:
    """The review that followed the last publication of other tiers."""
    return TierReview.objects.order_by("-id").first()


def figures(row: TierReview) -> dict[str, Any]:
    """A review's figures for an event."""
    return {"version": str(row.version), "reviewed": row.reviewed, "changed": row.changed}
