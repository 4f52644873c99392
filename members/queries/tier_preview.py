"""Who would move if other tiers counted: the same rule that the review after a publication follows, without writing."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from loyalty.core.merchants.queries import shop_of_scope
from members.queries import tiers as asking
from members.rules.tiers import Direction, Occasion, Tiers

BATCH = 2000


@dataclass(frozen=True, slots=True)
class Move:
    """A member who would change tiers ("" is none), with what they have of what qualifies."""

    member: UUID
    from_tier: str
    to_tier: str
    direction: Direction
    amount: int


@dataclass(slots=True)
class Preview:
    """How many members there are, and how many would go from where to where, by direction. Those who go down do so only
    if the publisher says so; otherwise they keep their tier until its time is over. `replaced` have a tier that the new
    ladder does not have: without `move_down` it cannot be published."""

    members: int = 0
    beyond: UUID | None = None
    up: Counter[tuple[str, str]] = field(default_factory=Counter)
    down: Counter[tuple[str, str]] = field(default_factory=Counter)
    replaced: Counter[tuple[str, str]] = field(default_factory=Counter)


def preview_tiers(
    tiers: Tiers, *, at: datetime, after: UUID | None = None, most: int | None = None
) -> Preview:
    """What publishing a ladder would do to everybody, in counts. Reads the whole shop, a batch at a time; with `most`
    about so many members from after one on."""
    found = Preview()
    kinds = {Direction.UP: found.up, Direction.DOWN: found.down, Direction.REPLACED: found.replaced}
    position = after
    while members := asking.members_after(position, most=BATCH):
        position = members[-1]
        found.members += len(members)
        for move in _moves(members, tiers, at):
            kinds[move.direction][move.from_tier, move.to_tier] += 1
        if most is not None and found.members >= most:
            found.beyond = position if asking.members_after(position, most=1) else None
            break
    return found


def moving(tiers: Tiers, *, at: datetime, after: UUID | None, most: int) -> tuple[list[Move], UUID | None]:
    """Members who would move, in the order of their ids, from after one of them; and where to go on, None at the
    end."""
    page: list[Move] = []
    position = after
    while members := asking.members_after(position, most=BATCH):
        position = members[-1]
        page += _moves(members, tiers, at)
        if len(page) > most:
            return page[:most], page[most - 1].member
    return page, None


def _moves(members: list[UUID], tiers: Tiers, at: datetime) -> Iterator[Move]:
    zone = ZoneInfo(shop_of_scope().timezone)
    found = asking.verdicts(members, tiers=tiers, at=at, zone=zone, occasion=Occasion.MOVED_DOWN)
    for one, verdict in sorted(found, key=lambda pair: pair[0].member):
        before = one.now.tier if one.now else ""
        after = verdict.standing.tier if verdict.standing else ""
        if before != after and verdict.direction is not None:
            yield Move(one.member, before, after, verdict.direction, verdict.values.get("amount", 0))
