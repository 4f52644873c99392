"""Tiers: the ladder of a programme, the standing of a member, what is missing to the next one. Pure."""

from members.rules.perks import Limit, Perk, PerkKind, worded
from members.rules.tiers.ladder import (
    By,
    Landing,
    OnRefund,
    Tier,
    Tiers,
    Valid,
    WindowKind,
    check,
)
from members.rules.tiers.projection import Goal, Projection, projection
from members.rules.tiers.standing import (
    Basis,
    Direction,
    Occasion,
    Standing,
    Verdict,
    given_by_hand,
    reached_without,
    standing,
)
from members.rules.tiers.windows import Days, Span

__all__ = [
    "Basis",
    "By",
    "Days",
    "Direction",
    "Goal",
    "Landing",
    "Limit",
    "Occasion",
    "OnRefund",
    "Perk",
    "PerkKind",
    "Projection",
    "Span",
    "Standing",
    "Tier",
    "Tiers",
    "Valid",
    "Verdict",
    "WindowKind",
    "check",
    "given_by_hand",
    "projection",
    "reached_without",
    "standing",
    "worded",
]
