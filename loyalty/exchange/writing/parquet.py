"""Rows as Parquet: each column has one type, and nothing in it is ever run.

Whole numbers are `int64`, money and other decimal numbers `decimal128` (exact), days `date32`, instants `timestamp` in
UTC, yes and no `bool`, everything else text. An empty cell is null. What the columns are is said by who writes
(`kinds`) or found in the cells: a column whose cells differ is text then.

pyarrow is large and few processes write files, so it is loaded when the first one is written.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import batched
from typing import IO, Any

PARQUET_TYPE = "application/vnd.apache.parquet"
_STRETCH = 10_000
_DIGITS = 38


class Kind(StrEnum):
    """What the cells of a column are."""

    TEXT = "text"
    WHOLE = "whole"
    DECIMAL = "decimal"
    NUMBER = "number"
    DAY = "day"
    INSTANT = "instant"
    YES = "yes"


def write_parquet(
    head: Sequence[str],
    rows: Iterable[Sequence[Any]],
    into: IO[bytes],
    *,
    kinds: Mapping[str, Kind] | None = None,
    places: int = 2,
) -> None:
    """A whole file. `kinds` says what the columns are by their heads (text where it says nothing), and cells that are
    text are read as that: then rows are written as they come. Without it all columns are kept, in little room, until
    their types are known. `places` are the digits after the point of decimal columns that `kinds` names."""
    if kinds is None:
        _write_found(head, rows, into)
    else:
        _write_told(head, rows, into, [kinds.get(name, Kind.TEXT) for name in head], places)


def _write_told(
    head: Sequence[str], rows: Iterable[Sequence[Any]], into: IO[bytes], kinds: Sequence[Kind], places: int
) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    types = [_type(kind, places) for kind in kinds]
    schema = pa.schema(list(zip(_names(head), types, strict=True)))
    with parquet.ParquetWriter(into, schema, compression="zstd") as file:
        for some in batched(rows, _STRETCH):
            columns = [
                pa.array([_read(cell, kind) for cell in column], type=type_)
                for column, kind, type_ in zip(zip(*some, strict=True), kinds, types, strict=True)
            ]
            file.write_table(pa.Table.from_arrays(columns, schema=schema))


def _write_found(head: Sequence[str], rows: Iterable[Sequence[Any]], into: IO[bytes]) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    pieces: list[list[Any]] = [[] for _name in head]
    for some in batched(rows, _STRETCH):
        for number, column in enumerate(zip(*some, strict=True)):
            pieces[number].append(_piece(column))
    columns = [_joined(found) for found in pieces]
    parquet.write_table(pa.table(columns, names=_names(head)), into, compression="zstd")


def _names(head: Sequence[str]) -> list[str]:
    """The heads, each once, for programs take columns by their names: a second "Name" is "Name 2", one without a name
    is its number."""
    seen: dict[str, int] = {}
    found = []
    for number, text in enumerate(head, 1):
        name = str(text) or str(number)
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return found


def _type(kind: Kind, places: int) -> Any:
    import pyarrow as pa

    types = {
        Kind.TEXT: pa.string(), Kind.WHOLE: pa.int64(), Kind.DECIMAL: pa.decimal128(_DIGITS, places),
        Kind.NUMBER: pa.float64(), Kind.DAY: pa.date32(), Kind.INSTANT: pa.timestamp("us", tz="UTC"),
        Kind.YES: pa.bool_(),
    }  # fmt: skip
    return types[kind]


def _kind(value: Any) -> Kind:
    match value:
        case bool():
            return Kind.YES
        case int():
            return Kind.WHOLE if abs(value) < 2**63 else Kind.TEXT
        case Decimal():
            return Kind.DECIMAL
        case float():
            return Kind.NUMBER
        case datetime():
            return Kind.INSTANT if value.tzinfo else Kind.TEXT
        case date():
            return Kind.DAY
        case _:
            return Kind.TEXT


_WIDER = {
    frozenset({Kind.WHOLE, Kind.DECIMAL}): Kind.DECIMAL,
    frozenset({Kind.WHOLE, Kind.NUMBER}): Kind.NUMBER,
}
"""Kinds that one column may hold together, and what it is then."""


def _common(kinds: Iterable[Kind]) -> Kind:
    found = frozenset(kinds)
    return next(iter(found)) if len(found) == 1 else _WIDER.get(found, Kind.TEXT)


def _piece(column: Sequence[Any]) -> tuple[Kind | None, int, Any]:
    """Some cells of a column in little room: their kind (None: all empty), digits after the point, and the cells."""
    import pyarrow as pa

    cells = [None if value is None or value == "" else value for value in column]
    present = [value for value in cells if value is not None]
    if not present:
        return None, 0, pa.nulls(len(cells), pa.string())
    kind = _common(_kind(value) for value in present)
    places = max(
        (-int(value.as_tuple().exponent) for value in present if isinstance(value, Decimal)), default=0
    )
    return (
        kind,
        max(places, 0),
        pa.array([_as(value, kind) for value in cells], type=_type(kind, max(places, 0))),
    )


def _as(value: Any, kind: Kind) -> Any:
    if value is None:
        return None
    match kind:
        case Kind.TEXT:
            return _text(value)
        case Kind.DECIMAL:
            return Decimal(value)
        case Kind.NUMBER:
            return float(value)
        case Kind.INSTANT:
            return value.astimezone(UTC)
        case _:
            return value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _joined(pieces: Sequence[tuple[Kind | None, int, Any]]) -> Any:
    """The pieces of a column as one: of the kind that holds all of them, else text."""
    import pyarrow as pa

    kinds = {kind for kind, _places, _cells in pieces if kind is not None}
    kind = _common(kinds) if kinds else Kind.TEXT
    type_ = _type(kind, max((places for _kind, places, _cells in pieces), default=0))
    return pa.chunked_array([_cast(cells, kind, type_) for _kind, _places, cells in pieces], type=type_)


def _cast(cells: Any, kind: Kind, type_: Any) -> Any:
    import pyarrow as pa

    if cells.type == type_:
        return cells
    if cells.null_count == len(cells):
        return pa.nulls(len(cells), type_)
    if kind is Kind.TEXT:
        return pa.array([_as(value, Kind.TEXT) for value in cells.to_pylist()], type=type_)
    return cells.cast(type_)


def _read(value: Any, kind: Kind) -> Any:
    """A cell of a told kind, where it may have become text on its way."""
    if value is None or value == "":
        return None
    if not isinstance(value, str) or kind is Kind.TEXT:
        return _as(value, kind)
    match kind:
        case Kind.DECIMAL:
            return Decimal(value)
        case Kind.INSTANT:
            return datetime.fromisoformat(value).astimezone(UTC)
        case Kind.DAY:
            return date.fromisoformat(value)
        case Kind.WHOLE:
            return int(value)
        case _:
            return float(value)
