"""The rules that count now: those of a programme, and what upper floors add to them for a while.

Campaigns are a floor above and cannot be asked; whoever has rules to add registers an `Adder` when its app starts, and
every decision asks here. Nothing is added to decisions that name a programme version themselves: history that comes
late.
"""

from typing import Any, Final, Protocol
from uuid import UUID

from django.db import connection

from loyalty.core.programme import queries as programmes
from loyalty.core.programme.document import Programme
from loyalty.core.programme.queries import Current
from loyalty.core.tenancy import scope
from members.rules.adding import NOTHING, Added, with_added, with_offers

_MOST_KEPT = 500


class Adder(Protocol):
    """Knows rules that count besides the programme, each with a window of its own."""

    def added(self) -> Added:
        """What the merchant in scope adds now; asked by each process once after it has changed."""


_adders: list[Adder] = []
_UNREAD: Final = object()
# By version and mark. The engine keeps what it finds out about a programme by the programme's identity, so the same
# rules must be the same object each time they are asked for.
_kept: dict[tuple[UUID, UUID], Current] = {}


def register(adder: Adder) -> None:
    """Let rules be added by `adder`. Called once, when its app starts. It says `members.operations.adding.note_added()`
    whenever what it adds has changed."""
    _adders.append(adder)


def live(version: UUID | None, *, mark: Any = _UNREAD) -> Current | None:
    """A published version with what is added to it now; None without a version. `mark` is the shop's where the caller
    has read it already; who adds is asked once for each."""
    if version is None:
        return None
    mark = _mark() if mark is _UNREAD else mark
    if mark is None:
        return programmes.version(version)
    found = _kept.get((version, mark))
    if found is None:
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        found = _kept[version, mark] = _with_added(programmes.version(version))
    return found


def _mark() -> UUID | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT mark FROM members_addedmark WHERE merchant_id = %s", [scope.merchant_id()])
        row = cursor.fetchone()
    return row[0] if row else None


def _with_added(current: Current) -> Current:
    added = [one for adder in _adders if (one := adder.added()) != NOTHING]
    if not added:
        return current
    parts = dict(current.programme)
    parts["earning"] = with_added(parts["earning"], added)
    parts["offers"] = with_offers(parts["offers"], added)
    return Current(current.id, current.number, Programme(parts))


def in_force() -> Current | None:
    """The programme in force with what is added to it now; None before the first publication."""
    current = programmes.in_force()
    return live(current.id) if current else None
