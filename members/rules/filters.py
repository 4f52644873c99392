"""Which lines and orders a rule looks at, and from when until when it counts."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import fields

from members.rules.facts import Facts, LineFacts
from members.rules.phrases import Names, Phrase
from members.rules.phrases import gettext_lazy as _


class Filter(Struct, forbid_unknown_fields=True, frozen=True):
    """Which lines and orders a rule looks at. Every list that is not empty must match; `not_` lists must
    not. Tags say what else a product is: sustainable, own brand. `quantity_at_least` looks at lines of at least so
    much: three of the same."""

    skus: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    not_skus: tuple[str, ...] = ()
    not_categories: tuple[str, ...] = ()
    not_brands: tuple[str, ...] = ()
    not_tags: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    payment_methods: tuple[str, ...] = ()
    quantity_at_least: int = 0

    def takes(self, line: LineFacts) -> bool:
        """True when the rule looks at this line."""
        return (
            (not self.skus or line.sku in self.skus)
            and (not self.categories or line.category in self.categories)
            and (not self.brands or line.brand in self.brands)
            and (not self.tags or not line.tags.isdisjoint(self.tags))
            and line.sku not in self.not_skus
            and line.category not in self.not_categories
            and line.brand not in self.not_brands
            and (not self.not_tags or line.tags.isdisjoint(self.not_tags))
            and (not self.quantity_at_least or Decimal(line.quantity) >= self.quantity_at_least)
        )

    @property
    def takes_all(self) -> bool:
        """True when no line is left out."""
        return not (
            self.skus or self.categories or self.brands or self.tags or self.not_skus or self.not_categories
            or self.not_brands or self.not_tags or self.quantity_at_least
        )  # fmt: skip

    def refuses(self, facts: Facts) -> tuple[str, dict] | None:
        """The property of the order or activity that keeps the rule from looking at it, as (code, values); None
        when all fit."""
        if not (self.channels or self.locations or self.payment_methods):
            return None
        about = facts.activity or facts.order
        paid_with = "" if facts.activity else facts.order.payment_method
        for code, wanted, found in (
            ("channel", self.channels, about.channel),
            ("location", self.locations, about.location),
            ("payment_method", self.payment_methods, paid_with),
        ):
            if wanted and found not in wanted:
                return f"other_{code}", {"wanted": list(wanted), "found": found}
        return None

    def problems(self) -> list[tuple[str, str]]:
        """What is wrong with the filter as written."""
        if not 0 <= self.quantity_at_least <= 1_000_000:
            return [("quantity_at_least", "Give a number of things, at most 1,000,000.")]
        return []

    def says(self, *, labels: bool = True) -> list[Phrase]:
        """What the rule is limited to, part by part. Without `labels` the shop's own marks on its goods are left out:
        nobody else knows them."""
        parts = [
            text(Names(getattr(self, name)))
            for name, text in _SAYS.items()
            if getattr(self, name) and (labels or "tags" not in name)
        ]
        if self.quantity_at_least:
            parts.append(_("only from {n} of the same", n=self.quantity_at_least))
        return parts


GOODS = ("skus", "categories", "brands", "tags")
"""By what a filter names goods; each has a twin with `not_` before it."""


def goods_named(part: Any) -> dict[str, frozenset[str]]:
    """What any filter within a part of the programme calls goods by, to take or to leave out, by `GOODS`."""
    filters = list(_filters(part))
    return {
        name: frozenset(
            word for one in filters for word in (*getattr(one, name), *getattr(one, f"not_{name}"))
        )
        for name in GOODS
    }


def _filters(part: Any) -> Iterator[Filter]:
    if isinstance(part, Filter):
        yield part
    elif isinstance(part, Struct):
        for field in fields(part):
            yield from _filters(getattr(part, field.name))
    elif isinstance(part, tuple):
        for one in part:
            yield from _filters(one)


_SAYS = {
    "skus": lambda names: _("only the articles {names}", names=names),
    "categories": lambda names: _("only {names}", names=names),
    "brands": lambda names: _("only the brands {names}", names=names),
    "tags": lambda names: _("only what is tagged {names}", names=names),
    "not_skus": lambda names: _("not the articles {names}", names=names),
    "not_categories": lambda names: _("not {names}", names=names),
    "not_brands": lambda names: _("not the brands {names}", names=names),
    "not_tags": lambda names: _("not what is tagged {names}", names=names),
    "channels": lambda names: _("only in {names}", names=names),
    "locations": lambda names: _("only at {names}", names=names),
    "payment_methods": lambda names: _("only paid with {names}", names=names),
}


class Window(Struct, forbid_unknown_fields=True, frozen=True, rename={"from_": "from"}):
    """When a rule counts: from an instant (inclusive) until another (exclusive); None is open."""

    from_: datetime | None = None
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """True when `at` lies inside."""
        return (self.from_ is None or at >= self.from_) and (self.until is None or at < self.until)

    def problems(self) -> list[tuple[str, str]]:
        """A window must have zones and must not end before it starts."""
        problems = []
        for name, instant in (("from", self.from_), ("until", self.until)):
            if instant is not None and instant.tzinfo is None:
                problems.append((name, "Give the time with its zone, like 2026-12-01T00:00:00+01:00."))
        if not problems and self.from_ and self.until and self.until <= self.from_:
            problems.append(("until", "The window ends before it starts."))
        return problems
