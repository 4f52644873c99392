"""Units that rules give. Every unit lives in the same ledger; here are the families that have words of their own."""

import re

from loyalty.core.ledger.chart import POINTS

CREDITS = "credits"
"""Status credits: counted for tiers, never spent."""
STAMPS = "stamps"
CASHBACK = "cashback"
"""Whole minor units of the shop's currency."""

FAMILIES = (POINTS, CREDITS, STAMPS, CASHBACK)

# What a rule gives that is no value in the ledger. Limits and budgets count these, too.
REWARDS, BADGES, ENTRIES, SEGMENTS = "rewards", "badges", "entries", "segments"

_UNIT = re.compile(r"[a-z]{3,10}(-[a-z0-9]{1,9})?")


def family(unit: str) -> str:
    """Which family a unit belongs to: "stamps-coffee" is "stamps"."""
    return unit.partition("-")[0]


def problems(unit: str) -> list[tuple[str, str]]:
    """A unit is one of the families, or a part of one: "stamps-coffee"."""
    if _UNIT.fullmatch(unit) and family(unit) in FAMILIES:
        return []
    return [("unit", "Choose points, credits, stamps or cashback; a card of its own is like stamps-coffee.")]
