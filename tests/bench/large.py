"""A large shop: a million members, three years of orders, ten million ledger entries; made by SQL in some minutes.

Every member has the same number of orders, each of which granted points that all are still there: balances, versions
and statements agree. Identifiers sort by when things happened, as real ones do, and the books are sealed month by
month. Hash chains are left out. As administrator and past the guards: the rows weigh as much as real ones.
"""

import argparse
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

ORDERS_EACH = 5
STEP = 20_000  # members in one statement
SLUG = "large"
LADDER = [
    {"id": "silver", "at_least": 2000_00, "name": {"en": "Silver"}},
    {"id": "gold", "at_least": 5000_00, "name": {"en": "Gold"}},
]

# n: a member's number. Their points for each order: 10 + n % 490. Family names say nothing of when somebody buys.
_MEMBERS = """
INSERT INTO members_member (id, merchant_id, status, joined_at, channel, language)
SELECT md5('member' || n)::uuid, %(shop)s, CASE WHEN n %% 97 = 0 THEN 'blocked' ELSE 'active' END,
       %(since)s::timestamptz + n %% 900 * interval '1 day' + n %% 86399 * interval '1 second',
       (ARRAY['web', 'till', 'portal'])[1 + n %% 3], (ARRAY['sv', 'nb', 'nl', 'en'])[1 + n %% 4]
  FROM generate_series(%(first)s::int, %(last)s::int) n;
INSERT INTO members_profile (id, merchant_id, member_id, given_name, family_name, birthday, news_by_email, news_by_sms,
                             search_given, search_family)
SELECT gen_random_uuid(), %(shop)s, md5('member' || n)::uuid, initcap(g), initcap(f), date '1950-01-01' + n %% 20000,
       n %% 3 = 0, n %% 7 = 0, g, f
  FROM generate_series(%(first)s::int, %(last)s::int) n,
       LATERAL (SELECT (ARRAY['ana','ben','cleo','dag','eva','finn','greta','hugo','ida','jon','kaj','liv'])[1 + n %% 12]
                       || CASE WHEN n %% 5 = 0 THEN '' ELSE (n / 60 %% 200)::text END AS g,
                       (ARRAY['alm','berg','dahl','ek','falk','gran','holm','ivar','jung','krok'])[1 + abs(hashint4(n)) %% 10]
                       || (n / 120 %% 500) AS f) named;
INSERT INTO members_identity (id, merchant_id, member_id, kind, value, verified_at)
SELECT gen_random_uuid(), %(shop)s, md5('member' || n)::uuid, kind, value, %(since)s
  FROM generate_series(%(first)s::int, %(last)s::int) n,
       LATERAL (VALUES ('email', 'member' || n || '@example.com'), ('external', 'cust-' || n),
                       ('card', upper(substr(md5('card' || n), 1, 12))), ('phone', '+467' || lpad(n::text, 8, '0')))
               v(kind, value)
 WHERE kind <> 'phone' OR n %% 2 = 0;
INSERT INTO members_stats (id, merchant_id, member_id, orders_count, spend_minor, first_order_at, last_order_at)
SELECT gen_random_uuid(), %(shop)s, md5('member' || n)::uuid, %(each)s, %(each)s * (10 + n %% 490) * 100,
       %(since)s::timestamptz, %(since)s::timestamptz + (%(each)s * 200 + n %% 150) * interval '1 day'
  FROM generate_series(%(first)s::int, %(last)s::int) n;
INSERT INTO members_tierstanding (id, merchant_id, member_id, tier, since, valid_until, review_at, basis, qualified_on)
SELECT gen_random_uuid(), %(shop)s, md5('member' || n)::uuid, CASE WHEN n %% 20 = 0 THEN 'gold' ELSE 'silver' END,
       %(since)s, %(until)s, %(until)s, 'qualified', %(since)s::date
  FROM generate_series(%(first)s::int, %(last)s::int) n WHERE n %% 4 = 0;
INSERT INTO ledger_account (id, merchant_id, owner, unit, kind, balance, version)
SELECT md5('account' || n)::uuid, %(shop)s, md5('member' || n)::uuid, 'points', 'available',
       %(each)s * (10 + n %% 490), %(each)s
  FROM generate_series(%(first)s::int, %(last)s::int) n
"""

# v: which of a member's orders; each about two hundred days after the one before. Movements have ids that sort by when
# they were, as everywhere: what happened lately is found by them.
_ORDERS = """
WITH bought AS (
    SELECT n, v, n || '-' || v AS name, 10 + n %% 490 AS points,
           %(since)s::timestamptz + (v * 200 + n %% 150) * interval '1 day' + n %% 36000 * interval '1 second' AS at
      FROM generate_series(%(first)s::int, %(last)s::int) n, generate_series(1, %(each)s::int) v),
placed AS MATERIALIZED (
    SELECT bought.*, (began || substr(md5('order' || name), 1, 20))::uuid AS order_id,
           (began || substr(md5('transfer' || name), 1, 20))::uuid AS transfer_id,
           (began || substr(md5('lot' || name), 1, 20))::uuid AS lot_id
      FROM bought, LATERAL (SELECT lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') AS began) made),
orders AS (
    INSERT INTO members_order (id, merchant_id, source, external_id, fingerprint, member_id, status, currency, total_minor,
                               discount_minor, points_minor, refunded_minor, unassigned_refund_minor, eligible_minor,
                               points_earned, channel, location, payment_method, decision, placed_at, recorded_at)
    SELECT order_id, %(shop)s, 'bench', name, md5(name)::uuid, md5('member' || n)::uuid, 'recorded', 'SEK',
           points * 100, 0, 0, 0, 0, points * 100, points, (ARRAY['web', 'till'])[1 + n %% 2], '', 'card', '{}', at, at
      FROM placed),
lines AS (
    INSERT INTO members_orderline (merchant_id, order_id, number, kind, sku, name, category, brand, tags, quantity,
                                   amount_minor, discount_minor, paid_minor, points, refunded_minor)
    SELECT %(shop)s, order_id, 1, 'product', 'sku-' || n %% 1000, 'Product ' || n %% 1000,
           'category ' || n %% 20, '', '{}', 1, points * 100, 0, points * 100, points, 0 FROM placed),
transfers AS (
    INSERT INTO ledger_transfer (id, merchant_id, key, fingerprint, kind, move, unit, owner, amount, shortfall, source_kind,
                                 source, rule, actor, reason, happened_at, recorded_at)
    SELECT transfer_id, %(shop)s, 'order:' || name, md5(name)::uuid, 'earn', 'grant', 'points',
           md5('member' || n)::uuid, points, 0, 'order', order_id, 'base', 'api:bench', '', at, at
      FROM placed),
lots AS (
    INSERT INTO ledger_lot (id, merchant_id, account_id, transfer_id, granted, remaining, pending, expires_at)
    SELECT lot_id, %(shop)s, md5('account' || n)::uuid, transfer_id, points, points,
           false, at + interval '5 years' FROM placed),
events AS (
    INSERT INTO events_event (merchant_id, kind, subject, actor, data, happened_at, recorded_at, dispatched_at)
    SELECT %(shop)s, 'points.earned', md5('member' || n)::uuid, 'api:bench', '{}', at, at, at FROM placed)
INSERT INTO ledger_entry (merchant_id, transfer_id, line, account_id, unit, lot_id, amount, version, balance_after, hash)
SELECT %(shop)s, transfer_id, 1, %(issued)s::uuid, 'points', NULL, -points, NULL, NULL, NULL FROM placed
UNION ALL
SELECT %(shop)s, transfer_id, 2, md5('account' || n)::uuid, 'points', lot_id, points, v,
       v * points, sha256('') FROM placed
"""


def open_shop(now: datetime) -> Any:
    """The shop with a programme of rates, tiers and an end of points, and its merchant's accounts."""
    from loyalty.core.ledger.operations import open_books
    from loyalty.core.merchants.operations import open_merchant
    from loyalty.core.programme import operations as programmes
    from loyalty.core.tenancy.scope import Actor, acting_for

    by, since = Actor("operator", "bench"), now - timedelta(days=1150)
    shop = open_merchant(
        name="Large", slug=SLUG, currency="SEK", timezone="Europe/Stockholm", at=since, by=by, country="SE"
    )
    rules = [{"type": "points_per_amount", "id": "base", "points": 1, "per_minor": 100}]
    with acting_for(shop, by=by):
        programmes.save_draft(
            content={"earning": {"rules": rules}, "tiers": {"ladder": LADDER},
                     "points_life": {"expiry": "rolling", "months": 60}},
            at=since,
        )  # fmt: skip
        programmes.publish(at=since)
        open_books()
    return shop


def fill(admin: str, shop: Any, members: int, now: datetime) -> float:
    """Write so many members with their orders and entries; seconds."""
    begun = time.perf_counter()
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        row = connection.execute(
            "SELECT id FROM ledger_account WHERE merchant_id = %s AND owner IS NULL AND unit = 'points' AND kind = 'issued'",
            [shop.pk],
        ).fetchone()
        if row is None:
            raise SystemExit("the shop has no books")
        known = {"shop": shop.pk, "since": now - timedelta(days=1150), "until": now + timedelta(days=90), "issued": row[0],
                 "each": ORDERS_EACH}  # fmt: skip
        for first in range(0, members, STEP):
            numbers = {"first": first, "last": min(first + STEP, members) - 1}
            for statement in (*_MEMBERS.split(";"), _ORDERS):
                connection.execute(statement.encode(), {**known, **numbers})
            if first % (STEP * 10) == 0:
                print(f"  {first:,} of {members:,} members written", file=sys.stderr, flush=True)
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    return time.perf_counter() - begun


def seal(shop: Any, now: datetime) -> None:
    """Seal the books as the nights would have, month by month: what they add up to is carried forward."""
    from loyalty.core.ledger.sealing import seal_books
    from loyalty.core.tenancy.scope import SYSTEM, acting_for

    zone = ZoneInfo(shop.timezone)
    for month in range(38, -1, -1):
        with acting_for(shop, by=SYSTEM):
            seal_books(day=now.astimezone(zone).date() - timedelta(days=1 + 30 * month), zone=zone, at=now)


def build(admin: str, members: int) -> Any:
    """Open and fill the large shop; the merchant."""
    now = datetime.now(UTC)
    shop = open_shop(now)
    took = fill(admin, shop, members, now)
    seal(shop, now)
    print(
        f"  {members:,} members, {members * ORDERS_EACH * 2:,} entries written in {took:.0f} s",
        file=sys.stderr,
    )
    return shop


def asked_for(purpose: str | None) -> tuple[Any, argparse.Namespace]:
    """The large shop that a part run by itself is to measure, and what else was asked: a new one of so many members, or
    with `--standing` the one that an earlier run left behind."""
    from tests.bench import world

    parser = argparse.ArgumentParser(description=purpose)
    parser.add_argument("--members", type=int, default=20_000)
    parser.add_argument("--standing", action="store_true", help="measure the shop an earlier run left behind")
    parser.add_argument("--refill", action="store_true", help="sum the whole history again")
    parser.add_argument("--only", default="", help="only what has this in its name")
    asked = parser.parse_args()
    if not asked.standing:
        return build(world.build(10).admin, asked.members), asked
    world.standing()
    from loyalty.core.merchants.models import Merchant  # models load once the settings are known

    return Merchant.objects.get(slug=SLUG), asked
