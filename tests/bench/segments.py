"""Segments of a large shop: fifty of them filled, looked through again as each night does, a member looked at after an
order, and a count while somebody builds. In process.

Also runs by itself: `python -m tests.bench.segments --members 20000`.
"""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tests.bench import large
from tests.bench.clients import Figure

if TYPE_CHECKING:
    from tests.bench.__main__ import Run

COUNT = 50
NIGHT = "a night within minutes"


def conditions() -> Iterator[dict[str, Any]]:
    """Fifty different segments, of every kind of condition that reads much."""
    stages, classes = (
        ("new", "active", "slipping", "lapsed"),
        ("best", "loyal", "growing", "at_risk", "fading", "gone"),
    )
    for number in range(COUNT):
        step = number // 10
        yield {"match": "all", "of": [(
            {"type": "orders", "at_least": 1 + step % 3, "within_days": 90 + 60 * step},
            {"type": "spent", "at_least_minor": 100_00 * (1 + step), "within_days": 365},
            {"type": "since_order", "at_least_days": 30 * step, "at_most_days": 30 * step + 60},
            {"type": "bought", "categories": [f"category {step}", f"category {step + 5}"], "within_days": 400},
            {"type": "lifecycle", "any_of": [stages[step % 4]]},
            {"type": "rfm", "any_of": [classes[step]]},
            {"type": "points", "at_least": 300 * (1 + step)},
            {"type": "points_ending", "within_days": 300 + step},
            {"type": "tier", "any_of": ["gold"]},
            {"type": "average_order", "at_least_minor": 200_00 + 50_00 * step, "channels": ["web"], "within_days": 700},
        )[number % 10], *([{"type": "consent", "to": "email"}] if number % 2 else [])]}  # fmt: skip


def make(shop: Any) -> list[Any]:
    """The segments, not filled yet."""
    from campaigns.models import Segment
    from campaigns.operations.segments import shaping
    from loyalty.core import clock
    from loyalty.core.tenancy.scope import SYSTEM, acting_for

    with acting_for(shop, by=SYSTEM):
        small, shaping.is_small = shaping.is_small, lambda: False
        try:
            for number, one in enumerate(conditions()):
                shaping.create_segment(name=f"Segment {number}", conditions=one, at=clock.now())
        finally:
            shaping.is_small = small
        return list(Segment.objects.order_by("id"))


def through(shop: Any, rows: list[Any]) -> tuple[float, int]:
    """Look at everybody in each; seconds, and how many places were written."""
    from campaigns.tasks import refresh_segment
    from loyalty.core import clock

    start, moved = time.perf_counter(), 0
    for row in rows:
        found = refresh_segment(shop, row.pk, at=clock.now())
        moved += found.entered + found.left
    return time.perf_counter() - start, moved


def looks(shop: Any, members: int) -> float:
    """Seconds to look at so many members in all segments, as after their orders."""
    from campaigns.models import SegmentLook
    from campaigns.operations.segments.looking import take_looks
    from loyalty.core import clock
    from loyalty.core.tenancy.scope import SYSTEM, acting_for
    from members.models import Member

    with acting_for(shop, by=SYSTEM):
        now = clock.now()
        SegmentLook.objects.bulk_create(
            [SegmentLook(member=one, noted_at=now) for one in Member.objects.order_by("joined_at")[:members]]
        )
    start = time.perf_counter()
    with acting_for(shop, by=SYSTEM):
        take_looks(at=clock.now())
    return time.perf_counter() - start


def counting(shop: Any) -> list[float]:
    """Milliseconds for each count while somebody builds."""
    import msgspec

    from campaigns.queries.segments.compiling import count
    from campaigns.rules.segments import Conditions
    from loyalty.core import clock
    from loyalty.core.tenancy.scope import SYSTEM, acting_for

    times = []
    for one in list(conditions())[:10]:
        start = time.perf_counter()
        with acting_for(shop, by=SYSTEM):
            count(msgspec.convert(one, Conditions), at=clock.now())
        times.append((time.perf_counter() - start) * 1000)
    return sorted(times)


def figures(shop: Any, members: int) -> list[Figure]:
    """Everything, in the order in which it happens to a shop."""
    rows = make(shop)
    took, moved = through(shop, rows)
    found = [
        Figure(
            f"fill {COUNT} segments of {members:,} members, {moved:,} places, in {took:.0f} s",
            1,
            moved / took,
        )
    ]
    took, moved = through(shop, rows)
    found.append(Figure(f"look through {COUNT} segments of {members:,} members, {moved:,} moves, in {took:.0f} s", 1,
                        COUNT * members / took, target=NIGHT))  # fmt: skip
    for some in (1, 500):
        took = looks(shop, some)
        name = f"look at {some} member{'s' if some > 1 else ''} in {COUNT} segments, in {took * 1000:.0f} ms"
        found.append(Figure(name, 1, some / took))
    times = counting(shop)
    middle = times[len(times) // 2]
    found.append(Figure("count while building", 1, 1000 / middle, round(middle, 1), round(times[-1], 1),
                        round(times[-1], 1)))  # fmt: skip
    return found


def large_shop(admin: str, members: int) -> Any:
    """The large shop of this run, built if no other part has."""
    from loyalty.core.merchants.models import Merchant

    return Merchant.objects.filter(slug=large.SLUG).first() or large.build(admin, members)


def measure(run: "Run") -> None:
    """Add the figures to a run."""
    for figure in figures(large_shop(run.world.admin, run.crowd), run.crowd):
        run.add(figure, target=figure.target)


def main() -> None:
    import argparse

    from tests.bench.report import table
    from tests.bench.world import build

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=20_000)
    asked = parser.parse_args()
    print(table(figures(large_shop(build(10).admin, asked.members), asked.members)))


if __name__ == "__main__":
    main()
