"""Which models fit a shop: by what it wants, what it can give, who runs it, and how many customers it has. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec import Struct

from loyalty.blueprints.shape import Blueprint, Goal, Level

_ORDER = (Level.LOW, Level.MEDIUM, Level.HIGH)


class Shop(Struct, forbid_unknown_fields=True, frozen=True):
    """What a shop says of itself: its goals, most important first; what it can give back, who can run it, how many
    customers it has."""

    goals: tuple[Goal, ...] = (Goal.RETURN,)
    budget: Level = Level.LOW
    effort: Level = Level.LOW
    customers: Level = Level.LOW


@dataclass(frozen=True, slots=True)
class Advice:
    """A blueprint with how well it fits (0 to 100), the codes of what speaks for it, and of what it asks for that the
    shop does not have ("budget", "effort", "customers")."""

    blueprint: Blueprint
    fit: int
    because: tuple[str, ...]
    lacks: tuple[str, ...]


def advise(shop: Shop, *, of: Iterable[Blueprint]) -> list[Advice]:
    """Blueprints, best first; of equals the simpler one, then the one that is most about the first goal. The first goal
    counts 50, the second 25, the third 12; staying within what the shop has 20 for the budget, 20 for the effort and 10
    for the customers. What is beyond reach by two steps takes as much away."""
    found = [_one(shop, one) for one in of]
    return sorted(
        found,
        key=lambda one: (-one.fit, _ORDER.index(one.blueprint.effort), _meant(shop, one), one.blueprint.id),
    )


def _meant(shop: Shop, one: Advice) -> int:
    """How far down among its own goals a blueprint has what the shop wants most."""
    goals = one.blueprint.goals
    return goals.index(shop.goals[0]) if shop.goals and shop.goals[0] in goals else len(goals)


def _one(shop: Shop, one: Blueprint) -> Advice:
    because, lacks, fit = [], [], 0
    for place, goal in enumerate(shop.goals[:3]):
        if goal in one.goals:
            fit += (50, 25, 12)[place]
            because.append(goal.value)
    for name, weight in (("budget", 20), ("effort", 20), ("customers", 10)):
        beyond = _ORDER.index(getattr(one, name)) - _ORDER.index(getattr(shop, name))
        if beyond <= 0:
            fit += weight
            because.append(name)
        else:
            lacks.append(name)
            fit -= weight * (beyond - 1)
    return Advice(one, max(0, min(100, fit)), tuple(because), tuple(lacks))
