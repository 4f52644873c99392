"""The rows behind a figure. They come straight from orders, members and the books, never from the facts that the figure
was read from: what they add up to is a second count of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
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
    found = _asked(key, when, "found_counted", zone, at, cut, name, first, most)
    if not found:
        return Rows([], 0, 0, 0)
    part, whole, count = found[0][6:]
    return Rows([_row(one) for one in found], count, part, whole)


def some_rows(
    key: str,
    when: Stretch,
    *,
    zone: str,
    at: datetime,
    cut: str = "",
    name: str = "",
    first: int = 0,
    most: int = 50,
) -> list[Row]:
    """The same rows without what all of them come to, which takes long where there are very many. Raises as `rows`."""
    return [_row(one) for one in _asked(key, when, "found", zone, at, cut, name, first, most)]


def _asked(
    key: str, when: Stretch, ending: str, zone: str, at: datetime, cut: str, name: str, first: int, most: int
) -> list[tuple[Any, ...]]:
    made = definition(key)
    since = when.since(zone)
    return answer(
        f"rows_{made.opens.source}",
        {
            "since": since, "until": when.until(zone), "before": when.previous.since(zone), "zone": zone, "now": at,
            "floor": floor(since), "silence": SILENCE_DAYS, "cut": told_apart(made, cut), "name": name if cut else "",
            "part": made.opens.part, "whole": made.opens.whole, "limit": most, "offset": first,
        },
        ending=ending,
    )  # fmt: skip


def _row(found: Sequence[Any]) -> Row:
    own, about, at, note, part, whole, *_sums = found
    return Row(own, about, at, note, int(part), int(whole))


def every_row(
    key: str, when: Stretch, *, zone: str, at: datetime, cut: str = "", name: str = ""
) -> Iterator[Row]:
    """All of them, for a file."""
    first = 0
    while True:
        found = some_rows(key, when, zone=zone, at=at, cut=cut, name=name, first=first, most=_AT_ONCE)
        yield from found
        first += _AT_ONCE
        if len(found) < _AT_ONCE:
            return
