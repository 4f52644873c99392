"""Which facts a programme's rules look at, so that an operation reads those and no others."""

from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING

from members.rules.units import BADGES, ENTRIES, POINTS, REWARDS, SEGMENTS

if TYPE_CHECKING:
    from members.rules.earning import Earning
    from members.rules.earning.base import RuleBase


class Need(Enum):
    """A part of `Facts` and whether it must be read under a lock (see `members.rules.facts`)."""

    ORDERS = ("orders_count, last_order_at", True)
    GIVEN = ("given", True)
    BUDGETS = ("budgets", True)
    JOINED = ("joined_at", False)
    BIRTHDAY = ("birthday", False)
    TIER = ("tier", False)
    SEGMENTS = ("segments", False)
    PAST = ("past", False)

    @property
    def locked(self) -> bool:
        """True when two decisions at once could both be wrong without a lock."""
        return self.value[1]


SERVED_GIFTS = frozenset({POINTS, BADGES, ENTRIES, REWARDS, SEGMENTS})
"""What the operations hand over once it has been decided. Whoever makes them hand over more, says so here."""


def unserved(earning: "Earning") -> list[tuple[str, str]]:
    """What keeps a programme from counting although it makes sense, as (path, sentence). Asked at publication: a draft
    may hold it, a preview and a back-test may decide by it."""
    return [
        (f"rules[{index}]", f"This server does not hand out {rule.gives} yet.")
        for index, rule in enumerate(earning.rules)
        if rule.gives not in SERVED_GIFTS
    ]


def of(earning: "Earning") -> frozenset[Need]:
    """Everything the programme's rules compare."""
    return frozenset(need for rule in earning.rules for need in _of_rule(rule))


def _of_rule(rule: "RuleBase") -> Iterator[Need]:
    for condition in rule.when:
        yield from condition.needs
    if rule.limits.per:
        yield Need.GIVEN
    if rule.limits.budget:
        yield Need.BUDGETS
