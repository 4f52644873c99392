"""What every earning rule shares: an id, a name, which lines it looks at and when it counts."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from members.rules.decision import Reason
from members.rules.facts import Facts, LineFacts


class Filter(Struct, forbid_unknown_fields=True, frozen=True):
    """Which lines and orders a rule looks at. Every list that is not empty must match; `not_` lists must
    not."""

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
            and line.tags.isdisjoint(self.not_tags)
        )

    def refuses(self, facts: Facts) -> tuple[str, dict] | None:
        """The order's property that keeps the rule from looking at it, as (code, values); None when all
        fit."""
        order = facts.order
        for code, wanted, found in (
            ("channel", self.channels, order.channel),
            ("location", self.locations, order.location),
            ("payment_method", self.payment_methods, order.payment_method),
        ):
            if wanted and found not in wanted:
                return f"other_{code}", {"wanted": list(wanted), "found": found}
        return None


class Window(Struct, forbid_unknown_fields=True, frozen=True, rename={"from_": "from"}):
    """When a rule counts: from an instant (inclusive) until another (exclusive); None is open."""

    from_: datetime | None = None
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """True when `at` lies inside."""
        return (self.from_ is None or at >= self.from_) and (self.until is None or at < self.until)


@dataclass(slots=True)
class Tally:
    """What has been decided so far: points per line of the order before multipliers, and extra points on the
    whole."""

    eligible: dict[int, int]  # line number → minor units that may earn
    per_line: dict[int, Decimal] = field(default_factory=dict)  # base points
    extra_per_line: dict[int, Decimal] = field(default_factory=dict)
    base: dict[str, int] = field(default_factory=dict)  # rule → whole points it gave
    extra: dict[str, int] = field(default_factory=dict)


class Rule(Protocol):
    """One kind of earning rule: a frozen Struct tagged by `type`, in a file of its own, listed in
    `earning.RULES`."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def window(self) -> Window: ...
    @property
    def only(self) -> Filter: ...
    @property
    def phase(self) -> int:
        """Rules are asked in order of phase: 0 gives points, 1 changes what was given."""
        ...

    def decide(self, facts: Facts, tally: Tally, at: datetime) -> Reason:
        """Look, add to the tally, and say why."""
        ...

    def problems(self) -> list[tuple[str, str]]:
        """What is wrong with the rule as written: (path inside the rule, sentence)."""
        ...


def preconditions(rule: Rule, facts: Facts, at: datetime) -> Reason | None:
    """The checks all rules share; the reason not to match, or None."""
    if not rule.window.holds(at):
        return Reason(
            rule.id,
            rule.name,
            False,
            "outside_window",
            {"at": at.isoformat(), "from": _iso(rule.window.from_), "until": _iso(rule.window.until)},
        )
    refused = rule.only.refuses(facts)
    if refused is not None:
        return Reason(rule.id, rule.name, False, refused[0], refused[1])
    return None


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def window_problems(window: Window) -> list[tuple[str, str]]:
    """A window must have zones and must not end before it starts."""
    problems = []
    for name, instant in (("from", window.from_), ("until", window.until)):
        if instant is not None and instant.tzinfo is None:
            problems.append(
                (f"window.{name}", "Give the time with its zone, like 2026-12-01T00:00:00+01:00.")
            )
    if not problems and window.from_ and window.until and window.until <= window.from_:
        problems.append(("window.until", "The window ends before it starts."))
    return problems
