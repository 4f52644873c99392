"""What is in the basket: how much money, how many things."""

from enum import StrEnum

from loyalty.core.money import MAX_MINOR
from members.rules.conditions.base import Base, Case, Problems, Verdict, between
from members.rules.filters import Filter
from members.rules.phrases import Money, Phrase, Telling, ngettext_lazy
from members.rules.phrases import gettext_lazy as _


class Counted(StrEnum):
    """Which money of a purchase is compared."""

    MATCHING = "matching"  # what may earn of the lines the rule looks at
    ELIGIBLE = "eligible"  # what may earn in all
    PAID = "paid"  # the whole purchase after discounts, shipping and gift cards included


class OrderAmount(Base, frozen=True, tag="order_amount", kw_only=True):
    """The purchase comes to at least or at most so much, in minor units; both ends are inside."""

    at_least_minor: int | None = None
    at_most_minor: int | None = None
    of: Counted = Counted.MATCHING

    def holds(self, case: Case) -> Verdict:
        match self.of:
            case Counted.MATCHING:
                found = sum(case.amounts.values())
            case Counted.ELIGIBLE:
                found = sum(case.eligible.values())
            case _:
                found = case.facts.order.paid_minor
        values = {
            "amount_minor": found,
            "at_least_minor": self.at_least_minor,
            "at_most_minor": self.at_most_minor,
        }
        if self.at_least_minor is not None and found < self.at_least_minor:
            return Verdict(False, "amount_too_low", values)
        if self.at_most_minor is not None and found > self.at_most_minor:
            return Verdict(False, "amount_too_high", values)
        return Verdict(True, "order_amount", values)

    def problems(self) -> Problems:
        return between(
            self.at_least_minor, self.at_most_minor, ("at_least_minor", "at_most_minor"), MAX_MINOR
        )

    def says(self) -> Phrase:
        least, most = self.at_least_minor, self.at_most_minor
        if least is not None and most is not None:
            return _("for purchases from {least} to {most}", least=Money(least), most=Money(most))
        if least is not None:
            return _("for purchases of at least {least}", least=Money(least))
        return _("for purchases of at most {most}", most=Money(most or 0))

    tells = {
        "order_amount": Telling(lambda v: _("the purchase counts {amount}", amount=Money(v["amount_minor"]))),
        "amount_too_low": Telling(
            lambda v: _("it takes at least {least}, and {amount} counts",
                        least=Money(v["at_least_minor"]), amount=Money(v["amount_minor"])),
            lambda v: _("it takes a purchase of at least {least}", least=Money(v["at_least_minor"])),
        ),
        "amount_too_high": Telling(
            lambda v: _("it takes at most {most}, and {amount} counts",
                        most=Money(v["at_most_minor"]), amount=Money(v["amount_minor"])),
            lambda v: _("it is for purchases of at most {most}", most=Money(v["at_most_minor"])),
        ),
    }  # fmt: skip


class Quantity(Base, frozen=True, tag="quantity", kw_only=True):
    """So many things are bought of what the rule looks at (and, with `of`, of only these). What is weighed counts as
    one thing; what cannot earn does not count."""

    at_least: int | None = None
    at_most: int | None = None
    of: Filter = Filter()

    def holds(self, case: Case) -> Verdict:
        found = sum(line.items for line in case.lines if self.of.takes(line))
        values = {"quantity": found, "at_least": self.at_least, "at_most": self.at_most}
        if self.at_least is not None and found < self.at_least:
            return Verdict(False, "quantity_too_low", values)
        if self.at_most is not None and found > self.at_most:
            return Verdict(False, "quantity_too_high", values)
        return Verdict(True, "quantity", values)

    def problems(self) -> Problems:
        found = between(self.at_least, self.at_most, ("at_least", "at_most"), 1_000_000)
        if self.of.channels or self.of.locations or self.of.payment_methods:
            found.append(
                ("of", "Channel, location and payment belong to the rule itself, not to its quantity.")
            )
        return found + [(f"of.{path}", message) for path, message in self.of.problems()]

    def says(self) -> Phrase:
        least, most = self.at_least, self.at_most
        if least is not None and most is not None:
            text = _("for {least} to {most} things at once", least=least, most=most)
        elif least is not None:
            text = ngettext_lazy("for at least {n} thing at once", "for at least {n} things at once", least)
        else:
            text = ngettext_lazy("for at most {n} thing at once", "for at most {n} things at once", most or 0)
        for part in self.of.says():
            text = _("{what}, {limit}", what=text, limit=part)
        return text

    tells = {
        "quantity": Telling(lambda v: ngettext_lazy("{n} thing counts", "{n} things count", v["quantity"])),
        "quantity_too_low": Telling(
            lambda v: _("it takes {least} things at once, and {found} count", least=v["at_least"], found=v["quantity"]),
            lambda v: ngettext_lazy("it takes at least {n} thing at once", "it takes at least {n} things at once",
                                    v["at_least"]),
        ),
        "quantity_too_high": Telling(
            lambda v: _("it takes at most {most} things at once, and {found} count", most=v["at_most"],
                        found=v["quantity"]),
            lambda v: ngettext_lazy("it is for at most {n} thing at once", "it is for at most {n} things at once",
                                    v["at_most"]),
        ),
    }  # fmt: skip
