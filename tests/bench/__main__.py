"""`make bench`: everything, which takes long; `make bench BENCH="orders redeem --seconds 3"` for parts of it. Tiers, expiry,
lists and segments are measured with a million members; `--crowd 50000` makes them quick.

Prints a Markdown table and writes `.data/bench/results.json`. Nothing is judged by absolute times.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench import (
    books,
    engine,
    exchange,
    expiry,
    growth,
    inprocess,
    lists,
    rehearsal,
    reports,
    segments,
    tiers,
    web,
    webhooks,
)  # fmt: skip
from tests.bench.clients import Figure, pgbench, processes
from tests.bench.report import save, table
from tests.bench.world import World, build

PARTS = (
    "books",
    "engine",
    "tiers",
    "rehearsal",
    "exchange",
    "expiry",
    "orders",
    "redeem",
    "reads",
    "webhooks",
    "yardsticks",
    "growth",
    "lists",
    "segments",
    "reports",
)  # books first: raw writes keep no chain


class Run:
    """One run: measures, remembers, and relates each figure to the ceiling it belongs to."""

    def __init__(self, world: World, seconds: int, crowd: int):
        self.world, self.seconds, self.crowd = world, seconds, crowd
        self.figures: list[Figure] = []

    def add(self, figure: Figure, *, ceiling: float = 0.0, target: str = "") -> Figure:
        """Keep a figure, with its ratio to `ceiling` per second."""
        figure.ratio = figure.per_second / ceiling if ceiling else None
        figure.target = target
        self.figures.append(figure)
        print(
            f"  {figure.name:<44} {figure.clients:>2} clients {figure.per_second:>10,.0f}/s",
            file=sys.stderr,
            flush=True,
        )
        return figure

    def best(self, name: str, script: str) -> float:
        """The ceiling: the best rate of a raw script with 1, 4 and 8 clients."""
        rates = [
            self.add(
                pgbench(name, script, self.world.serving, clients=clients, seconds=self.seconds)
            ).per_second
            for clients in (1, 4, 8)
        ]
        return max(rates)

    def over(
        self,
        name: str,
        make: Callable,
        *args: object,
        ceiling: float,
        target: str,
        clients: tuple[int, ...],
        scale: int = 1,
    ) -> None:
        """One way of doing it, with several numbers of clients; `scale` things happen at each call."""
        for count in clients:
            figure = processes(name, make, *args, clients=count, seconds=self.seconds)
            figure.per_second *= scale
            self.add(figure, ceiling=ceiling, target=target)


def orders(run: Run) -> None:
    """POST one order, in process and over HTTP, single and in bulk."""
    world = run.world
    last = len(world.members) - 1
    ceiling = run.best(
        "raw: one order, one call",
        f"\\set n random(0, {last})\nSELECT bench_order({world.merchant}, bench_owner(:n), 93, gen_random_uuid()::text);\n",
    )
    base = (world.environment, world.merchant, world.members)
    run.over(
        "record_order in process",
        inprocess.make_orders,
        *base,
        1,
        ceiling=ceiling,
        target="35 % (50 %)",
        clients=(1, 2, 4),
    )
    run.over("import: record_orders by 250 in process", inprocess.make_orders, *base, 250, ceiling=ceiling,
             target="100 % (200 %)", clients=(1, 2), scale=250)  # fmt: skip
    with web.serving(world.environment) as address:
        run.over("POST /orders", web.make_orders, address, world.key, world.members, ceiling=ceiling,
                 target="15 % (25 %)", clients=(1, 4, 8))  # fmt: skip
        run.over("POST /orders/batch by 100", web.make_batches, address, world.key, world.members, 100, ceiling=ceiling,
                 target="100 % (200 %)", clients=(1, 4), scale=100)  # fmt: skip


def redeem(run: Run) -> None:
    """Reserve and commit."""
    from loyalty.core import ids

    world = run.world
    last, reward = len(world.members) - 1, ids.decode("rwd", world.reward)
    ceiling = run.best(
        "raw: reserve and commit, one call",
        f"\\set n random(0, {last})\nSELECT bench_redeem({world.merchant}, bench_owner(:n), '{reward}', 10);\n",
    )
    run.over("reserve + commit in process", inprocess.make_redemptions, world.environment, world.merchant, world.owners,
             world.reward, ceiling=ceiling, target="", clients=(1, 4))  # fmt: skip
    with web.serving(world.environment) as address:
        run.over("POST /redemptions + commit", web.make_redemptions, address, world.key, world.members, world.reward,
                 ceiling=ceiling, target="8 % (12 %)", clients=(1, 4, 8))  # fmt: skip


def reads(run: Run) -> None:
    """Balance and statement."""
    world = run.world
    last = len(world.members) - 1
    ceiling = run.best(
        "raw: balance by key",
        f"\\set n random(0, {last})\nSELECT balance FROM ledger_account WHERE merchant_id = {world.merchant} AND "
        "owner = bench_owner(:n) AND unit = 'points' AND kind = 'available';\n",
    )
    with web.serving(world.environment) as address:
        run.over("GET /members/{id}/balances", web.make_reads, address, world.key, world.members, "balances",
                 ceiling=ceiling, target="3 % (5 %)", clients=(1, 4, 8))  # fmt: skip
        run.over("GET /members/{id}/entries (20)", web.make_reads, address, world.key, world.members, "entries?limit=20",
                 ceiling=ceiling, target="", clients=(4,))  # fmt: skip


def yardsticks(run: Run) -> None:
    """Posting alone: ours, with a balance on the issuing account, and the naive ORM."""
    world = run.world
    ours = (
        f"\\set n random(0, {len(world.members) - 1})\nBEGIN;\nSELECT set_config('app.merchant_id', '{world.merchant}', true);\n"
        "SELECT ledger_post(jsonb_build_object('id', gen_random_uuid(), 'lot_id', gen_random_uuid(), 'key', gen_random_uuid(),"
        " 'do', 'grant', 'kind', 'earn', 'event', 'points.earned', 'unit', 'points', 'owner', bench_owner(:n), 'amount', 93,"
        " 'counter', 'issued', 'actor', 'bench', 'at', now(), 'now', now(), 'pending', false, 'shortfall', 'to_zero'));\nCOMMIT;\n"
    )
    ceiling = run.best("ledger_post from SQL", ours)
    for clients in (1, 4, 8):
        found = pgbench("both accounts carry a balance, one issuer", "\\set n random(1, 5000)\nSELECT yard_post(0, :n, 93);\n",
                        world.serving, clients=clients, seconds=run.seconds)  # fmt: skip
        run.add(found, ceiling=ceiling)
    run.over(
        "naive ORM posting in process",
        inprocess.make_naive,
        world.environment,
        ceiling=ceiling,
        target="",
        clients=(1, 4),
    )


def grown(run: Run) -> None:
    """Earning with 1, 3 and 10 million entries in the books."""
    world = run.world
    first = 0.0
    for entries in (1_000_000, 3_000_000, 10_000_000):
        growth.fill_to(world, entries)
        figure = processes(f"record_order in process, {entries:,} entries", inprocess.make_orders, world.environment,
                           world.merchant, world.members, 1, clients=2, seconds=run.seconds)  # fmt: skip
        first = first or figure.per_second
        run.add(figure, target=f"{first / figure.per_second:.2f} × the cost at 1,000,000 (must: < 1.3 ×)")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(PARTS), metavar="PART")
    parser.add_argument("--seconds", type=int, default=6, help="how long each measurement lasts")
    parser.add_argument("--members", type=int, default=2000)
    parser.add_argument("--out", type=Path, default=Path(".data/bench/results.json"))
    parser.add_argument(
        "--crowd", type=int, default=1_000_000, help="members whose tiers and points are looked at"
    )
    asked = parser.parse_args()
    run = Run(build(asked.members), asked.seconds, asked.crowd)
    steps = {"orders": orders, "redeem": redeem, "reads": reads, "yardsticks": yardsticks, "books": books.measure,
             "engine": engine.measure, "tiers": tiers.measure, "expiry": expiry.measure, "webhooks": webhooks.measure,
             "exchange": exchange.measure, "growth": grown, "lists": lists.measure, "rehearsal": rehearsal.measure,
             "segments": segments.measure, "reports": reports.measure}  # fmt: skip
    for part in PARTS:
        if part in (asked.parts or PARTS):
            steps[part](run)
    save(run.figures, {"seconds": asked.seconds, "members": asked.members, "crowd": asked.crowd}, asked.out)
    print(table(run.figures))


if __name__ == "__main__":
    main()
