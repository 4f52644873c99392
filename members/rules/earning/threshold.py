"""A bonus from an amount on: 100 points from 500 kr, 300 from 1,000 kr."""

from msgspec import Struct

from loyalty.core.money import MAX_MINOR
from members.rules import units
from members.rules.conditions import Case
from members.rules.earning.base import Offer, Problems, RuleBase, Tally, amount_problems
from members.rules.phrases import Money, Phrase, Telling, Units
from members.rules.phrases import gettext_lazy as _


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """From `at_least_minor` of what may earn on: `amount` of the rule's unit."""

    at_least_minor: int
    amount: int


class Threshold(RuleBase, frozen=True, tag="threshold"):
    """The amount of the highest step that the purchase reaches, or of `each` one it reaches together. Steps rise."""

    steps: tuple[Step, ...]
    name: str = ""
    unit: str = units.POINTS
    each: bool = False
    introduced = True

    @property
    def gives(self) -> str:
        return self.unit

    def offer(self, case: Case, tally: Tally) -> Offer:
        lines = case.amounts
        amount_minor = sum(lines.values())
        reached = [step for step in self.steps if amount_minor >= step.at_least_minor]
        values = {"amount_minor": amount_minor}
        if not reached:
            return Offer(0, "below_threshold", {**values, "at_least_minor": self.steps[0].at_least_minor})
        values["at_least_minor"] = reached[-1].at_least_minor
        given = sum(step.amount for step in reached) if self.each else reached[-1].amount
        return Offer(given, "threshold", values, lines)

    def problems(self) -> Problems:
        found = units.problems(self.unit)
        if not 1 <= len(self.steps) <= 20:
            return [*found, ("steps", "Give between 1 and 20 steps.")]
        before: Step | None = None
        for index, step in enumerate(self.steps):
            found += [
                (f"steps[{index}].{path}", text) for path, text in amount_problems("amount", step.amount)
            ]
            if not 1 <= step.at_least_minor <= MAX_MINOR:
                found.append(
                    (f"steps[{index}].at_least_minor", "Give an amount of at least the smallest coin.")
                )
            elif before is not None and step.at_least_minor <= before.at_least_minor:
                found.append((f"steps[{index}].at_least_minor", "Each step begins above the one before it."))
            elif before is not None and not self.each and step.amount <= before.amount:
                found.append((f"steps[{index}].amount", "A higher step gives more than the one before it."))
            before = step
        if self.activity:
            found.append(("when", "An activity has no amount: use a fixed bonus."))
        return found

    def says(self) -> Phrase:
        text, *more = self.says_steps()
        for step in more:
            text = _("{steps}; {more}", steps=text, more=step)
        return text

    def says_steps(self) -> list[Phrase]:
        """Step by step: "100 points from 500 kr on"."""
        return [self._step(step) for step in self.steps]

    def _step(self, step: Step) -> Phrase:
        amount, least = Units(step.amount, self.unit), Money(step.at_least_minor)
        if self.each and step is not self.steps[0]:
            return _("{amount} more from {least} on", amount=amount, least=least)
        return _("{amount} from {least} on", amount=amount, least=least)

    tells = {
        "threshold": Telling(
            lambda v: _("{given}: {amount} reaches {least}", given=Units(v["given"], v["unit"]),
                        amount=Money(v["amount_minor"]), least=Money(v["at_least_minor"]))
        ),
        "below_threshold": Telling(
            lambda v: _("it begins at {least}, and {amount} counts", least=Money(v["at_least_minor"]),
                        amount=Money(v["amount_minor"]))
        ),
    }  # fmt: skip
