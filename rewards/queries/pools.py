"""Pools of imported codes: how many are left, how fast they go, and what is known of certain codes. The codes
themselves are read by nobody again."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from rewards.models import PoolCode, Reward, Voucher
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


@dataclass(frozen=True, slots=True)
class InPool:
    """A code that is in a pool: its row, whose reward it is of, and whether it was given out."""

    id: UUID
    reward: UUID
    given: bool


def with_pool() -> list[Reward]:
    """The rewards that hand out imported codes, in the order of the catalogue."""
    rows = Reward.objects.filter(retired_at=None).order_by("position", "cost_points", "id")
    return [row for row in rows if kind_terms(row).codes == "pool"]


def in_pools(digests: Collection[bytes]) -> Mapping[bytes, InPool]:
    """Codes that are in any pool of the shop, by their digests."""
    rows = PoolCode.objects.filter(digest__in=list(digests)).values_list(
        "digest", "id", "reward", "redemption"
    )
    return {bytes(digest): InPool(key, reward, given is not None) for digest, key, reward, given in rows}


def ours(digests: Collection[bytes]) -> set[bytes]:
    """Digests of codes that the shop has made itself and a member has."""
    rows = Voucher.objects.filter(digest__in=list(digests)).values_list("digest", flat=True)
    return {bytes(digest) for digest in rows}
