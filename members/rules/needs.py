"""Which facts a programme's rules look at, so that an operation reads those and no others."""

from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING

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
    BOUGHT = ("bought", False)

    @property
    def locked(self) -> bool:
        """True when two decisions at once could both be wrong without a lock."""
        return self.value[1]


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
