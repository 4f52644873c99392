"""What somebody answers while setting up a shop: one part for each step, every part with sensible defaults, so that
any step can be skipped and the programme can be shown from the first minute. Pure.
"""

from datetime import date
from typing import Any

import msgspec
from msgspec import Struct

from loyalty.blueprints.shape import Goal, Level

STEPS = ("goal", "customers", "programme", "numbers", "shop", "launch")
"""In their order."""
SKIPPABLE = ("goal", "customers", "programme", "numbers")
"""A shop has to have a name, and the last step is where it is opened."""
TELL_BY = ("poster", "till", "email", "social", "site")
"""Ways in which customers hear of a programme."""


class Wishes(Struct, frozen=True):
    """What the shop wants most of its programme, most important first."""

    goals: tuple[Goal, ...] = (Goal.RETURN,)


class Customers(Struct, frozen=True):
    """Where the shop is, how many come, what they spend, and what it can give. `average_minor` is a usual purchase in
    minor units of `currency`; 0 is not said, as with `purchases_month`."""

    country: str = "SE"
    currency: str = "SEK"
    number: Level = Level.LOW
    purchases_month: int = 0
    average_minor: int = 0
    budget: Level = Level.LOW
    effort: Level = Level.LOW


class RewardNumbers(Struct, frozen=True):
    """What was adjusted of one reward; what is empty or None is as the blueprint has it."""

    name: str = ""
    cost_points: int | None = None
    unit_cost_minor: int | None = None


class Numbers(Struct, frozen=True):
    """What was adjusted of a blueprint. `basis` says of which one and in which currency: adjustments made for another
    mean nothing. 0 and empty are as the blueprint has it."""

    basis: str = ""
    points: int = 0
    per_minor: int = 0
    needed: int = 0
    rewards: dict[str, RewardNumbers] = {}


class ShopFacts(Struct, frozen=True):
    """The shop's name, address and look, its programme's name, and its own word for points in its language."""

    name: str = ""
    slug: str = ""
    timezone: str = ""
    language: str = ""
    colour: str = ""
    programme_name: str = ""
    one: str = ""
    other: str = ""


class Launching(Struct, frozen=True):
    """When the programme is to open, and how people hear of it."""

    opens_on: date | None = None
    tell_by: tuple[str, ...] = ()


class Answers(Struct, frozen=True):
    """All of it. `blueprint` is empty until one was chosen; `done` are the steps that were answered or skipped."""

    wishes: Wishes = Wishes()
    customers: Customers = Customers()
    blueprint: str = ""
    numbers: Numbers = Numbers()
    shop: ShopFacts = ShopFacts()
    launch: Launching = Launching()
    done: tuple[str, ...] = ()

    def with_done(self, step: str) -> "Answers":
        """The same, with a step marked as done."""
        done = tuple(one for one in STEPS if one == step or one in self.done)
        return msgspec.structs.replace(self, done=done)

    @property
    def next_step(self) -> str:
        """The first step that is not done; the last when all are."""
        return next((step for step in STEPS if step not in self.done), STEPS[-1])


def stored(answers: Answers) -> dict[str, Any]:
    """As it is kept in a row."""
    made: dict[str, Any] = msgspec.to_builtins(answers)
    return made


def read(kept: Any) -> Answers | None:
    """What was kept; None when an older release kept it in a shape that cannot be read any more."""
    try:
        return msgspec.convert(kept, Answers)
    except msgspec.ValidationError:
        return None
