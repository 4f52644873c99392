"""Imports and exports: a shop of its own, files of many rows, chunk by chunk as a worker does them; rows per second.

Also runs by itself: `python -m tests.bench.exchange --rows 100000` against the development server.
"""

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.bench.clients import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.__main__ import Run

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
TARGET = "556/s (100,000 rows within three minutes)"


def opened(slug: str) -> Any:
    """An empty shop with one point per krona."""
    from loyalty.core.merchants.operations import open_merchant
    from loyalty.core.programme import operations as programmes
    from loyalty.core.tenancy.scope import Actor, acting_for

    by = Actor("operator", "bench")
    shop = open_merchant(
        name="Exchange", slug=slug, currency="SEK", timezone="Europe/Stockholm", at=AT, by=by, country="SE"
    )
    with acting_for(shop, by=by):
        rule = {"type": "points_per_amount", "id": "base", "points": 1, "per_minor": 100}
        programmes.save_draft(content={"earning": {"rules": [rule]}}, at=AT)
        programmes.publish(at=AT)
    return shop


def people(count: int) -> "Iterator[bytes]":
    """A file of members."""
    yield b"email,first name,last name,birthday,phone,accepts marketing,proof\n"
    for start in range(0, count, 1000):
        yield "".join(
            f"member{n}@example.org,Given{n},Family{n},19{60 + n % 40}-{1 + n % 12:02}-{1 + n % 28:02},"
            f"+4670{n:07},yes,newsletter form\n"
            for n in range(start, min(start + 1000, count))
        ).encode()


def balances(count: int) -> "Iterator[bytes]":
    """A file of lots, one for each member."""
    yield b"email,points,earned at,expires\n"
    for start in range(0, count, 1000):
        yield "".join(
            f"member{n}@example.org,{1 + n % 900},2025-{1 + n % 12:02}-{1 + n % 28:02},2099-12-31\n"
            for n in range(start, min(start + 1000, count))
        ).encode()


def orders(count: int) -> "Iterator[bytes]":
    """A file of orders, one for each member."""
    yield b"order number;date;total;email\n"
    for start in range(0, count, 1000):
        yield "".join(
            f"A-{n};2026-03-{1 + n % 28:02} 12:00;{10 + n % 500},50;member{n}@example.org\n"
            for n in range(start, min(start + 1000, count))
        ).encode()


def brought(shop: Any, kind: str, content: "Iterator[bytes]") -> tuple[float, float, dict[str, int]]:
    """Check a file and import it: seconds for each, and what came of the rows."""
    from loyalty.core import clock
    from loyalty.core.jobs import queries
    from loyalty.core.tenancy.scope import Actor, acting_for
    from loyalty.exchange import operations

    by = Actor("operator", "bench")
    with acting_for(shop, by=by):
        made = operations.begin_import(kind=kind, name="bench.csv", chunks=content, at=clock.now())
        job = operations.check_import(imported=made.pk, fields=made.fields, options={}, at=clock.now())
    checking = _work(shop, job.pk)
    with acting_for(shop, by=by):
        job = operations.run_import(imported=made.pk, at=clock.now())
    importing = _work(shop, job.pk)
    with acting_for(shop, by=by):
        return checking, importing, queries.job(job.pk).result


def _work(shop: Any, job: Any) -> float:
    from loyalty.core.jobs.tasks import run_chunk

    start = time.perf_counter()
    while run_chunk(shop.pk, job):
        pass
    return time.perf_counter() - start


def written(shop: Any, name: str) -> tuple[float, int]:
    """Export a list (or the whole shop): seconds and rows."""
    from loyalty.core import clock
    from loyalty.core.jobs import queries
    from loyalty.core.tenancy.scope import Actor, acting_for
    from loyalty.exchange.operations import ask_for_export

    by = Actor("operator", "bench")
    with acting_for(shop, by=by):
        job = ask_for_export(name=name, at=clock.now())
    took = _work(shop, job.pk)
    with acting_for(shop, by=by):
        done = queries.job(job.pk)
        assert done.state == "done", done.error
        return took, done.result["rows"]


def figures(shop: Any, rows: int) -> "Iterator[Figure]":
    """All of it, one after the other."""
    for kind, content in (("members", people(rows)), ("lots", balances(rows)), ("orders", orders(rows // 5))):
        count = rows if kind != "orders" else rows // 5
        checking, importing, result = brought(shop, kind, content)
        assert result["made"] == count, result
        yield Figure(f"check {count:,} {kind} in {checking:.1f} s", 1, count / checking)
        yield Figure(f"import {count:,} {kind} in {importing:.1f} s", 1, count / importing)
    for name in ("members", "lots", "whole"):
        took, count = written(shop, name)
        yield Figure(f"export {name}, {count:,} rows in {took:.1f} s", 1, count / took)


def measure(run: "Run") -> None:
    """Add the figures to a run."""
    for figure in figures(opened("exchange"), 20_000):
        run.add(figure, target=TARGET if figure.name.startswith("import") else "")


def main() -> None:
    import argparse

    from tests.bench.report import table
    from tests.bench.world import build

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    asked = parser.parse_args()
    build(10)
    print(table(list(figures(opened("exchange"), asked.rows))))


if __name__ == "__main__":
    main()
