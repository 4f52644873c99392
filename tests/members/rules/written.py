"""Rules as merchants write them, and purchases to hold against them."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from members.rules.earning import Earning, check
from members.rules.facts import ActivityFacts, Facts, LineFacts, MemberFacts, OrderFacts

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)  # a Monday, nine in the morning in Stockholm
PER_KRONA = {"type": "points_per_amount", "id": "base", "points": 1, "per_minor": 100}


def earning(*rules: dict[str, Any], **section: Any) -> Earning:
    """A checked earning section; rules without an id are named by their place."""
    named = [{"id": f"rule-{number}", **rule} for number, rule in enumerate(rules, 1)]
    found = msgspec.convert({"rules": named, **section}, Earning)
    assert check(found) == []
    return found


def line(number: int, amount_minor: int, **more: Any) -> LineFacts:
    """One line of an order."""
    tags = frozenset(more.pop("tags", ()))
    return LineFacts(number, more.pop("sku", f"sku-{number}"), amount_minor, tags=tags, **more)


def bought(
    *lines: LineFacts | int, member: MemberFacts | None = None, budgets: Any = None, **order: Any
) -> Facts:
    """A purchase in Stockholm; a bare number is a line of so many minor units."""
    whole = tuple(line(number, one) if isinstance(one, int) else one for number, one in enumerate(lines, 1))
    return Facts(
        OrderFacts("SEK", whole, **order), member or MemberFacts(), "Europe/Stockholm", budgets=budgets or {}
    )


def did(kind: str, *, member: MemberFacts | None = None, budgets: Any = None, **activity: Any) -> Facts:
    """An activity in Stockholm."""
    return Facts(
        member=member or MemberFacts(), zone="Europe/Stockholm", activity=ActivityFacts(kind, **activity),
        budgets=budgets or {},
    )  # fmt: skip
