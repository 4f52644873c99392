"""Pools of codes: which rewards have one, and what is known of certain codes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from rewards.models import PoolCode, Reward, Voucher
from rewards.queries.catalogue import kind_terms


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
