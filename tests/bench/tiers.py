"""The review of tiers: a shop of its own, with many members whose time is over at once, made by SQL; members per second.

Also runs by itself: `python -m tests.bench.tiers --members 50000` against the development server.
"""

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg

from tests.bench.clients import Figure

if TYPE_CHECKING:
    from tests.bench.__main__ import Run

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
OVER = datetime(2027, 1, 1, 1, tzinfo=UTC)
TARGET = 1_000_000 / 600  # a million within ten minutes
LADDER = {
    "valid": "period_end", "landing": "one_step",
    "ladder": [{"id": "silver", "at_least": 1000_00}, {"id": "gold", "at_least": 2000_00}],
}  # fmt: skip

# Members with ten orders each, of whom nearly all have a tier that ends with the year.
_CROWD = """
INSERT INTO members_member (id, merchant_id, status, joined_at, channel, language)
SELECT gen_random_uuid(), %(shop)s, 'active', %(at)s, 'crowd', 'sv' FROM generate_series(1, %(count)s);
INSERT INTO members_stats (id, merchant_id, member_id, orders_count, spend_minor)
SELECT gen_random_uuid(), merchant_id, id, 10, 0 FROM members_member WHERE merchant_id = %(shop)s;
INSERT INTO members_order (id, merchant_id, source, external_id, fingerprint, member_id, status, currency, total_minor,
                           discount_minor, points_minor, refunded_minor, unassigned_refund_minor, eligible_minor,
                           points_earned, channel, location, payment_method, decision, placed_at, recorded_at)
SELECT gen_random_uuid(), m.merchant_id, 'bench', m.id::text || n, m.id, m.id, 'recorded', 'SEK',
       (5000 + abs(hashtext(m.id::text || n)) %% 30000), 0, 0, 0, 0, 0, 0, '', '', '', '{}',
       %(at)s::timestamptz + n * interval '20 days', %(at)s
  FROM members_member m, generate_series(0, 9) n WHERE m.merchant_id = %(shop)s;
INSERT INTO members_tierstanding (id, merchant_id, member_id, tier, since, valid_until, review_at, basis, qualified_on)
SELECT gen_random_uuid(), merchant_id, id, 'gold', %(at)s, %(end)s, %(end)s, 'qualified', %(at)s::date
  FROM members_member WHERE merchant_id = %(shop)s;
ANALYZE members_member, members_stats, members_order, members_tierstanding
"""


def crowd(admin: str, count: int, slug: str) -> Any:
    """A shop with so many members. As administrator: these rows weigh as much as real ones, and nothing else reads
    them."""
    from loyalty.core.merchants.operations import open_merchant
    from loyalty.core.programme import operations as programmes
    from loyalty.core.tenancy.scope import Actor, acting_for

    by = Actor("operator", "bench")
    shop = open_merchant(
        name="Tiers", slug=slug, currency="SEK", timezone="Europe/Stockholm", at=AT, by=by, country="SE"
    )
    with acting_for(shop, by=by):
        programmes.save_draft(content={"tiers": LADDER}, at=AT)
        programmes.publish(at=AT)
    end = datetime(2026, 12, 31, 23, tzinfo=UTC)  # midnight in Stockholm
    with psycopg.connect(admin, autocommit=True) as connection:
        for statement in _CROWD.split(";"):
            if "%(" in statement:
                connection.execute(statement, {"shop": shop.pk, "at": AT, "end": end, "count": count})
            else:
                connection.execute(statement.strip().encode())
    return shop


def review(shop: Any) -> tuple[int, float]:
    """Review everybody who is due, a batch per transaction, as the task does: how many, in how many seconds."""
    from loyalty.core.tenancy.scope import SYSTEM, acting_for
    from members.operations import tiers

    done, start = 0, time.perf_counter()
    while True:
        with acting_for(shop, by=SYSTEM):
            looked_at = tiers.review_due(at=OVER)
        done += looked_at
        if looked_at < tiers.BATCH:
            return done, time.perf_counter() - start


def preview(shop: Any) -> float:
    """Seconds for the counts of another ladder."""
    import msgspec

    from loyalty.core.tenancy.scope import SYSTEM, acting_for
    from members.queries.tier_preview import preview_tiers
    from members.rules.tiers import Tiers

    start = time.perf_counter()
    with acting_for(shop, by=SYSTEM):
        preview_tiers(msgspec.convert({**LADDER, "valid": "next_period_end"}, Tiers), at=AT)
    return time.perf_counter() - start


def measure(run: "Run") -> None:
    """Add the figures to a run."""
    shop = crowd(run.world.admin, run.crowd, "tiers")
    took = preview(shop)
    run.add(Figure(f"preview other tiers, {run.crowd:,} members in {took:.0f} s", 1, run.crowd / took))
    done, took = review(shop)
    run.add(
        Figure(f"review tiers, {done:,} members in {took:.0f} s", 1, done / took),
        target=f"{TARGET:,.0f}/s (a million in ten minutes)",
    )


def main() -> None:
    import argparse

    from tests.bench.report import table
    from tests.bench.world import build

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=20_000)
    asked = parser.parse_args()
    shop = crowd(build(10).admin, asked.members, "tiers")
    took = preview(shop)
    figures = [Figure(f"preview other tiers in {took:.1f} s", 1, asked.members / took)]
    done, took = review(shop)
    figures.append(Figure(f"review {done:,} members in {took:.1f} s", 1, done / took))
    print(table(figures))


if __name__ == "__main__":
    main()
