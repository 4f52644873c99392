"""What a list is, and what rows have in common."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from loyalty.core import ids
from loyalty.core.money import major
from members.queries.many import identities_of

type Page = tuple[list[list[Any]], list[Any] | None]
"""Rows, and where the next ones begin; None when these were the last."""
WHO = ("member", "customer_number", "email", "phone", "card")
"""The columns that name a member. They come back as they went: an import recognises every one but our own id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`head` is written as it is, in every language: that is how an import knows the columns again. `read(after)`
    gives a stretch of rows; `every()` is all that is read, in no order: a purchase with two lines is one of them and
    two rows. `permission` says who may have them."""

    name: str
    label: Any
    note: Any
    icon: str
    permission: str
    head: tuple[str, ...]
    read: Callable[[list[Any] | None], Page]
    every: Callable[[], QuerySet[Any]]

    def count(self) -> int:
        """About how many rows there are. Counts them: with millions that takes a while."""
        return self.every().count()

    def count_up_to(self, most: int) -> int:
        """The same, as far as `most`: no more than that many are looked at."""
        return self.every()[:most].count()


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
