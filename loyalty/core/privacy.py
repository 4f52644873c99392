"""The registry of personal data: each app says how to export and how to erase what it holds about a member.

Books, orders and events hold ids and figures and stay, less the reasons somebody typed; what is registered here goes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Holder:
    """`export(member)` gives JSON-able data; None where another holder tells it. `erase(member)` deletes what
    identifies the person."""

    name: str
    export: Callable[[UUID], Any] | None
    erase: Callable[[UUID], None]


_holders: dict[str, Holder] = {}


def register(holder: Holder) -> None:
    """Called once per holder, when its app starts."""
    _holders[holder.name] = holder


def export(member: UUID) -> dict[str, Any]:
    """Everything every part of the house knows about a member."""
    return {holder.name: holder.export(member) for holder in _holders.values() if holder.export}


def erase(member: UUID) -> None:
    """Delete the person everywhere, in the caller's transaction."""
    for holder in _holders.values():
        holder.erase(member)
