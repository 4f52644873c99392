"""What a programme's parts call by name, and what the programme has under that name. Pure.

A rule for a tier that is not there never counts, and nobody notices: so it is found before it is published.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from members.rules import units
from members.rules.conditions import CoolDown, InSegment, InTier
from members.rules.earning import Earning, Rule

PLAN, OFFER = "plan-", "offer-"
"""How the segments of paid plans and of offers begin."""


class What(StrEnum):
    """What a name is of."""

    TIER = "tier"
    SEGMENT = "segment"
    PLAN = "plan"
    OFFER = "offer"
    UNIT = "unit"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Called:
    """A name at a place: `path` in the document, `by` what people call the part that says it."""

    path: str
    by: str
    what: What
    name: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a programme has, by what it is of."""

    tiers: frozenset[str]
    segments: frozenset[str]
    units: frozenset[str]
    rules: frozenset[str]

    def has(self, called: Called) -> bool:
        """Whether the programme has what is called."""
        match called.what:
            case What.TIER:
                return called.name in self.tiers
            case What.UNIT:
                return called.name in self.units
            case What.RULE:
                return called.name in self.rules
            case _:
                return called.name in self.segments


def inventory(programme: Mapping[str, Any]) -> Inventory:
    """What the sections of a programme bring: `programme` has them by name."""
    rules = programme["earning"].rules
    side, plans, offers = programme["side_units"], programme["membership_plans"], programme["offers"]
    placed = {rule.segment for rule in rules if rule.gives == units.SEGMENTS}
    placed |= {one.segment(option.id) for one in programme["questions"].questions for option in one.options}
    return Inventory(
        frozenset(tier.id for tier in programme["tiers"].ladder),
        frozenset(placed | {plan.place for plan in plans.plans} | {offer.segment for offer in offers.offers}),
        frozenset({*units.FAMILIES, *(unit.id for unit in side.units), *(card.unit for card in side.cards)}),
        frozenset(rule.id for rule in rules),
    )


def segment(path: str, by: str, name: str) -> Called:
    """A segment that is called by its name: a plan's, an offer's, or one of the shop's own."""
    what = What.PLAN if name.startswith(PLAN) else What.OFFER if name.startswith(OFFER) else What.SEGMENT
    return Called(path, by, what, name)


def called(programme: Mapping[str, Any]) -> Iterator[Called]:
    """Everything the earning rules, offers and referrals of a programme call by name. A rule that is switched off calls
    nothing."""
    earning: Earning = programme["earning"]
    for index, rule in enumerate(earning.rules):
        if not rule.off:
            yield from _by_rule(f"earning.rules[{index}]", rule)
    for index, budget in enumerate(earning.budgets):
        if units.family(budget.unit) in units.FAMILIES:
            path = f"earning.budgets[{index}].unit"
            yield Called(path, budget.name or budget.id, What.UNIT, budget.unit)
    for index, offer in enumerate(programme["offers"].offers):
        path, name = f"offers.offers[{index}]", offer.named("en")
        yield from (Called(f"{path}.tiers", name, What.TIER, tier) for tier in offer.tiers)
        yield from (segment(f"{path}.segments", name, one) for one in offer.segments)
    referrals = programme["referrals"]
    for side in ("referrer", "friend"):
        for index, gift in enumerate(getattr(referrals, side).units):
            yield Called(f"referrals.{side}.units[{index}].unit", "", What.UNIT, gift.unit)


def _by_rule(path: str, rule: Rule) -> Iterator[Called]:
    name = rule.name or rule.id
    if units.family(rule.gives) in units.FAMILIES:
        yield Called(f"{path}.unit", name, What.UNIT, rule.gives)
    for index, condition in enumerate(rule.when):
        where = f"{path}.when[{index}]"
        match condition:
            case InTier():
                yield from (Called(f"{where}.any_of", name, What.TIER, tier) for tier in condition.any_of)
            case InSegment():
                yield from (segment(f"{where}.any_of", name, one) for one in condition.any_of)
                yield from (segment(f"{where}.none_of", name, one) for one in condition.none_of)
            case CoolDown() if condition.rule:
                yield Called(f"{where}.rule", name, What.RULE, condition.rule)
            case _:
                pass
