"""Rehearsals: a year of a grocery's 155,000 orders (made by SQL, in the shape of the demo's: 2,469 members, nine lines
each) lived again by other rules; orders per second, with one and with two workers.

Also runs by itself: `python -m tests.bench.rehearsal --members 2469` against the development server.
"""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from tests.bench.clients import Figure

if TYPE_CHECKING:
    from tests.bench.__main__ import Run

AT = datetime(2026, 1, 1, 8, tzinfo=UTC)
UNTIL = AT + timedelta(days=365)
MEMBERS, EACH, LINES = 2469, 63, 9
TARGET = 155_000 / 60
PLAIN: list[dict[str, Any]] = [
    {"type": "points_per_amount", "id": "base", "points": 1, "per_minor": 100},
    {"type": "multiplier", "id": "own", "factor": "2", "only": {"tags": ["own-brand"]}},
]
RICH: list[dict[str, Any]] = [
    *PLAIN,
    {"type": "fixed", "id": "monthly", "amount": 5, "limits": {"per": [{"period": "month", "times": 2}]}},
    {"type": "fixed", "id": "rested", "amount": 3, "when": [{"type": "cool_down", "minutes": 2880}]},
    {"type": "fixed", "id": "tenth", "amount": 50, "when": [{"type": "order_number", "every": 10}]},
    {"type": "fixed", "id": "again", "amount": 20, "when": [{"type": "since_order", "at_least_days": 14}]},
    {"type": "multiplier", "id": "gold", "factor": "1.5", "when": [{"type": "tier", "any_of": ["gold"]}]},
    {"type": "fixed", "id": "stamp", "amount": 1, "unit": "stamps"},
]
TIERS = {"ladder": [{"id": "silver", "at_least": 1000_00}, {"id": "gold", "at_least": 2000_00}]}

_PAST = """
INSERT INTO members_member (id, merchant_id, status, joined_at, channel, language)
SELECT gen_random_uuid(), %(shop)s, 'active', %(at)s, 'past', 'sv' FROM generate_series(1, %(count)s);
INSERT INTO members_stats (id, merchant_id, member_id, orders_count, spend_minor)
SELECT gen_random_uuid(), merchant_id, id, %(each)s, 0 FROM members_member WHERE merchant_id = %(shop)s;
INSERT INTO members_order (id, merchant_id, source, external_id, fingerprint, member_id, status, currency, total_minor,
                           discount_minor, points_minor, refunded_minor, unassigned_refund_minor, eligible_minor,
                           points_earned, channel, location, payment_method, decision, placed_at, recorded_at)
SELECT gen_random_uuid(), m.merchant_id, 'bench', m.id::text || n, m.id, m.id, 'recorded', 'SEK',
       %(lines)s * 350, 0, 0, 0, 0, %(lines)s * 350, %(lines)s * 3, 'store', 'main', '', '{}',
       %(at)s::timestamptz + n * interval '5 days 7 hours', %(at)s
  FROM members_member m, generate_series(1, %(each)s) n WHERE m.merchant_id = %(shop)s;
INSERT INTO members_orderline (merchant_id, order_id, number, kind, sku, name, category, brand, tags, quantity,
                               amount_minor, discount_minor, paid_minor, points, refunded_minor)
SELECT o.merchant_id, o.id, n, 'product', 'sku-' || (abs(hashtext(o.id::text)) + n) %% 4000, 'Something good', 'Dairy',
       'Harvest', CASE WHEN n %% 3 = 0 THEN '{own-brand,dairy}'::text[] ELSE '{dairy}' END, 1, 350, 0, 350, 3, 0
  FROM members_order o, generate_series(1, %(lines)s) n WHERE o.merchant_id = %(shop)s;
ANALYZE members_member, members_stats, members_order, members_orderline
"""


def past(admin: str, members: int, slug: str) -> Any:
    """A shop with a year behind it. As administrator: these rows weigh as much as real ones."""
    from loyalty.core.merchants.operations import open_merchant
    from loyalty.core.tenancy.scope import Actor

    by = Actor("operator", "bench")
    shop = open_merchant(
        name="Rehearsal", slug=slug, currency="SEK", timezone="Europe/Stockholm", at=AT, by=by, country="SE"
    )
    values = {"shop": shop.pk, "at": AT, "count": members, "each": EACH, "lines": LINES}
    with psycopg.connect(admin, autocommit=True) as connection:
        for statement in _PAST.split(";"):
            if "%(" in statement:
                connection.execute(statement, values)
            else:
                connection.execute(statement.strip().encode())
    return shop


def rehearse(shop: Any, rules: list[dict[str, Any]], workers: int) -> tuple[int, float]:
    """Rehearse a draft with so many workers, as Celery's would do it: how many orders, in how many seconds."""
    from campaigns.operations.rehearsing import start_rehearsal
    from campaigns.queries.rehearsals import figures_of, rehearsal
    from loyalty.core.programme import operations as programmes
    from loyalty.core.tenancy.scope import SYSTEM, acting_for

    with acting_for(shop, by=SYSTEM):
        programmes.save_draft(content={"earning": {"rules": rules}, "tiers": TIERS}, at=AT)
        row = start_rehearsal(since=AT, until=UNTIL, at=UNTIL)
    begins = time.perf_counter()
    started = [
        subprocess.Popen([sys.executable, "-m", "tests.bench.rehearsal", "--work"], env=os.environ.copy())
        for _number in range(workers)
    ]
    for process in started:
        process.wait()
    took = time.perf_counter() - begins
    with acting_for(shop, by=SYSTEM):
        done = rehearsal(row.pk)
        if done.finished_at is None:
            raise SystemExit("the rehearsal did not come to its end")
        return figures_of(done).whole.orders, took


def work() -> None:
    """A worker's life: everything that waits, as if it were the day after the year."""
    import django

    django.setup()
    from loyalty.core import clock
    from loyalty.core.jobs.tasks import run_waiting

    clock.now = lambda: UNTIL + timedelta(days=1)
    run_waiting()


def measure(run: "Run") -> None:
    """Add the figures to a run."""
    figures(past(run.world.admin, min(run.crowd, MEMBERS), "rehearsal"), run.add)


def figures(shop: Any, add: Any) -> None:
    """Each programme with one worker and with two; their start is part of the time."""
    for name, rules in (("2 rules", PLAIN), ("8 rules and tiers", RICH)):
        for workers in (1, 2):
            orders, took = rehearse(shop, rules, workers)
            told = f"rehearsal, {name}: {orders:,} orders in {took:.0f} s"
            add(Figure(told, workers, orders / took), target=f"{TARGET:,.0f}/s (a year within a minute)")


def main() -> None:
    import argparse

    from tests.bench.report import table
    from tests.bench.world import build

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=MEMBERS)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        work()
        return
    found: list[Figure] = []

    def add(figure: Figure, *, target: str) -> None:
        figure.target = target
        found.append(figure)

    figures(past(build(10).admin, asked.members, "rehearsal"), add)
    print(table(found))


if __name__ == "__main__":
    main()
