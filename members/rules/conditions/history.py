"""What the member bought before: the how-manieth purchase this is, and how long ago the last one was."""

from collections.abc import Mapping

from members.rules.conditions.base import Base, Case, Problems, Verdict, between
from members.rules.needs import Need
from members.rules.phrases import Phrase, Telling, days, ngettext_lazy
from members.rules.phrases import gettext_lazy as _


class OrderNumber(Base, frozen=True, tag="order_number", kw_only=True):
    """The member's purchase with a certain `number` (1 is the first), or each time `every` so many are full."""

    number: int | None = None
    every: int | None = None
    needs = frozenset({Need.ORDERS})

    def holds(self, case: Case) -> Verdict:
        found = case.facts.member.orders_count + 1
        holds = found == self.number if self.number is not None else found % (self.every or 1) == 0
        values = {"found": found, "number": self.number, "every": self.every}
        return Verdict(holds, "order_number" if holds else "other_order_number", values)

    def problems(self) -> Problems:
        if (self.number is None) == (self.every is None):
            return [("number", "Give either number or every.")]
        if self.number is not None and not 1 <= self.number <= 1_000_000:
            return [("number", "Give a number from 1 to 1,000,000.")]
        if self.every is not None and not 2 <= self.every <= 1_000_000:
            return [("every", "Give a number from 2 to 1,000,000.")]
        return []

    def says(self) -> Phrase:
        if self.every is not None:
            return ngettext_lazy("once every {n} purchase", "once every {n} purchases", self.every)
        if self.number == 1:
            return _("on the first purchase")
        return _("on purchase number {n}", n=self.number or 0)

    def says_plainly(self) -> Phrase:
        return _("on your first purchase") if self.number == 1 else self.says()

    tells = {
        "order_number": Telling(lambda v: _("this was purchase number {found}", found=v["found"])),
        "other_order_number": Telling(
            lambda v: _other_number(v, _("this was purchase number {found}", found=v["found"])),
            lambda v: _other_number(v, _("this was your purchase number {found}", found=v["found"])),
        ),
    }


def _other_number(values: Mapping, found: Phrase) -> Phrase:
    wanted = OrderNumber(number=values["number"], every=values["every"]).says()
    return _("it counts {wanted}, and {found}", wanted=wanted, found=found)


class SinceOrder(Base, frozen=True, tag="since_order", kw_only=True):
    """So many days of the shop's calendar have passed since the member's last purchase. Whoever never bought has no
    last purchase, and a purchase that came in late does not count one that lies after it."""

    at_least_days: int | None = None
    at_most_days: int | None = None
    needs = frozenset({Need.ORDERS})

    def holds(self, case: Case) -> Verdict:
        last = case.facts.member.last_order_at
        values = {"days": None, "at_least_days": self.at_least_days, "at_most_days": self.at_most_days}
        if last is None or last > case.at:
            return Verdict(False, "no_order_before", values)
        passed = (case.day - case.day_of(last)).days
        values["days"] = passed
        if self.at_least_days is not None and passed < self.at_least_days:
            return Verdict(False, "order_too_recent", values)
        if self.at_most_days is not None and passed > self.at_most_days:
            return Verdict(False, "order_too_long_ago", values)
        return Verdict(True, "since_order", values)

    def problems(self) -> Problems:
        return between(self.at_least_days, self.at_most_days, ("at_least_days", "at_most_days"), 36_600)

    def says(self) -> Phrase:
        least, most = self.at_least_days, self.at_most_days
        if least is not None and most is not None:
            return _("when the last purchase was {least} to {most} days ago", least=least, most=most)
        if least is not None:
            return _("when the last purchase was at least {days} ago", days=days(least))
        return _("when the last purchase was at most {days} ago", days=days(most or 0))

    tells = {
        "since_order": Telling(lambda v: _("the last purchase was {days} ago", days=days(v["days"]))),
        "no_order_before": Telling(lambda v: _("there was no purchase before this one")),
        "order_too_recent": Telling(
            lambda v: _("the last purchase was {days} ago; it takes at least {least}",
                        days=days(v["days"]), least=days(v["at_least_days"])),
        ),
        "order_too_long_ago": Telling(
            lambda v: _("the last purchase was {days} ago; it takes at most {most}",
                        days=days(v["days"]), most=days(v["at_most_days"])),
        ),
    }  # fmt: skip
