"""What the engine answers: typed effects, and the reason for each rule, matched or not."""

from typing import Any

from msgspec import Struct

from members.rules.units import POINTS


class Effect(Struct, frozen=True, tag_field="type", tag="earn"):
    """Give `amount` of `unit`, because of `rules`."""

    unit: str
    amount: int
    rules: tuple[str, ...]


class IssueReward(Struct, frozen=True, tag_field="type", tag="issue_reward"):
    """Hand out `quantity` of a reward, free of points."""

    reward: str
    quantity: int
    rule: str


class AwardBadge(Struct, frozen=True, tag_field="type", tag="badge"):
    """Mark the member with a badge; one they already have stays one."""

    badge: str
    rule: str


class EnterDraw(Struct, frozen=True, tag_field="type", tag="draw_entry"):
    """`entries` chances in a draw."""

    draw: str
    entries: int
    rule: str


class EnterSegment(Struct, frozen=True, tag_field="type", tag="enter_segment"):
    """Put the member into a segment."""

    segment: str
    rule: str


type AnyEffect = Effect | IssueReward | AwardBadge | EnterDraw | EnterSegment


class Drawn(Struct, frozen=True):
    """What a rule took out of a budget: units, and their cost in minor units as decimal text ("12.5")."""

    budget: str
    rule: str
    units: int
    cost_minor: str


class Checked(Struct, frozen=True):
    """One condition's verdict: `type` names the condition, `code` is stable, `values` holds what was compared."""

    type: str
    matched: bool
    code: str
    values: dict[str, Any] = {}


class Reason(Struct, frozen=True):
    """One rule's verdict. `code` is stable; `values` holds what was compared, so that any face can say it in
    words. `amount` is of `unit`; `conditions` has the verdict on each of the rule's conditions."""

    rule: str
    name: str
    matched: bool
    code: str
    values: dict[str, Any] = {}
    amount: int = 0
    unit: str = POINTS
    conditions: tuple[Checked, ...] = ()


class Compared(Struct, frozen=True):
    """A variant of an experiment by which a rule was applied. `matters`: another variant would have given something
    else."""

    experiment: str
    name: str
    variant: str
    variant_name: str
    rule: str
    matters: bool


class Decision(Struct, frozen=True):
    """`eligible_minor` is the part of the order that could earn at all; `lines` splits the points over the
    lines by number, in whole points that sum to what was given, so that a refunded line takes exactly its
    own. `other_lines` does the same for each other unit. An activity has no lines to split over. `counted` names the
    rules that gave and whose gift counts against a cap, a cool-down or a budget; `compared` the variants of experiments
    that it was made by."""

    effects: tuple[AnyEffect, ...] = ()
    reasons: tuple[Reason, ...] = ()
    eligible_minor: int = 0
    lines: dict[int, int] = {}
    other_lines: dict[str, dict[int, int]] = {}
    drawn: tuple[Drawn, ...] = ()
    counted: tuple[str, ...] = ()
    compared: tuple[Compared, ...] = ()

    def earned(self, unit: str = POINTS) -> int:
        """Units given in all."""
        return sum(
            effect.amount for effect in self.effects if isinstance(effect, Effect) and effect.unit == unit
        )

    def rules(self, unit: str = POINTS) -> tuple[str, ...]:
        """The rules that gave a unit."""
        return tuple(
            rule
            for effect in self.effects
            if isinstance(effect, Effect) and effect.unit == unit
            for rule in effect.rules
        )

    def split(self, unit: str = POINTS) -> dict[int, int]:
        """Units by line number; sums to `earned(unit)` for a purchase."""
        return self.lines if unit == POINTS else self.other_lines.get(unit, {})

    def units(self) -> tuple[str, ...]:
        """The units given, each once."""
        return tuple(effect.unit for effect in self.effects if isinstance(effect, Effect))
