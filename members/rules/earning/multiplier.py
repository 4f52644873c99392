"""More points for a while or for some things: “double points on coffee this weekend”."""

from decimal import Decimal, InvalidOperation

from loyalty.core.money import Rounding, whole
from members.rules import units
from members.rules.conditions import Case
from members.rules.earning.base import EXTRA, Offer, Problems, RuleBase, Tally
from members.rules.phrases import Exact, Phrase, UnitWord
from members.rules.phrases import gettext_lazy as _

_MILLIONTH = Decimal("1e-6")


class Multiplier(RuleBase, frozen=True, tag="multiplier"):
    """Multiplies the base points of the lines it looks at. `factor` is a decimal string: "2", "1.5".

    Several multipliers add up their extra points; none multiplies another's, nor a bonus.
    """

    factor: str
    name: str = ""
    rounding: Rounding = Rounding.DOWN
    unit: str = units.POINTS
    phase = EXTRA
    introduced = True

    @property
    def gives(self) -> str:
        return self.unit

    def offer(self, case: Case, tally: Tally) -> Offer:
        given = tally.base(self.unit)
        lines = {number: given[number] for number in case.amounts if number in given}
        base = sum(lines.values(), start=Decimal(0))
        extra = whole((base * (Decimal(self.factor) - 1)).quantize(_MILLIONTH), self.rounding)
        values = {"factor": self.factor, "base": str(round(base, 2)), "rounding": self.rounding.value}
        return Offer(extra, "multiplied" if extra > 0 else "nothing_to_multiply", values, lines)

    def problems(self) -> Problems:
        found = units.problems(self.unit)
        try:
            factor = Decimal(self.factor)
        except InvalidOperation:
            factor = Decimal("NaN")
        if not factor.is_finite() or not 1 < factor <= 100:
            found.append(("factor", "Give a number above 1 and up to 100, like 2 or 1.5."))
        return found

    def says(self) -> Phrase:
        return _("{factor} times as many {units}", factor=Exact(self.factor), units=UnitWord(self.unit))
