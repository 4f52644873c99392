"""Who sees what: found out from the member's id alone, so it is the same today, tomorrow and on every machine. Pure.

Nothing is drawn and nothing has to be kept. Two questions are asked with two salts: is the member held out from every
campaign (the shop's holdout, the same in all experiments), and which variant of this experiment is theirs. A member's
places in two experiments have nothing to do with each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

HOLDOUT = ""
"""What `assign` answers for somebody who is held out: no variant at all."""
WHOLE = 10_000
"""A holdout is said in hundredths of a percent of all members."""
_SPACE = 1 << 64


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the things compared, by its id. Of all weights together it gets its own."""

    id: str
    weight: int = 1


def place(unit: UUID, salt: str) -> int:
    """Where a unit stands between 0 and 2^64 under a salt: the first eight bytes of a SHA-256."""
    return int.from_bytes(sha256(f"{salt}|{unit.hex}".encode()).digest()[:8])


def is_held_out(unit: UUID, *, salt: str, holdout: int) -> bool:
    """Whether a unit is among the `holdout` hundredths of a percent who get no campaign. Who is in at 500 is also in at
    800: raising the share moves nobody back."""
    return place(unit, f"holdout|{salt}") * WHOLE < holdout * _SPACE


def assign(
    unit: UUID,
    *,
    salt: str,
    variants: Sequence[Variant],
    holdout: int = 0,
    holdout_salt: str = "",
) -> str:
    """The id of the variant a unit sees, or `HOLDOUT`. `salt` names the experiment, `holdout_salt` the shop. The order
    of `variants` counts, their ids do not: a variant that is renamed keeps its members."""
    if holdout and is_held_out(unit, salt=holdout_salt, holdout=holdout):
        return HOLDOUT
    total = sum(one.weight for one in variants)
    here, edge = place(unit, f"variant|{salt}") * total, 0
    for one in variants:
        edge += one.weight * _SPACE
        if here < edge:
            return one.id
    raise ValueError("an experiment needs a variant with weight")
