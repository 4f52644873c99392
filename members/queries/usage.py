"""What rules have given and what the member did before, for a whole batch in one statement."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.db import connection

from loyalty.core.tenancy import scope
from members.queries.tiers import tiers_by_now
from members.rules.facts import Happened, Period, Spent
from members.rules.needs import Need
from members.rules.usage import Asked, Sheet, Standing, bounds

_encode = msgspec.json.Encoder().encode


class Occasion(NamedTuple):
    """Something that is about to be decided, by number: whose (nobody's: a guest's), when it happened, and the name
    under which it is about to be recorded, as (source, external id), and the products it is about."""

    number: int
    member: UUID | None
    at: datetime
    name: tuple[str, str] | None = None
    skus: tuple[str, ...] = ()


class _Member(msgspec.Struct):
    id: UUID
    seen: str | None
    orders: int | None
    spend: int | None
    last: datetime | None
    born: date | None
    tier: str | None
    tier_ends: datetime | None
    places: list[tuple[str, datetime | None]] | None


class _Window(msgspec.Struct):
    n: int
    rule: str
    period: Period
    times: int
    units: int


class _Nearest(msgspec.Struct):
    n: int
    rule: str
    at: datetime


class _Past(msgspec.Struct):
    n: int
    kind: str
    sku: str
    at: datetime


class _Ordered(msgspec.Struct):
    n: int
    period: Period
    orders: int


class _Bought(msgspec.Struct):
    n: int
    back: int
    sku: str
    times: int


class _Budget(msgspec.Struct):
    budget: str
    units: int
    cost: str


class _Answer(msgspec.Struct):
    members: list[_Member] | None
    given: list[_Window] | None
    nearest: list[_Nearest] | None
    past: list[_Past] | None
    ordered: list[_Ordered] | None
    bought: list[_Bought] | None
    budgets: list[_Budget] | None
    recorded: list[int] | None


# One statement, so that all of it is of one instant. Each LIMIT 1 keeps the planner at one look-up by key.
_READ = """
SELECT jsonb_build_object(
  'members', (
    SELECT jsonb_agg(jsonb_build_object('id', q.id, 'seen', s.seen, 'orders', s.orders_count, 'spend', s.spend_minor,
                                        'last', s.last_order_at, 'born', p.birthday,
                                        'tier', t.tier, 'tier_ends', t.review_at, 'places', g.places))
      FROM unnest(%(members)s::uuid[]) AS q(id)
      LEFT JOIN LATERAL (
           SELECT xmin::text AS seen, orders_count, spend_minor, last_order_at FROM members_stats
            WHERE merchant_id = %(merchant)s AND member_id = q.id LIMIT 1) s ON true
      LEFT JOIN LATERAL (
           SELECT birthday FROM members_profile
            WHERE merchant_id = %(merchant)s AND member_id = q.id LIMIT 1) p ON true
      LEFT JOIN LATERAL (
           SELECT tier, review_at FROM members_tierstanding
            WHERE merchant_id = %(merchant)s AND member_id = q.id LIMIT 1) t ON true
      LEFT JOIN LATERAL (
           SELECT jsonb_agg(jsonb_build_array(segment, until)) AS places FROM members_segmentplace
            WHERE merchant_id = %(merchant)s AND member_id = q.id) g ON true),
  'given', (
    SELECT jsonb_agg(jsonb_build_object('n', w.n, 'rule', w.rule, 'period', w.period, 'times', u.times,
                                        'units', u.units))
      FROM jsonb_to_recordset(%(windows)s::jsonb)
           AS w(n int, member uuid, rule text, period text, since timestamptz, until timestamptz)
     CROSS JOIN LATERAL (
           SELECT count(*) AS times, sum(units) AS units FROM members_ruleuse
            WHERE merchant_id = %(merchant)s AND member_id = w.member AND rule = w.rule
              AND at >= w.since AND at < w.until AND units > 0) u
     WHERE u.times > 0),
  'nearest', (
    SELECT jsonb_agg(jsonb_build_object('n', w.n, 'rule', w.rule, 'at', u.at))
      FROM jsonb_to_recordset(%(waits)s::jsonb) AS w(n int, member uuid, rule text, at timestamptz)
     CROSS JOIN LATERAL (
           (SELECT at FROM members_ruleuse WHERE merchant_id = %(merchant)s AND member_id = w.member AND rule = w.rule
               AND at <= w.at AND units > 0 ORDER BY at DESC LIMIT 1)
           UNION ALL
           (SELECT at FROM members_ruleuse WHERE merchant_id = %(merchant)s AND member_id = w.member AND rule = w.rule
               AND at > w.at AND units > 0 ORDER BY at LIMIT 1)) u),
  'past', (
    SELECT jsonb_agg(jsonb_build_object('n', w.n, 'kind', w.kind, 'sku', e.sku, 'at', e.at))
      FROM jsonb_to_recordset(%(reaches)s::jsonb)
           AS w(n int, member uuid, kind text, since timestamptz, until timestamptz)
     CROSS JOIN LATERAL (
           SELECT ARRAY(SELECT w.member UNION ALL SELECT id FROM members_member
                         WHERE merchant_id = %(merchant)s AND merged_into_id = w.member) AS ids) who
     CROSS JOIN LATERAL (
           SELECT l.sku, max(o.placed_at) AS at FROM members_order o
             JOIN members_orderline l ON l.merchant_id = o.merchant_id AND l.order_id = o.id
            WHERE w.kind = 'purchase' AND o.merchant_id = %(merchant)s AND o.member_id = ANY(who.ids)
              AND o.placed_at >= w.since AND o.placed_at <= w.until AND o.status = 'recorded'
              AND (l.refunded_minor < l.paid_minor OR l.paid_minor = 0)
            GROUP BY l.sku
           UNION ALL
           SELECT a.sku, max(a.happened_at) FROM members_activity a
            WHERE a.merchant_id = %(merchant)s AND a.member_id = ANY(who.ids) AND a.kind = w.kind
              AND a.happened_at >= w.since AND a.happened_at <= w.until AND a.status IN ('recorded', 'approved')
            GROUP BY a.sku) e),
  'ordered', (
    SELECT jsonb_agg(jsonb_build_object('n', w.n, 'period', w.period, 'orders', c.orders))
      FROM jsonb_to_recordset(%(calendars)s::jsonb)
           AS w(n int, member uuid, period text, since timestamptz, until timestamptz)
     CROSS JOIN LATERAL (
           SELECT count(*) AS orders FROM members_order o
            WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded'
              AND o.member_id = ANY(ARRAY(SELECT w.member UNION ALL SELECT id FROM members_member
                                           WHERE merchant_id = %(merchant)s AND merged_into_id = w.member))
              AND o.placed_at >= w.since AND o.placed_at < w.until) c),
  'bought', (
    SELECT jsonb_agg(jsonb_build_object('n', w.n, 'back', w.back, 'sku', b.sku, 'times', b.times))
      FROM jsonb_to_recordset(%(repeats)s::jsonb)
           AS w(n int, member uuid, back int, skus text[], since timestamptz, until timestamptz)
     CROSS JOIN LATERAL (
           SELECT l.sku, count(DISTINCT o.id) AS times FROM members_order o
             JOIN members_orderline l ON l.merchant_id = o.merchant_id AND l.order_id = o.id
            WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded' AND l.sku = ANY(w.skus)
              AND o.member_id = ANY(ARRAY(SELECT w.member UNION ALL SELECT id FROM members_member
                                           WHERE merchant_id = %(merchant)s AND merged_into_id = w.member))
              AND o.placed_at >= w.since AND o.placed_at <= w.until
              AND (l.refunded_minor < l.paid_minor OR l.paid_minor = 0)
            GROUP BY l.sku) b),
  'budgets', (
    SELECT jsonb_agg(jsonb_build_object('budget', b.budget, 'units', b.units, 'cost', b.cost_minor::text))
      FROM unnest(%(budgets)s::text[]) AS q(name)
     CROSS JOIN LATERAL (
           SELECT budget, units, cost_minor FROM members_budgetuse
            WHERE merchant_id = %(merchant)s AND budget = q.name LIMIT 1) b),
  'recorded', (
    SELECT jsonb_agg(q.n)
      FROM jsonb_to_recordset(%(names)s::jsonb) AS q(n int, source text, external_id text)
     CROSS JOIN LATERAL (
           SELECT 1 FROM members_order
            WHERE merchant_id = %(merchant)s AND source = q.source AND external_id = q.external_id LIMIT 1) o)
)
"""


def sheet(asked: Asked, occasions: Sequence[Occasion], zone: ZoneInfo) -> Sheet:
    """Everything the programme's rules look at, for these occasions. Only what is asked for is looked up."""
    made = Sheet(asked, zone)
    own = asked.by_member or not asked.needs.isdisjoint({Need.BIRTHDAY, Need.TIER, Need.SEGMENTS})
    members = [one for one in occasions if one.member is not None]
    with connection.cursor() as cursor:
        cursor.execute(_READ, {
            "merchant": scope.merchant_id(),
            "members": list(dict.fromkeys(one.member for one in members)) if own else [],
            "windows": _encode([window for one in members for window in _windows(asked, one, zone)]).decode(),
            "waits": _encode([wait for one in members for wait in _waits(asked, one)]).decode(),
            "reaches": _encode([reach for one in members for reach in _reaches(asked, one)]).decode(),
            "calendars": _encode([one for who in members for one in _calendars(asked, who, zone)]).decode(),
            "repeats": _encode([one for who in members for one in _repeats(asked, who)]).decode(),
            "budgets": list(asked.budgets),
            "names": _encode([_name(one) for one in occasions if one.name and asked.guarded]).decode(),
        })  # fmt: skip
        answer = msgspec.json.decode(cursor.fetchone()[0], type=_Answer)
    _fill(made, answer, occasions)
    if Need.TIER in asked.needs:
        _look_at_tiers(made, answer, occasions)
    return made


def _look_at_tiers(made: Sheet, answer: _Answer, occasions: Sequence[Occasion]) -> None:
    """A tier whose time is over counts as what a review would make of it, though nobody has reviewed it yet."""
    over = {row.id: row.tier_ends for row in answer.members or () if row.tier_ends is not None}
    instants = [one.at for one in occasions if one.member in over and over[one.member] <= one.at]
    if instants:
        late = [member for member, end in over.items() if end <= max(instants)]
        for member, tier in tiers_by_now(late, at=max(instants)).items():
            made.standings[member].tier = tier


def _name(one: Occasion) -> dict[str, Any]:
    source, external_id = one.name or ("", "")
    return {"n": one.number, "source": source, "external_id": external_id}


def _windows(asked: Asked, one: Occasion, zone: ZoneInfo) -> list[dict[str, Any]]:
    found = []
    for rule, periods in asked.periods.items():
        for period in periods:
            since, until = bounds(period, one.at, zone)
            found.append({"n": one.number, "member": one.member, "rule": rule, "period": period,
                          "since": since or "-infinity", "until": until or "infinity"})  # fmt: skip
    return found


def _waits(asked: Asked, one: Occasion) -> list[dict[str, Any]]:
    return [
        {"n": one.number, "member": one.member, "rule": rule, "at": one.at} for rule in sorted(asked.cooled)
    ]


def _reaches(asked: Asked, one: Occasion) -> list[dict[str, Any]]:
    return [
        {"n": one.number, "member": one.member, "kind": kind, "since": one.at - reach, "until": one.at}
        for kind, reach in asked.reach.items()
    ]


def _calendars(asked: Asked, one: Occasion, zone: ZoneInfo) -> list[dict[str, Any]]:
    found = []
    for period in asked.order_periods:
        since, until = bounds(period, one.at, zone)
        found.append(
            {"n": one.number, "member": one.member, "period": period, "since": since, "until": until}
        )
    return found


def _repeats(asked: Asked, one: Occasion) -> list[dict[str, Any]]:
    return [
        {"n": one.number, "member": one.member, "back": back, "skus": one.skus,
         "since": one.at - timedelta(days=back), "until": one.at}
        for back in asked.repeats if one.skus
    ]  # fmt: skip


def _fill(made: Sheet, answer: _Answer, occasions: Sequence[Occasion]) -> None:
    for row in answer.members or ():
        made.standings[row.id] = Standing(
            row.seen or "",
            row.orders or 0,
            row.spend or 0,
            row.last,
            row.born,
            row.tier or "",
            row.places or [],
        )
    for window in answer.given or ():
        made.given[window.n, window.rule, window.period] = window.times, window.units
    asked_at = {one.number: one.at for one in occasions}
    for found in answer.nearest or ():
        key, at = (found.n, found.rule), asked_at[found.n]
        if key not in made.nearest or abs(at - found.at) < abs(at - made.nearest[key]):
            made.nearest[key] = found.at
    for event in answer.past or ():
        made.past.setdefault(event.n, []).append(Happened(event.kind, event.at, event.sku))
    for counted in answer.ordered or ():
        made.ordered[counted.n, counted.period] = counted.orders
    for often in answer.bought or ():
        made.bought[often.n, often.back, often.sku] = often.times
    for budget in answer.budgets or ():
        made.budgets[budget.budget] = Spent(budget.units, Decimal(budget.cost))
    made.recorded.update(answer.recorded or ())
