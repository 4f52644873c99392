"""More points for a while or for some things: “double points on coffee this weekend”."""

from datetime import datetime
from decimal import Decimal, InvalidOperation

from msgspec import Struct

from loyalty.core.money import Rounding, whole
from members.rules.decision import Reason
from members.rules.earning.base import Filter, Tally, Window, preconditions, window_problems
from members.rules.facts import Facts


class Multiplier(Struct, forbid_unknown_fields=True, frozen=True, tag_field="type", tag="multiplier"):
    """Multiplies the base points of the lines it looks at. `factor` is a decimal string: "2", "1.5".

    Several multipliers add up their extra points; none multiplies another's.
    """

    id: str
    factor: str
    name: str = ""
    rounding: Rounding = Rounding.DOWN
    only: Filter = Filter()
    window: Window = Window()
    phase = 1

    def decide(self, facts: Facts, tally: Tally, at: datetime) -> Reason:
        refused = preconditions(self, facts, at)
        if refused is not None:
            return refused
        lines = {
            line.number: tally.per_line[line.number]
            for line in facts.order.lines
            if line.number in tally.per_line and self.only.takes(line)
        }
        base = sum(lines.values(), start=Decimal(0))
        extra = whole((base * (Decimal(self.factor) - 1)).quantize(Decimal("1e-6")), self.rounding)
        values = {"factor": self.factor, "base": str(round(base, 2)), "rounding": self.rounding.value}
        if extra <= 0:
            return Reason(self.id, self.name, False, "nothing_to_multiply", values)
        tally.extra[self.id] = extra
        for number, part in lines.items():
            tally.extra_per_line[number] = tally.extra_per_line.get(number, Decimal(0)) + extra * part / base
        return Reason(self.id, self.name, True, "multiplied", values, extra)

    def problems(self) -> list[tuple[str, str]]:
        found = window_problems(self.window)
        try:
            factor = Decimal(self.factor)
        except InvalidOperation:
            factor = Decimal("NaN")
        if not factor.is_finite() or not 1 < factor <= 100:
            found.append(("factor", "Give a number above 1 and up to 100, like 2 or 1.5."))
        return found
