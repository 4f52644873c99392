"""Cursor pages: by key, in both directions, stable while rows are added. A cursor is signed, so it can
only be one of ours, and it belongs to one list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from django.core import signing
from django.db.models import Q, QuerySet

from loyalty.core.errors import InvalidInput

DEFAULT_LIMIT = 50
MAX_LIMIT = 200

Limit = Annotated[int, msgspec.Meta(ge=1, le=MAX_LIMIT, description="Rows on a page.")]
CursorText = Annotated[
    str,
    msgspec.Meta(max_length=500, description="From `next` or `prev` of an earlier page; never made by hand."),
]


class Paged(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What every list takes."""

    limit: Limit = DEFAULT_LIMIT
    cursor: CursorText = ""


@dataclass(frozen=True, slots=True)
class Window:
    """A page's rows in the list's order, and the cursors beside it (None at the ends)."""

    rows: list[Any]
    next: str | None
    prev: str | None


def seal(name: str, values: Sequence[Any]) -> str:
    """A cursor of the list `name`."""
    return signing.Signer(salt=f"cursor:{name}").sign_object(
        [value.isoformat() if isinstance(value, datetime) else str(value) for value in values], compress=False
    )


def unseal(name: str, cursor: str) -> list[str]:
    """What a cursor holds; `InvalidInput` when it is not one of this list's."""
    try:
        values = signing.Signer(salt=f"cursor:{name}").unsign_object(cursor)
    except (signing.BadSignature, ValueError):
        raise InvalidInput.of("cursor", "This is not a cursor of this list. Start without one.") from None
    return list(values)


_READ: dict[type, Callable[[str], Any]] = {datetime: datetime.fromisoformat, UUID: UUID, int: int, str: str}


def keyset(
    rows: QuerySet, asked: Paged, *, name: str, by: Sequence[tuple[str, type]], descending: bool = True
) -> Window:
    """A page of `rows` in the order of the columns `by` (all one way; the last one unique)."""
    forward, position = True, None
    if asked.cursor:
        way, *values = unseal(name, asked.cursor)
        forward = way == "next"
        position = [_READ[kind](value) for (_column, kind), value in zip(by, values, strict=True)]
    down = descending is forward
    if position is not None:
        rows = rows.filter(_beyond([column for column, _kind in by], position, "lt" if down else "gt"))
    found = list(
        rows.order_by(*(f"-{column}" if down else column for column, _kind in by))[: asked.limit + 1]
    )
    more = len(found) > asked.limit
    found = found[: asked.limit]
    if not forward:
        found.reverse()
    has_next = more if forward else bool(found)
    has_prev = (position is not None and bool(found)) if forward else more

    def cursor(way: str, row: Any) -> str:
        return seal(name, [way, *(getattr(row, column) for column, _kind in by)])

    return Window(
        found,
        cursor("next", found[-1]) if has_next and found else None,
        cursor("prev", found[0]) if has_prev and found else None,
    )


def _beyond(columns: list[str], values: list[Any], sign: str) -> Q:
    """Rows after a position, compared column by column."""
    wanted, same = Q(), Q()
    for column, value in zip(columns, values, strict=True):
        wanted |= same & Q(**{f"{column}__{sign}": value})
        same &= Q(**{column: value})
    # Says nothing new, and lets an index begin there: without it each page reads all pages before it once more.
    return wanted & Q(**{f"{columns[0]}__{sign}e": values[0]})


def links(path: str, parameters: dict[str, str], window: Window) -> dict[str, str | None]:
    """`next` and `prev` as addresses relative to the host, with the list's other parameters kept."""

    def address(cursor: str | None) -> str | None:
        return None if cursor is None else f"{path}?{urlencode({**parameters, 'cursor': cursor})}"

    return {"next": address(window.next), "prev": address(window.prev)}
