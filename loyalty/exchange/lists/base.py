"""What a list is, and what rows have in common."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from loyalty.core import ids
from loyalty.core.money import major
from loyalty.exchange.writing import Kind
from members.queries.many import identities_of

type Page = tuple[list[list[Any]], list[Any] | None]
"""Rows, and where the next ones begin; None when these were the last."""
NEVER = "never"
"""What a column of instants says of what has no end."""
WHO = ("member", "customer_number", "email", "phone", "card")
"""The columns that name a member. They come back as they went: an import recognises every one but our own id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`head` is written as it is, in every language: that is how an import knows the columns again. `read(after)`
    gives a stretch of rows; `every()` is all that is read, in no order: a purchase with two lines is one of them and
    two rows. `permission` says who may have them. `others` are columns that are not what their name says elsewhere."""

    name: str
    label: Any
    note: Any
    icon: str
    permission: str
    head: tuple[str, ...]
    read: Callable[[list[Any] | None], Page]
    every: Callable[[], QuerySet[Any]]
    others: Mapping[str, Kind] = field(default_factory=dict)

    @property
    def kinds(self) -> dict[str, Kind]:
        """What is in its columns, for files that know types."""
        return {name: self.others.get(name) or kind_of(name) for name in self.head}

    def count(self) -> int:
        """About how many rows there are. Counts them: with millions that takes a while."""
        return self.every().count()

    def count_up_to(self, most: int) -> int:
        """The same, as far as `most`: no more than that many are looked at."""
        return self.every()[:most].count()


STRETCH = 1000
"""Rows that are read at a time."""


def stretch(found: Any, after: list[Any] | None) -> list[Any]:
    """The next rows of a table by their ids."""
    rows = found.order_by("pk")
    return list((rows.filter(pk__gt=UUID(after[0])) if after else rows)[:STRETCH])


def next_after(rows: list[Any], *keys: str) -> list[Any] | None:
    """Where to go on after a full stretch, None after the last: by its id, or by the columns that order its table."""
    if len(rows) < STRETCH:
        return None
    found = [rows[-1][key] for key in keys] or [rows[-1].pk]
    return [str(part) if isinstance(part, UUID) else part for part in found]


_WHOLE = frozenset({
    "points", "points_waiting", "orders", "points_earned", "granted", "line", "amount", "balance_after", "cost_points",
    "stock", "taken", "limit_per_member", "quantity", "returned_points", "points_taken", "shortfall", "attempts",
})  # fmt: skip
_MONEY = frozenset(
    {"spent", "line_total", "discount", "refunded", "unit_cost", "price", "cost", "amount_refunded"}
)
_INSTANTS = frozenset({"available_from", "available_until"})
_YES = frozenset({"news_by_email", "news_by_sms", "archived", "cancels"})
_DAYS = frozenset({"birthday"})


def kind_of(column: str) -> Kind:
    """What is in a column of that name. Numbers that only name something are text."""
    if column in _WHOLE:
        return Kind.WHOLE
    if column in _MONEY:
        return Kind.DECIMAL
    if column in _YES:
        return Kind.YES
    if column in _DAYS:
        return Kind.DAY
    return Kind.INSTANT if column.endswith("_at") or column in _INSTANTS else Kind.TEXT


def who(members: Iterable[UUID | None]) -> dict[UUID | None, list[Any]]:
    """The columns of `WHO` for some members; empty ones for nobody."""
    keys = {key for key in members if key}
    known = identities_of(keys)
    rows: dict[UUID | None, list[Any]] = {None: [""] * len(WHO)}
    for key in keys:
        ways = known.get(key, {})
        rows[key] = [
            ids.encode("mbr", key),
            *(ways.get(way, "") for way in ("external", "email", "phone", "card")),
        ]
    return rows


def when(instant: datetime | None) -> str:
    """An instant in UTC, to the second."""
    return instant.isoformat(timespec="seconds") if instant else ""


def money(amount_minor: int, currency: str) -> str:
    """An amount in whole units with a point: "184.50"."""
    return str(major(amount_minor, currency))
