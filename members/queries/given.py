"""What members were given that moved nothing in the books: rewards without points. The floor that hands them out says
so here, and the member's story tells it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Given:
    """A gift: what people call it, what it was for (an order, an activity, …), and whether it was taken back. `pk` is
    time-ordered, so that it finds its place among everything else that happened."""

    pk: UUID
    name: str
    source_kind: str
    source: UUID | None
    taken_back: bool
    given_at: datetime


Reader = Callable[[UUID, UUID | None, int], list[Given]]
_readers: list[Reader] = []


def register(reader: Reader) -> None:
    """Let an upper app tell what members were given. Called once, when it starts. `reader(member, before, limit)`
    answers last given first."""
    if reader not in _readers:
        _readers.append(reader)


def given(member: UUID, before: UUID | None, limit: int) -> list[Given]:
    """What a member was given before an id, last given first."""
    found = [row for reader in _readers for row in reader(member, before, limit)]
    return sorted(found, key=lambda row: row.pk, reverse=True)[:limit]
