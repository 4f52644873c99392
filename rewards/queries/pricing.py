"""What a reward costs a member, where an experiment compares prices."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from members.queries.comparisons import current
from members.rules.comparisons import REWARD, Arm, Comparison
from rewards.models import Reward
from rewards.rules.kinds import KINDS


def can_be_compared(row: Reward) -> bool:
    """Whether a reward has a price that can be varied: one in points, said beforehand."""
    return (
        row.cost_points > 0
        and not row.gift_only
        and not (KINDS[row.kind].at_checkout or KINDS[row.kind].booked)
    )


def variants(
    rows: Iterable[tuple[UUID, int]], *, member: UUID, segments: Iterable[str], at: datetime
) -> dict[UUID, tuple[Comparison, Arm]]:
    """The member's variant of each reward (id, price in the catalogue) that an experiment compares. A price that was
    changed since the experiment began is not varied any more."""
    book, prices, inside = current(), dict(rows), frozenset(segments)
    found = {}
    for one in book.running(REWARD, at) if book.of else ():
        reward = UUID(one.target)
        if prices.get(reward) != one.base or (one.audience and one.audience not in inside):
            continue
        arm = book.arm(one, member, at)
        if arm is not None:
            found[reward] = one, arm
    return found


def price(arm: Arm, otherwise: int) -> int:
    """Points that a reward costs in a variant; what the catalogue says where the variant does not."""
    return int(arm.values.get("cost_points", otherwise))
