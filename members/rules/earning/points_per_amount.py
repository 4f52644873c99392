"""Points for money spent: “1 point for every 10 kr, rounded down”."""

from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from loyalty.core.money import Rounding, whole
from members.rules.decision import Reason
from members.rules.earning.base import Filter, Tally, Window, preconditions, window_problems
from members.rules.facts import Facts


class PointsPerAmount(
    Struct, forbid_unknown_fields=True, frozen=True, tag_field="type", tag="points_per_amount"
):
    """`points` for every `per_minor` of what may earn, on the whole order; `rounding` says what a part gives.

    `up` gives points for every *started* amount, `down` for every *full* one. `at_least_minor` is the
    smallest eligible amount that earns at all.
    """

    id: str
    points: int
    per_minor: int
    name: str = ""
    rounding: Rounding = Rounding.DOWN
    at_least_minor: int = 0
    only: Filter = Filter()
    window: Window = Window()
    phase = 0

    def decide(self, facts: Facts, tally: Tally, at: datetime) -> Reason:
        refused = preconditions(self, facts, at)
        if refused is not None:
            return refused
        lines = {
            line.number: tally.eligible[line.number]
            for line in facts.order.lines
            if tally.eligible.get(line.number, 0) > 0 and self.only.takes(line)
        }
        amount_minor = sum(lines.values())
        values = {"amount_minor": amount_minor, "per_minor": self.per_minor, "points": self.points,
                  "rounding": self.rounding.value, "at_least_minor": self.at_least_minor}  # fmt: skip
        if amount_minor < max(1, self.at_least_minor):
            code = "below_minimum" if amount_minor else "nothing_eligible"
            return Reason(self.id, self.name, False, code, values)
        # Units of the amount are rounded, then multiplied: 101 at "5 per started 20" is 6 × 5, not ⌈25.25⌉.
        given = whole(Decimal(amount_minor) / self.per_minor, self.rounding) * self.points
        if given == 0:
            return Reason(self.id, self.name, False, "too_little", values)
        for number, line_minor in lines.items():
            share = Decimal(given) * line_minor / amount_minor
            tally.per_line[number] = tally.per_line.get(number, Decimal(0)) + share
        tally.base[self.id] = given
        return Reason(self.id, self.name, True, "per_amount", values, given)

    def problems(self) -> list[tuple[str, str]]:
        found = window_problems(self.window)
        if not 1 <= self.points <= 1_000_000:
            found.append(("points", "Give between 1 and 1,000,000 points."))
        if not 1 <= self.per_minor <= 10**9:
            found.append(("per_minor", "The amount must be at least the smallest coin."))
        if not 0 <= self.at_least_minor <= 10**12:
            found.append(("at_least_minor", "The smallest amount cannot be negative."))
        return found
