"""How fast the books are verified."""

import time
from typing import Any

from tests.bench import inprocess
from tests.bench.clients import Figure, processes


def _import(world: Any, *, seconds: int) -> Figure:
    figure = processes("import: filling the books", inprocess.make_orders, world.environment, world.merchant,
                       world.members, 250, clients=2, seconds=seconds)  # fmt: skip
    figure.per_second *= 250
    return figure


def measure(run: Any) -> None:
    """Write orders through the product for a while, then verify the books; entries per second."""
    from django.db import connection

    from loyalty.core.ledger import checks
    from loyalty.core.tenancy.scope import Actor, acting_for

    world = run.world
    run.add(_import(world, seconds=run.seconds * 4))
    with acting_for(run.world.merchant, by=Actor("operator", "bench")):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM ledger_entry")
            entries = cursor.fetchone()[0]
        start = time.perf_counter()
        breaches = checks.verify()
        took = time.perf_counter() - start
    if breaches:
        raise SystemExit(f"the books are wrong: {breaches}")
    run.add(
        Figure(f"verify_books, {entries:,} entries in {took:.1f} s", 1, entries / took), target="1,000,000/s"
    )
