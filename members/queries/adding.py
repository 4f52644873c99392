"""The rules that count now: those of a programme, and what upper floors add to them for a while.

Campaigns are a floor above and cannot be asked; whoever has rules to add registers an `Adder` when its app starts, and
every decision asks here. Nothing is added to decisions that name a programme version themselves (history that comes
late) or that are made again by it.
"""

from collections.abc import Hashable
from typing import Protocol
from uuid import UUID

from loyalty.core.programme import queries as programmes
from loyalty.core.programme.document import Programme
from loyalty.core.programme.queries import Current
from members.rules.adding import Added, with_added, with_offers

_MOST_KEPT = 500


class Adder(Protocol):
    """Knows rules that count besides the programme, each with a window of its own."""

    def added(self) -> Added:
        """What the merchant in scope adds now, in as few statements as possible: it is asked with every order."""


_adders: list[Adder] = []
# By version and marks. The engine keeps what it finds out about a programme by the programme's identity, so the same
# rules must be the same object each time they are asked for.
_kept: dict[tuple[UUID, tuple[Hashable, ...]], Current] = {}


def register(adder: Adder) -> None:
    """Let rules be added by `adder`. Called once, when its app starts."""
    _adders.append(adder)


def live(version: UUID | None) -> Current | None:
    """A published version with what is added to it now; None without a version."""
    if version is None:
        return None
    current = programmes.version(version)
    added = [one for adder in _adders if (one := adder.added()).mark is not None]
    if not added:
        return current
    key = version, tuple(one.mark for one in added)
    found = _kept.get(key)
    if found is None:
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        parts = dict(current.programme)
        parts["earning"] = with_added(parts["earning"], added)
        parts["offers"] = with_offers(parts["offers"], added)
        found = _kept[key] = Current(current.id, current.number, Programme(parts))
    return found


def in_force() -> Current | None:
    """The programme in force with what is added to it now; None before the first publication."""
    current = programmes.in_force()
    return live(current.id) if current else None
