"""Points for money spent: “1 point for every 10 kr, rounded down”."""

from decimal import Decimal

from loyalty.core.money import Rounding, whole
from members.rules import units
from members.rules.conditions import Case
from members.rules.earning.base import BASE, Offer, Problems, RuleBase, Tally
from members.rules.phrases import Money, Phrase, Share, Units
from members.rules.phrases import gettext_lazy as _


class PointsPerAmount(RuleBase, frozen=True, tag="points_per_amount"):
    """`points` of a unit for every `per_minor` of what may earn, on the whole order; `rounding` says what a part gives.

    `up` gives points for every *started* amount, `down` for every *full* one. `at_least_minor` is the
    smallest eligible amount that earns at all.
    """

    points: int
    per_minor: int
    name: str = ""
    rounding: Rounding = Rounding.DOWN
    at_least_minor: int = 0
    unit: str = units.POINTS
    phase = BASE

    @property
    def gives(self) -> str:
        return self.unit

    def offer(self, case: Case, tally: Tally) -> Offer:
        amount_minor = sum(case.amounts.values())
        values = {"amount_minor": amount_minor, "per_minor": self.per_minor, "points": self.points,
                  "rounding": self.rounding.value, "at_least_minor": self.at_least_minor}  # fmt: skip
        if amount_minor < max(1, self.at_least_minor):
            return Offer(0, "below_minimum" if amount_minor else "nothing_eligible", values)
        # Units of the amount are rounded, then multiplied: 101 at "5 per started 20" is 6 × 5, not ⌈25.25⌉.
        given = whole(Decimal(amount_minor) / self.per_minor, self.rounding) * self.points
        return Offer(given, "per_amount" if given else "too_little", values, case.amounts)

    def problems(self) -> Problems:
        found = units.problems(self.unit)
        if not 1 <= self.points <= 1_000_000:
            found.append(("points", "Give between 1 and 1,000,000 points."))
        if not 1 <= self.per_minor <= 10**9:
            found.append(("per_minor", "The amount must be at least the smallest coin."))
        if not 0 <= self.at_least_minor <= 10**12:
            found.append(("at_least_minor", "The smallest amount cannot be negative."))
        return found

    def says(self) -> Phrase:
        if units.family(self.unit) == units.CASHBACK:
            return self._says_share()
        return _(
            "{points} for every {amount} spent",
            points=Units(self.points, self.unit),
            amount=Money(self.per_minor),
        )

    def says_plainly(self) -> Phrase:
        if units.family(self.unit) == units.CASHBACK:
            return self._says_share()
        return _(
            "{points} for every {amount}", points=Units(self.points, self.unit), amount=Money(self.per_minor)
        )

    def _says_share(self) -> Phrase:
        return _("{share} back of what is spent", share=Share(self.points, self.per_minor))
