"""Points whose time is over: a shop of its own whose members all have a lot that ends at one instant; members per second.

Also runs by itself: `python -m tests.bench.expiry --members 50000` against the development server.
"""

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.bench.clients import Figure

if TYPE_CHECKING:
    from tests.bench.__main__ import Run

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
ENDS = datetime(2027, 3, 31, 22, tzinfo=UTC)
TARGET = 1_000_000 / 600  # a million within ten minutes
GRANTS = 5_000  # in one transaction


def open_shop(slug: str) -> Any:
    """A shop whose points end."""
    from loyalty.core.merchants.operations import open_merchant
    from loyalty.core.programme import operations as programmes
    from loyalty.core.tenancy.scope import Actor, acting_for

    by = Actor("operator", "bench")
    shop = open_merchant(
        name="Expiry", slug=slug, currency="SEK", timezone="Europe/Stockholm", at=AT, by=by, country="SE"
    )
    with acting_for(shop, by=by):
        programmes.save_draft(content={"points_life": {"expiry": "month_end", "months": 12}}, at=AT)
        programmes.publish(at=AT)
    return shop


def grant(shop: Any, count: int) -> float:
    """Give each of so many members points that end at `ENDS`, through the ledger; seconds."""
    from loyalty.core import ids
    from loyalty.core.ledger.chart import Do, MerchantAccount
    from loyalty.core.ledger.operations import Posting, post_many
    from loyalty.core.tenancy.scope import SYSTEM, acting_for

    start = time.perf_counter()
    for first in range(0, count, GRANTS):
        with acting_for(shop, by=SYSTEM):
            post_many([
                Posting(do=Do.GRANT, key=f"crowd:{n}", kind="earn", event="points.earned", owner=ids.new(), actor="bench",
                        at=AT, now=AT, amount=1 + n % 500, counter=MerchantAccount.ISSUED, expires_at=ENDS)
                for n in range(first, min(first + GRANTS, count))
            ])  # fmt: skip
    return time.perf_counter() - start


def expire(shop: Any) -> tuple[int, float]:
    """Expire what is over, a batch per transaction, as the task does: how many lots, in how many seconds."""
    from loyalty.core.tenancy.scope import SYSTEM, acting_for
    from members.operations import points

    done, start, moved = 0, time.perf_counter(), 1
    while moved:
        with acting_for(shop, by=SYSTEM):
            moved = points.expire_due(at=ENDS, most=points.BATCH)
        done += moved
    return done, time.perf_counter() - start


def figures(admin: str, count: int) -> list[Figure]:
    """Grant, expire, and how fast each was."""
    import psycopg

    shop = open_shop("expiry")
    took = grant(shop, count)
    found = [Figure(f"grant points to {count:,} members in {took:.0f} s", 1, count / took)]
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("ANALYZE ledger_account, ledger_lot, ledger_transfer, ledger_entry")
    done, took = expire(shop)
    if done != count:
        raise SystemExit(f"{done} lots expired of {count}")
    found.append(
        Figure(f"expire {done:,} members' points in {took:.0f} s", 1, done / took,
               target=f"{TARGET:,.0f}/s (a million in ten minutes)")
    )  # fmt: skip
    return found


def measure(run: "Run") -> None:
    """Add the figures to a run."""
    for figure in figures(run.world.admin, run.crowd):
        run.add(figure, target=figure.target)


def main() -> None:
    import argparse

    from tests.bench.report import table
    from tests.bench.world import build

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=20_000)
    asked = parser.parse_args()
    print(table(figures(build(10).admin, asked.members)))


if __name__ == "__main__":
    main()
