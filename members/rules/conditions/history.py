"""What the member bought before: the how-manieth purchase this is, and how long ago the last one was."""

from collections.abc import Mapping

from members.rules.conditions.base import Base, Case, Problems, Verdict, between
from members.rules.facts import Period
from members.rules.needs import Need
from members.rules.phrases import Phrase, Telling, days, ngettext_lazy
from members.rules.phrases import gettext_lazy as _

_WITHIN = {
    Period.DAY: _("of the day"),
    Period.WEEK: _("of the week"),
    Period.MONTH: _("of the month"),
    Period.YEAR: _("of the year"),
}


class OrderNumber(Base, frozen=True, tag="order_number", kw_only=True):
    """The member's purchase with a certain `number` (1 is the first), or each time `every` so many are full; counted in
    all, or within each period (`per`) of the merchant's calendar."""

    number: int | None = None
    every: int | None = None
    per: Period = Period.LIFETIME
    needs = frozenset({Need.ORDERS})

    def holds(self, case: Case) -> Verdict:
        member = case.facts.member
        found = 1 + (
            member.orders_count if self.per is Period.LIFETIME else member.orders_in.get(self.per, 0)
        )
        holds = found == self.number if self.number is not None else found % (self.every or 1) == 0
        values = {"found": found, "number": self.number, "every": self.every, "per": self.per.value}
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
        said = self._number()
        return (
            said if self.per is Period.LIFETIME else _("{said} {period}", said=said, period=_WITHIN[self.per])
        )

    def _number(self) -> Phrase:
        if self.every is not None:
            return ngettext_lazy("once every {n} purchase", "once every {n} purchases", self.every)
        if self.number == 1:
            return _("on the first purchase")
        return _("on purchase number {n}", n=self.number or 0)

    def says_plainly(self) -> Phrase:
        if self.number == 1 and self.per is Period.LIFETIME:
            return _("on your first purchase")
        return self.says()

    tells = {
        "order_number": Telling(lambda v: _("this was purchase number {found}", found=v["found"])),
        "other_order_number": Telling(
            lambda v: _other_number(v, _("this was purchase number {found}", found=v["found"])),
            lambda v: _other_number(v, _("this was your purchase number {found}", found=v["found"])),
        ),
    }


def _other_number(values: Mapping, found: Phrase) -> Phrase:
    per = Period(values.get("per", Period.LIFETIME))  # decisions made before there were periods say none
    wanted = OrderNumber(number=values["number"], every=values["every"], per=per).says()
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


class Repeat(Base, frozen=True, tag="repeat", kw_only=True):
    """One of the products the rule looks at is bought for at least the `times`-th time within so many days (times 24
    hours), this purchase included. Purchases of which the product came back do not count."""

    times: int
    within_days: int
    needs = frozenset({Need.BOUGHT})

    def holds(self, case: Case) -> Verdict:
        bought = case.facts.member.bought
        counts = {line.sku: bought.get((self.within_days, line.sku), 0) + 1 for line in case.lines}
        most = max(counts, key=lambda sku: (counts[sku], sku), default="")
        found = counts.get(most, 0)
        values = {"found": found, "times": self.times, "within_days": self.within_days, "sku": most,
                  "product": next((line.name or line.sku for line in case.lines if line.sku == most), "")}  # fmt: skip
        return Verdict(found >= self.times, "repeat" if found >= self.times else "not_often_enough", values)

    def problems(self) -> Problems:
        found = [] if 2 <= self.times <= 1000 else [("times", "Give a number from 2 to 1,000.")]
        if not 1 <= self.within_days <= 3660:
            found.append(("within_days", "Give a number of days from 1 to 3,660."))
        return found

    def says(self) -> Phrase:
        return _(
            "when the same is bought {times} times within {days}",
            times=self.times,
            days=days(self.within_days),
        )

    tells = {
        "repeat": Telling(lambda v: _("{product} was bought {found} times", product=v["product"], found=v["found"])),
        "not_often_enough": Telling(
            lambda v: _("it takes {times} purchases of the same within {days}; this is number {found}",
                        times=v["times"], days=days(v["within_days"]), found=v["found"]),
        ),
    }  # fmt: skip
