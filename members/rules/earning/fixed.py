"""A fixed bonus: 50 points for a purchase, a stamp for each coffee, 20 points for a review."""

from enum import StrEnum

from members.rules import units
from members.rules.conditions import Case
from members.rules.earning.base import (
    Offer,
    Problems,
    RuleBase,
    Tally,
    amount_problems,
    occasion,
    once,
)
from members.rules.phrases import Phrase, Telling, Units
from members.rules.phrases import gettext_lazy as _


class For(StrEnum):
    ORDER = "order"  # once for the purchase or the activity
    ITEM = "item"  # for each thing of the lines it looks at; what is weighed is one thing


class Fixed(RuleBase, frozen=True, tag="fixed"):
    """`amount` of a unit, for the whole purchase (of which something must earn), for each item, or for an activity."""

    amount: int
    name: str = ""
    unit: str = units.POINTS
    for_each: For = For.ORDER
    introduced = True

    @property
    def gives(self) -> str:
        return self.unit

    def offer(self, case: Case, tally: Tally) -> Offer:
        refused = once(case)
        if refused is not None:
            return refused
        if self.for_each is For.ORDER:
            return Offer(self.amount, "fixed", {"amount": self.amount}, case.amounts)
        things = {line.number: line.items for line in case.lines}
        count = sum(things.values())
        values = {"amount": self.amount, "items": count}
        return Offer(self.amount * count, "per_item" if count else "nothing_eligible", values, things)

    def problems(self) -> Problems:
        found = units.problems(self.unit) + amount_problems("amount", self.amount)
        if self.activity and self.for_each is For.ITEM:
            found.append(("for_each", "An activity has no items: give once for it."))
        return found

    def says(self) -> Phrase:
        amount = Units(self.amount, self.unit)
        if self.for_each is For.ITEM:
            return _("{amount} for each item", amount=amount)
        return _("{amount} {occasion}", amount=amount, occasion=occasion(self))

    tells = {
        "fixed": Telling(lambda v: _("{given}", given=Units(v["given"], v["unit"]))),
        "per_item": Telling(
            lambda v: _("{given}: {each} for each of {items}", given=Units(v["given"], v["unit"]),
                        each=Units(v["amount"], v["unit"]), items=v["items"])
        ),
    }  # fmt: skip
