"""Segments: conditions about members, grouped as all of them, any of them, none of them. Pure.

A new condition is a class in the file of its family, its name in the union here, how it is read in
`campaigns.queries.segments`, and its words for the form. Those on a prediction are read by the floor above, which
makes predictions (`analytics.queries.foretold`).
"""

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from campaigns.rules.segments.base import Condition, Problems
from campaigns.rules.segments.buying import AverageOrder, Bought, Did, Orders, Redeemed, SinceOrder, Spent
from campaigns.rules.segments.person import Agreed, Answered, BirthdaySoon, Joined, JoinedBy, Language
from campaigns.rules.segments.standing import (
    Foretold,
    ForetoldSpend,
    InSegment,
    Lifecycle,
    Outlook,
    Points,
    PointsEnding,
    Rfm,
    Stage,
    Tier,
)

MOST_CONDITIONS = 40
DEEPEST = 4


class Match(StrEnum):
    """How a group is read."""

    ALL = "all"
    ANY = "any"
    NONE = "none"


class Group(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="group", kw_only=True):
    """Conditions and groups of which all hold, any, or none."""

    match: Match = Match.ALL
    of: tuple["Node", ...] = ()


Node = (
    Orders
    | Spent
    | AverageOrder
    | SinceOrder
    | Bought
    | Did
    | Redeemed
    | Tier
    | Points
    | PointsEnding
    | Lifecycle
    | Rfm
    | Foretold
    | ForetoldSpend
    | InSegment
    | Answered
    | Agreed
    | Joined
    | JoinedBy
    | Language
    | BirthdaySoon
    | Group
)


class Conditions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a segment is: the outermost group."""

    match: Match = Match.ALL
    of: tuple[Node, ...] = ()


def leaves(of: "Conditions | Group", path: str = "of") -> Iterator[tuple[str, Condition]]:
    """Every single condition with its path, in the order in which they are written."""
    for index, node in enumerate(of.of):
        here = f"{path}[{index}]"
        if isinstance(node, Group):
            yield from leaves(node, f"{here}.of")
        else:
            yield here, node


def problems(conditions: Conditions) -> Problems:
    """What is wrong with conditions as written: (path, sentence)."""
    found = _of_group(conditions, "", 1)
    if not found and sum(1 for _one in leaves(conditions)) > MOST_CONDITIONS:
        found.append(("of", f"At most {MOST_CONDITIONS} conditions."))
    return found


def _of_group(group: "Conditions | Group", path: str, depth: int) -> Problems:
    of = f"{path}.of" if path else "of"
    if depth > DEEPEST:
        return [(path, f"Groups stand in each other at most {DEEPEST} deep.")]
    if not group.of:
        return [(of, "Add at least one condition.")]
    found: Problems = []
    for index, node in enumerate(group.of):
        here = f"{of}[{index}]"
        if isinstance(node, Group):
            found += _of_group(node, here, depth + 1)
        else:
            found += [(f"{here}.{name}", text) for name, text in node.problems()]
    return found


__all__ = [
    "Agreed",
    "Answered",
    "AverageOrder",
    "BirthdaySoon",
    "Bought",
    "Condition",
    "Conditions",
    "Did",
    "Foretold",
    "ForetoldSpend",
    "Group",
    "InSegment",
    "Joined",
    "JoinedBy",
    "Language",
    "Lifecycle",
    "Match",
    "Orders",
    "Outlook",
    "Points",
    "PointsEnding",
    "Redeemed",
    "Rfm",
    "SinceOrder",
    "Spent",
    "Stage",
    "Tier",
    "leaves",
    "problems",
]
