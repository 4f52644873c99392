"""What a member bought: how often, for how much, how long ago, and what."""

from typing import Any

from campaigns.rules.segments.base import (
    MOST,
    Condition,
    Problems,
    between,
    inside,
    listed,
    window,
    within,
)
from members.rules.phrases import Money, Names, Phrase, days, ngettext_lazy
from members.rules.phrases import gettext_lazy as _

_WHERE = ("channels", "locations", "payment_methods")


class _Purchases(Condition, frozen=True, kw_only=True):
    """Which purchases are looked at: all that were not cancelled, or those of the last days (times 24 hours), of some
    channels, places and means of payment."""

    within_days: int | None = None
    channels: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    payment_methods: tuple[str, ...] = ()

    def _limits(self) -> Problems:
        found = within(self.within_days)
        for name in _WHERE:
            if getattr(self, name):
                found += listed(name, getattr(self, name))
        return found

    def _limited(self, said: Phrase) -> Phrase:
        said = inside(said, self.within_days)
        for names, text in (
            (self.channels, _("{said}, only in {names}", said=said, names=Names(self.channels))),
            (self.locations, _("{said}, only at {names}", said=said, names=Names(self.locations))),
            (self.payment_methods,
             _("{said}, only paid with {names}", said=said, names=Names(self.payment_methods))),
        ):  # fmt: skip
            if names:
                said = Phrase(text.text, {**text.values, "said": said})
        return said


def purchases(count: int) -> Phrase:
    """How many purchases."""
    return ngettext_lazy("{n} purchase", "{n} purchases", count)


class Orders(_Purchases, frozen=True, tag="orders", kw_only=True):
    """How many purchases the member made; those that were cancelled do not count. At most 0: none."""

    at_least: int | None = None
    at_most: int | None = None

    def problems(self) -> Problems:
        return [*between(self.at_least, self.at_most, ("at_least", "at_most"), 1_000_000), *self._limits()]

    def says(self) -> Phrase:
        if self.at_most == 0:
            return self._limited(_("no purchase"))
        if self.at_least is not None and self.at_most is not None:
            return self._limited(window(_("{n}", n=self.at_least), purchases(self.at_most)))
        low = purchases(self.at_least) if self.at_least is not None else None
        return self._limited(window(low, purchases(self.at_most) if self.at_most is not None else None))

    def found(self, value: Any) -> Phrase:
        return purchases(int(value))


class Spent(_Purchases, frozen=True, tag="spent", kw_only=True):
    """For how much the member bought, in minor units of the shop's currency, less what was refunded."""

    at_least_minor: int | None = None
    at_most_minor: int | None = None

    def problems(self) -> Problems:
        ends = ("at_least_minor", "at_most_minor")
        return [*between(self.at_least_minor, self.at_most_minor, ends, MOST * 1000), *self._limits()]

    def says(self) -> Phrase:
        return self._limited(_("spent {amount}", amount=_amounts(self.at_least_minor, self.at_most_minor)))

    def found(self, value: Any) -> Phrase:
        return _("{amount} spent", amount=Money(int(value)))


class AverageOrder(_Purchases, frozen=True, tag="average_order", kw_only=True):
    """What one purchase comes to on average, in minor units, less what was refunded. Who bought nothing has none."""

    at_least_minor: int | None = None
    at_most_minor: int | None = None

    def problems(self) -> Problems:
        ends = ("at_least_minor", "at_most_minor")
        return [*between(self.at_least_minor, self.at_most_minor, ends, MOST * 1000), *self._limits()]

    def says(self) -> Phrase:
        amount = _amounts(self.at_least_minor, self.at_most_minor)
        return self._limited(_("{amount} a purchase on average", amount=amount))

    def found(self, value: Any) -> Phrase:
        if value is None:
            return _("no purchase")
        return _("{amount} a purchase on average", amount=Money(int(value)))


def _amounts(low: int | None, high: int | None) -> Phrase:
    ends = (_("{amount}", amount=Money(end)) if end is not None else None for end in (low, high))
    return window(*ends)


class SinceOrder(Condition, frozen=True, tag="since_order", kw_only=True):
    """How many days of the shop's calendar ago the last purchase was. Who never bought has no last purchase."""

    at_least_days: int | None = None
    at_most_days: int | None = None

    def problems(self) -> Problems:
        return between(self.at_least_days, self.at_most_days, ("at_least_days", "at_most_days"), 36_600)

    def says(self) -> Phrase:
        return _("the last purchase {days} ago", days=ago(self.at_least_days, self.at_most_days))

    def found(self, value: Any) -> Phrase:
        return _("never bought") if value is None else _("last purchase {days} ago", days=days(int(value)))


def ago(low: int | None, high: int | None) -> Phrase:
    """How many days: at least, at most, or from one to another."""
    if low is not None and high is not None:
        return window(_("{n}", n=low), days(high))
    return window(days(low) if low is not None else None, days(high) if high is not None else None)


class Bought(Condition, frozen=True, tag="bought", kw_only=True):
    """In how many purchases there was any of some articles, categories, brands or marks. Lists that are filled in must
    all fit the same line; what came back entirely does not count."""

    skus: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    times: int = 1
    within_days: int | None = None

    def problems(self) -> Problems:
        found = [
            problem
            for name in ("skus", "categories", "brands", "tags")
            if getattr(self, name)
            for problem in listed(name, getattr(self, name))
        ]
        if not (self.skus or self.categories or self.brands or self.tags):
            found.append(("categories", "Give between 1 and 100 names."))
        if not 1 <= self.times <= 1000:
            found.append(("times", "Give a number from 1 to 1,000."))
        return [*found, *within(self.within_days)]

    def says(self) -> Phrase:
        names = Names((*self.skus, *self.categories, *self.brands, *self.tags))
        times = ngettext_lazy("at least {n} purchase", "at least {n} purchases", self.times)
        return inside(_("{times} of {names}", times=times, names=names), self.within_days)

    def found(self, value: Any) -> Phrase:
        return purchases(int(value)) if value else _("not bought")


class Did(Condition, frozen=True, tag="did", kw_only=True):
    """How often the member did something besides buying: a review, a visit, by the name the shop gives it. What was
    refused or undone does not count."""

    kind: str
    at_least: int | None = 1
    at_most: int | None = None
    within_days: int | None = None

    def problems(self) -> Problems:
        found = listed("kind", (self.kind,))
        found += between(self.at_least, self.at_most, ("at_least", "at_most"), 1_000_000)
        return [*found, *within(self.within_days)]

    def says(self) -> Phrase:
        low = _("{n}", n=self.at_least) if self.at_least is not None else None
        high = _("{n}", n=self.at_most) if self.at_most is not None else None
        said = _("“{kind}” {times} times", kind=self.kind, times=window(low, high))
        return inside(said, self.within_days)

    def found(self, value: Any) -> Phrase:
        return ngettext_lazy("{n} time", "{n} times", int(value))


class Redeemed(Condition, frozen=True, tag="redeemed", kw_only=True):
    """How often the member took a reward; what was given back does not count, nor what they got without asking."""

    at_least: int | None = None
    at_most: int | None = None
    within_days: int | None = None

    def problems(self) -> Problems:
        ends = ("at_least", "at_most")
        return [*between(self.at_least, self.at_most, ends, 1_000_000), *within(self.within_days)]

    def says(self) -> Phrase:
        if self.at_most == 0:
            return inside(_("no reward taken"), self.within_days)
        low = _("{n}", n=self.at_least) if self.at_least is not None else None
        high = _("{n}", n=self.at_most) if self.at_most is not None else None
        return inside(_("{number} rewards taken", number=window(low, high)), self.within_days)

    def found(self, value: Any) -> Phrase:
        return ngettext_lazy("{n} reward", "{n} rewards", int(value))
