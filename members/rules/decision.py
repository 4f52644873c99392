"""What the engine answers: typed effects, and the reason for each rule, matched or not."""

from typing import Any

from msgspec import Struct


class Effect(Struct, frozen=True, tag_field="type", tag="earn"):
    """Give `amount` of `unit`, because of `rules`."""

    unit: str
    amount: int
    rules: tuple[str, ...]


class Reason(Struct, frozen=True):
    """One rule's verdict. `code` is stable; `values` holds what was compared, so that any face can say it in
    words."""

    rule: str
    name: str
    matched: bool
    code: str
    values: dict[str, Any] = {}
    amount: int = 0


class Decision(Struct, frozen=True):
    """`eligible_minor` is the part of the order that could earn at all; `lines` splits the points over the
    lines by number, in whole points that sum to what was given, so that a refunded line takes exactly its
    own."""

    effects: tuple[Effect, ...] = ()
    reasons: tuple[Reason, ...] = ()
    eligible_minor: int = 0
    lines: dict[int, int] = {}

    def earned(self, unit: str = "points") -> int:
        """Units given in all."""
        return sum(effect.amount for effect in self.effects if effect.unit == unit)
