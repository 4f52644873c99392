"""The rows behind a figure. They come straight from orders, members and the books, never from the facts that the figure
was read from: what they add up to is a second count of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from analytics.queries.figures import definition, told_apart
from analytics.queries.gathering import SILENCE_DAYS, floor
from analytics.queries.statements import answer
from analytics.rules.calendar import Stretch

_AT_ONCE = 10_000


class Row(NamedTuple):
    """One row: its own id, whom or what it is `about` (an order's or a member's id), when it was, a short `note` (a
    kind of movement, a reward's handle, an answer), and what it adds to the figure's part and whole."""

    id: UUID
    about: UUID
    at: datetime | None
    note: str
    part: int
    whole: int


@dataclass(frozen=True, slots=True)
class Rows:
    """Some of the rows, largest first; how many there are, and what all of them add up to."""

    rows: list[Row]
    count: int
    part: int
    whole: int


def rows(
    key: str,
    when: Stretch,
    *,
    zone: str,
    at: datetime,
    cut: str = "",
    name: str = "",
    first: int = 0,
    most: int = 50,
) -> Rows:
    """Up to `most` rows of a figure, from number `first` (0 is the largest) on; of one part of it with a `cut` and a
    `name`. Raises: NotFound for a figure there is none of, or that cannot be told apart so."""
    made = definition(key)
    since = when.since(zone)
    found = answer(
        f"rows_{made.opens.source}",
        {
            "since": since, "until": when.until(zone), "before": when.previous.since(zone), "zone": zone, "now": at,
            "floor": floor(since), "silence": SILENCE_DAYS, "cut": told_apart(made, cut), "name": name if cut else "",
            "part": made.opens.part, "whole": made.opens.whole, "limit": most, "offset": first,
        },
    )  # fmt: skip
    if not found:
        return Rows([], 0, 0, 0)
    part, whole, count = found[0][6:]
    told = [
        Row(own, about, when_, note, int(one), int(all_))
        for own, about, when_, note, one, all_, *_sums in found
    ]
    return Rows(told, count, part, whole)


def every_row(
    key: str, when: Stretch, *, zone: str, at: datetime, cut: str = "", name: str = ""
) -> Iterator[Row]:
    """All of them, for a file."""
    first = 0
    while True:
        found = rows(key, when, zone=zone, at=at, cut=cut, name=name, first=first, most=_AT_ONCE)
        yield from found.rows
        first += _AT_ONCE
        if first >= found.count:
            return
