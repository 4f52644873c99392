"""What points of one merchant are worth at another. Whole numbers all the way: a worth is counted in millionths of a
minor unit of the currency both have."""

import re
from dataclasses import dataclass

_WORTH = re.compile(r"[0-9]{1,7}(\.[0-9]{1,6})?")
MILLION = 10**6


def micros(worth: str) -> int:
    """`micros("12.5")` → 12,500,000 millionths. `ValueError` for what is no positive decimal with at most seven digits
    before the point and six after it."""
    if not _WORTH.fullmatch(worth):
        raise ValueError(worth)
    units, _, fraction = worth.partition(".")
    found = int(units) * MILLION + int(fraction.ljust(6, "0"))
    if found == 0:
        raise ValueError(worth)
    return found


def plain(worth: int) -> str:
    """Millionths as decimal text without needless zeros: `plain(12_500_000)` → `"12.5"`."""
    units, fraction = divmod(worth, MILLION)
    return f"{units}.{fraction:06d}".rstrip("0").rstrip(".")


@dataclass(frozen=True, slots=True)
class Pull:
    """Points to take at a partner and to give here; `owed_minor` the partner owes for them, the nearest minor unit;
    `remainder` of what was taken is worth less than one point here (minor units, decimal text)."""

    taken: int
    given: int
    owed_minor: int
    remainder: str


def reaches(points: int, *, their_worth: str, our_worth: str) -> int:
    """How many whole points here the partner's points make, rounded down."""
    return max(0, points) * micros(their_worth) // micros(our_worth)


def pull(missing: int, *, their_worth: str, our_worth: str) -> Pull:
    """What to take at a partner for `missing` points here: the fewest points that are worth them. All that they are
    worth in whole points is given, so the member gets what a point there is worth more."""
    theirs, ours = micros(their_worth), micros(our_worth)
    taken = -(-missing * ours // theirs)
    worth = taken * theirs
    given, rest = divmod(worth, ours)
    return Pull(taken, given, (2 * worth + MILLION) // (2 * MILLION), plain(rest))
