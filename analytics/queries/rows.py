"""The rows behind a figure. They come straight from orders, members and the books, never from the facts that the figure
was read from: what they add up to is a second count of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from analytics.queries.figures import COUNTED_WHEN_ASKED, Opens, definition, told_apart
from analytics.queries.gathering import SILENCE_DAYS, floor
from analytics.queries.statements import answer, carry_out
from analytics.rules.calendar import Stretch
from loyalty.core.ledger.chart import Do, MerchantAccount

_AT_ONCE = 10_000
_SHALLOW = 1_000
"""The first so many rows are looked for by themselves, without gathering the others."""
_AMONG = 300
"""They are looked for among so many candidates more than four times their number."""
_ALONG = {
    "active": 50_000, "earning": 50_000, "one": 20_000, "kept": 20_000,
    "spent": 10_000, "orders": 10_000, "repeat": 10_000,
}  # fmt: skip
"""They are looked for along so many rows of an index, by part: as many as take no longer than gathering them all."""
_FIRST = {
    ("members", "one"): "first_members",
    ("members", "joined"): "first_members",
    **{("members", part): "first_doing" for part in ("active", "earning")},
    ("members", "redeeming"): "first_redeeming",
    ("lapses", "one"): "first_lapses",
    ("buyers", "kept"): "first_kept",
    **{("buyers", part): "first_buyers" for part in ("spent", "orders", "repeat")},
    **{
        ("orders", part): "first_orders"
        for part in ("one", "net", "one_of_members", "net_of_members", "net_of_others")
    },
    **{("movements", part): "first_movements" for part in ("issued", "redeemed", "expired", "adjusted")},
    ("lifetime", "spent"): "first_lifetime",
    ("holders", "held"): "first_holders",
}
"""By source and part: the statement that finds the first rows."""
_WHOLE = ("buyers",)
"""Sources that have a statement of their own for the shop as a whole."""
_TOLD_MERGED = (*_WHOLE, "members")
"""Sources whose statements are told whether anybody was merged."""
_GONE = 2_000
"""So many members who were erased are looked through for one who had spent much."""
_SHARE = 1
"""So many percent of the accounts say from which balance on the largest lie."""
LASTING = ("lifetime", "holders")
"""Sources whose rows come together over all time: when something was last added says nothing about their order."""
_FEW = 5_000
"""So many lines on a side of the books are read, all of them, sooner than what moved in a period."""
_ADDS = {
    MerchantAccount.ISSUED: [Do.GRANT], MerchantAccount.ADJUSTED: [Do.GRANT],
    MerchantAccount.REDEEMED: [Do.SPEND, Do.COMMIT], MerchantAccount.EXPIRED: [Do.EXPIRE, Do.FORFEIT],
}  # fmt: skip
"""What adds to a side of the books, of all that moves points."""


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


def parts(key: str, when: Stretch, *, zone: str, at: datetime, cut: str) -> dict[str, tuple[int, int]]:
    """What all rows of a figure come to, part and whole, by the segment or campaign they belong to ("" for none). What
    belongs to several counts in each. Raises as `rows`."""
    found = _asked(key, when, "parts", zone, at, cut, None, 0, 0)
    return {name: (part, whole) for name, part, whole in found}


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
    if first + most <= _SHALLOW and not cut:
        found, is_all = _foremost(key, when, zone, at, first, most)
        # Rows that add nothing, or take off, come last: whether this page has any, only all of them can tell.
        if is_all or len(found) == most:
            return [_row(one) for one in found]
    return [_row(one) for one in _asked(key, when, "found", zone, at, cut, name, first, most)]


def _foremost(
    key: str, when: Stretch, zone: str, at: datetime, first: int, most: int
) -> tuple[list[tuple[Any, ...]], bool]:
    """Some of the first rows, where they can be found without the others; fewer than asked where they cannot, unless
    it is said that there are no more."""
    opens = definition(key).opens
    statement = _FIRST.get((opens.source, opens.part))
    if statement is None:
        return [], False
    asked = _values(opens, when, zone, at, first, most)
    asked |= {
        "among": 4 * (first + most) + _AMONG,
        "along": _ALONG.get(opens.part, 0),
        "gone": _GONE,
        "share": _SHARE,
    }
    asked |= _merged(opens)
    if opens.source in _WHOLE:
        carry_out("room", {})
    if opens.source != "movements":
        return answer(statement, asked), False
    if answer("few_lines", {**asked, "along": _FEW})[0][0]:
        return answer("first_lines", asked), not opens.whole
    asked["moves"] = [move.value for move in _ADDS[MerchantAccount(opens.part)]]
    return answer(statement, asked), False


def _asked(
    key: str,
    when: Stretch,
    ending: str,
    zone: str,
    at: datetime,
    cut: str,
    name: str | None,
    first: int,
    most: int,
) -> list[tuple[Any, ...]]:
    made = definition(key)
    values = _values(made.opens, when, zone, at, first, most)
    # What is counted when asked is told apart after all rows were found; the rest while they are looked for.
    later = told_apart(made, cut) in COUNTED_WHEN_ASKED
    values |= {
        "cut": "" if later else cut,
        "name": name if cut else "",
        "what": made.opens.what,
        "timed": made.opens.source not in LASTING,
    }
    whole = not values["cut"] and made.opens.source in _WHOLE
    values |= _merged(made.opens)
    if whole:
        carry_out("room", {})
    endings = (f"of_{cut}" if later else "of_all", ending)
    return answer(f"rows_{made.opens.source}{'_all' if whole else ''}", values, endings=endings)


def _values(opens: Opens, when: Stretch, zone: str, at: datetime, first: int, most: int) -> dict[str, Any]:
    """What every statement of rows is asked with."""
    since = when.since(zone)
    return {
        "since": since, "until": when.until(zone), "before": when.previous.since(zone), "zone": zone, "now": at,
        "floor": floor(since), "silence": SILENCE_DAYS, "part": opens.part, "whole": opens.whole, "limit": most,
        "offset": first,
    }  # fmt: skip


def _merged(opens: Opens) -> dict[str, bool]:
    """Whether merged members have to be told to be one, which takes time with each order that is read."""
    return {"merged": answer("any_merged", {})[0][0]} if opens.source in _TOLD_MERGED else {}


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
