"""Experiments, for the floors that decide: the book of those that run, and word of who was exposed to which variant.

Who plans experiments and reads what came of them is a floor above, and registers a `Watch`. It hears of an exposure in
the transaction of what led to it, so that an order and the exposure it means are written both or not at all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec
from django.db import transaction

from loyalty.core import ids
from members.models import ComparisonBook
from members.rules.comparisons import Comparisons
from members.rules.decision import Decision


@dataclass(frozen=True, slots=True)
class Exposed:
    """A member met a variant (`variant` its key): by an order, a page with rewards, a message; `at` when."""

    member: UUID
    experiment: UUID
    variant: str
    at: datetime
    source_kind: str
    source: UUID | None = None


class Watch(Protocol):
    """Keeps who was exposed to what, once for each member and experiment."""

    def saw(self, seen: Sequence[Exposed]) -> None:
        """Keep the first time of each. The caller holds the member's counts, or writes of one member only."""


_watches: list[Watch] = []


def register(watch: Watch) -> None:
    """Let exposures be kept by `watch`. Called once, when the app that plans experiments starts."""
    _watches[:] = [watch]


def expose(*, seen: Iterable[Exposed]) -> None:
    """Tell of exposures; those told before count once."""
    found = list(seen)
    if found and _watches:
        _watches[0].saw(found)


def note(*, decision: Decision, member: UUID, source_kind: str, source: UUID, at: datetime) -> None:
    """Tell which variants a decision was made by, where another one would have given something else."""
    expose(
        seen=[
            Exposed(member, UUID(one.experiment), one.variant, at, source_kind, source)
            for one in decision.compared
            if one.matters
        ]
    )


@transaction.atomic
def keep_book(*, comparisons: Comparisons) -> None:
    """Write down which experiments run from now on."""
    row = ComparisonBook.objects.select_for_update().first() or ComparisonBook()
    row.mark, row.content = ids.new(), msgspec.to_builtins(comparisons, str_keys=True)
    row.save()
