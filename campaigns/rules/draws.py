"""Prize draws that anybody can check, and instant wins with a budget of prizes. Pure.

A draw is fair when nobody could choose who wins. So the seed is made when the draw opens, and only its SHA-256 is
published then: it cannot be changed afterwards without everybody noticing. When the draw is held, the list of chances
is published under codes that name nobody, and the seed with it. Who wins follows from the two, and nothing else:

    ticket n = SHA-256("seed:digest of the list:n"), taken as a number, modulo the chances that are left

where numbers beyond the last whole multiple are passed over, so that every chance is exactly as good as any other. Who
has won is out for the next place. `docs/verify_draw.py` does the same in a few lines.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import digest
from uuid import UUID

_SPACE = 1 << 256
MOST_WINNERS = 1000


@dataclass(frozen=True, slots=True)
class Chances:
    """How many chances somebody has, under the code they know themselves by."""

    code: str
    entries: int


def new_seed() -> str:
    """A secret nobody can guess: 32 random bytes as hexadecimal digits."""
    return secrets.token_hex(32)


def commitment(seed: str) -> str:
    """What is published of a seed before the draw."""
    return sha256(seed.encode()).hexdigest()


def code_of(member: UUID, draw: UUID) -> str:
    """The code of a member in one draw: theirs alone, another one in each draw, and nobody's name."""
    return sha256(f"{draw.hex}|{member.hex}".encode()).hexdigest()[:12]


def written(chances: Iterable[Chances]) -> str:
    """The list as it is published and hashed: a line each, "code entries", sorted by code. Who has none is left out.
    Raises `ValueError` for a code that is there twice."""
    found = sorted((one.code, one.entries) for one in chances if one.entries > 0)
    if len({code for code, _entries in found}) != len(found):
        raise ValueError("a code is there twice")
    return "".join(f"{code} {entries}\n" for code, entries in found)


def read(text: str) -> list[Chances]:
    """A published list again."""
    rows = (line.split(" ") for line in text.splitlines())
    return [Chances(code, int(entries)) for code, entries in rows]


def select(seed: str, text: str, *, winners: int) -> list[str]:
    """The codes that win, in the order of their places; all of them where there are fewer than prizes."""
    left, listed, found, number = read(text), sha256(text.encode()).hexdigest(), list[str](), 0
    while left and len(found) < winners:
        total = sum(one.entries for one in left)
        ticket = int(sha256(f"{seed}:{listed}:{number}".encode()).hexdigest(), 16)
        number += 1
        if ticket >= _SPACE - _SPACE % total:
            continue
        place = _place(left, ticket % total)
        found.append(left.pop(place).code)
    return found


def _place(left: Sequence[Chances], ticket: int) -> int:
    for place, one in enumerate(left):
        ticket -= one.entries
        if ticket < 0:
            return place
    raise ValueError("a ticket beyond the last chance")


# --- instant wins -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prize:
    """Something to win at once: `odds` is the chance of one play in a million, `left` how many there still are."""

    id: str
    odds: int
    left: int


MILLION = 1_000_000


def odds_problems(prizes: Sequence[Prize]) -> list[tuple[str, str]]:
    """What is wrong with the prizes as written, as (path, message)."""
    found = []
    for index, one in enumerate(prizes):
        if not 1 <= one.odds <= MILLION:
            found.append((f"prizes[{index}].odds", "Give a chance of 1 to 1,000,000 in a million."))
        if one.left < 0:
            found.append((f"prizes[{index}].left", "There cannot be fewer than none."))
    if sum(one.odds for one in prizes) > MILLION:
        found.append(("prizes", "Together the prizes have more than every play."))
    if len({one.id for one in prizes}) != len(prizes):
        found.append(("prizes", "Two prizes have the same id."))
    return found


def play(seed: str, ticket: str, prizes: Sequence[Prize]) -> str:
    """What a play wins; "" for nothing. The same ticket always plays the same, so asking twice is no second chance, and
    when the seed is published everybody can check their tickets. A prize that is used up is not replaced by another:
    the odds of the others stay what they were."""
    drawn = int.from_bytes(digest(seed.encode(), ticket.encode(), "sha256"))
    if drawn >= _SPACE - _SPACE % MILLION:
        return play(seed, f"{ticket}+", prizes)
    number = drawn % MILLION
    for one in prizes:
        if number < one.odds:
            return one.id if one.left > 0 else ""
        number -= one.odds
    return ""
