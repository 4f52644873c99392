"""Rewards that are money: taken off, given as a card, or points that pay at the checkout."""

from dataclasses import dataclass
from typing import ClassVar

from loyalty.core.money import MAX_MINOR, MAX_POINTS
from rewards.rules.kinds.base import Codes, KindTerms, Problems, Said, amount_problems, text_problems

WHOLE = 10_000
"""A hundred per cent, in hundredths of a per cent."""


class MoneyOff(KindTerms, frozen=True):
    """`value` of the reward: minor units off an order of at least `at_least_minor`."""

    at_least_minor: int = 0

    def problems(self, said: Said) -> Problems:
        found = amount_problems("at_least_minor", self.at_least_minor)
        return found if said.value >= 1 else [*found, ("value", "Say how much is taken off.")]

    def cost_minor(self, value: int) -> int | None:
        return value


class PercentOff(KindTerms, frozen=True):
    """`value` of the reward: hundredths of a per cent off an order of at least `at_least_minor`, `most_minor` at
    most."""

    at_least_minor: int = 0
    most_minor: int | None = None

    def problems(self, said: Said) -> Problems:
        found = amount_problems("at_least_minor", self.at_least_minor)
        found += amount_problems("most_minor", self.most_minor, least=1)
        if not 1 <= said.value <= WHOLE:
            found.append(("value", "Give 0.01 to 100 percent, in hundredths: 1000 is 10 %."))
        return found

    def cost_minor(self, value: int) -> int | None:
        return self.most_minor


class FreeShipping(KindTerms, frozen=True):
    """No charge for sending an order of at least `at_least_minor`, by one of `methods` (any where empty)."""

    at_least_minor: int = 0
    methods: tuple[str, ...] = ()

    def problems(self, said: Said) -> Problems:
        found = amount_problems("at_least_minor", self.at_least_minor)
        if len(self.methods) > 20:
            found.append(("terms.methods", "Name at most 20."))
        for method in self.methods:
            found += text_problems("methods", method, most=60, needed=True)
        return found[:3]


class GiftCard(KindTerms, frozen=True):
    """A card worth `value` of the reward in minor units: a code of ours, or one of those the shop imported."""

    from_pool: bool = False
    low_at: int = 10

    @property
    def codes(self) -> Codes:
        return "pool" if self.from_pool else "made"

    def problems(self, said: Said) -> Problems:
        found: Problems = [] if said.value >= 1 else [("value", "Say what the card is worth.")]
        if not 0 <= self.low_at <= 1_000_000:
            found.append(("terms.low_at", "This number is out of range."))
        return found

    def cost_minor(self, value: int) -> int | None:
        return value


@dataclass(frozen=True, slots=True)
class Payable:
    """How much of an order points may pay: at most `points`, which are worth `minor`. `least_points` is the fewest
    that may be used. `points` 0: none may, and `code` says why."""

    points: int
    minor: int
    least_points: int
    code: str = ""


class PayWithPoints(KindTerms, frozen=True):
    """Points as money: `points` are worth `minor` minor units, at most `most_percent` (hundredths of a per cent) of
    an order, at least `least_points` and at most `most_points` of them at once. Minor units are rounded down, so that
    nobody pays with a fraction they do not have."""

    at_checkout: ClassVar[bool] = True
    points: int = 1
    minor: int = 1
    most_percent: int = WHOLE
    least_points: int = 1
    most_points: int | None = None

    @property
    def codes(self) -> Codes:
        return "none"

    def problems(self, said: Said) -> Problems:
        found = []
        for name, value, high in (
            ("points", self.points, MAX_POINTS), ("minor", self.minor, MAX_MINOR),
            ("most_percent", self.most_percent, WHOLE), ("least_points", self.least_points, MAX_POINTS),
        ):  # fmt: skip
            if not 1 <= value <= high:
                found.append((f"terms.{name}", f"Give a number from 1 to {high}."))
        if self.most_points is not None and not self.least_points <= self.most_points <= MAX_POINTS:
            found.append(("terms.most_points", "It cannot be fewer than the fewest."))
        if said.cost_points:
            found.append(("cost_points", "What it costs is what a member pays with: leave it at 0."))
        return found

    def cost_minor(self, value: int) -> int | None:
        return 0

    def worth(self, points: int) -> int:
        """What so many points pay, in whole minor units."""
        return points * self.minor // self.points

    def needed(self, minor: int) -> int:
        """The fewest points that pay an amount."""
        return -(-minor * self.points // self.minor)

    def payable(self, order_minor: int, has: int) -> Payable:
        """How many points a member with `has` may use on an order of `order_minor`."""
        most_minor = order_minor * self.most_percent // WHOLE
        # No more points than the amount takes: what they are worth beyond it would be lost.
        points = min(self.needed(most_minor), has, self.most_points or MAX_POINTS)
        if points and self.worth(points) > most_minor:
            points -= 1
        points = self.needed(self.worth(points)) if points > 0 else 0
        if points < self.least_points or self.worth(points) < 1:
            code = "not_enough_points" if has < self.least_points else "order_too_small"
            return Payable(0, 0, self.least_points, code)
        return Payable(points, self.worth(points), self.least_points)
