"""Pools of imported codes: how many are left and how fast they go. Codes themselves are read by nobody again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from rewards.models import PoolCode, Reward
from rewards.queries.catalogue import kind_terms


@dataclass(frozen=True, slots=True)
class Pool:
    """`left` codes of those imported can still be given out, `given` were; `low_at`: from how few on the shop is told,
    0 for never."""

    left: int
    given: int
    low_at: int

    @property
    def is_low(self) -> bool:
        """Whether it is time to import more."""
        return self.left <= self.low_at


def has_pool(reward: Reward) -> bool:
    """Whether a reward's codes come out of a pool."""
    return kind_terms(reward).codes == "pool"


def pool(reward: Reward) -> Pool:
    """A reward's pool, counted from its codes."""
    rows = PoolCode.objects.filter(reward=reward)
    counted = rows.aggregate(left=Count("pk", filter=Q(redemption=None)), everything=Count("pk"))
    left = counted["left"]
    return Pool(left, counted["everything"] - left, getattr(kind_terms(reward), "low_at", 0))


@dataclass(frozen=True, slots=True)
class Batch:
    """Codes that came in one import, and how many of them are still there."""

    added_at: datetime
    codes: int
    left: int


def batches(reward: UUID, *, most: int = 12) -> list[Batch]:
    """The last imports of a reward."""
    rows: Any = PoolCode.objects.filter(reward=reward).order_by().values("added_at")
    counted = rows.annotate(codes=Count("pk"), left=Count("pk", filter=Q(redemption=None)))
    return [Batch(**row) for row in counted.order_by("-added_at")[:most]]
