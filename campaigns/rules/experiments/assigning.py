"""Whether an experiment's variants make sense. Who sees which of them is found out a floor below, where purchases are
decided (`members.rules.assigning`)."""

from collections.abc import Sequence

from members.rules.assigning import HOLDOUT, WHOLE, Variant, assign, is_held_out, place

__all__ = ["HOLDOUT", "WHOLE", "Variant", "assign", "is_held_out", "place", "problems"]


def problems(variants: Sequence[Variant], *, holdout: int = 0) -> list[tuple[str, str]]:
    """What is wrong with an experiment's variants as written, as (path, message)."""
    found: list[tuple[str, str]] = []
    if not 2 <= len(variants) <= 8:
        found.append(("variants", "An experiment compares two to eight variants."))
    if len({one.id for one in variants}) != len(variants):
        found.append(("variants", "Two variants have the same id."))
    for index, one in enumerate(variants):
        if not one.id or len(one.id) > 40:
            found.append((f"variants[{index}].id", "Give an id of 1 to 40 characters."))
        if not 1 <= one.weight <= 1000:
            found.append((f"variants[{index}].weight", "Give a whole number from 1 to 1,000."))
    if not 0 <= holdout <= 5000:
        found.append(("holdout", "Hold out at most half of all members."))
    return found
