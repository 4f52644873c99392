"""What every earning rule shares: an id, which lines it looks at, when it counts, its caps and its group."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

from msgspec import Struct

from members.rules.conditions import Activity, Case, Condition
from members.rules.decision import AnyEffect
from members.rules.filters import Filter, Window
from members.rules.limits import Limits
from members.rules.phrases import Phrase, Tellings
from members.rules.phrases import gettext_lazy as _

type Problems = list[tuple[str, str]]
type Weights = Mapping[int, int | Decimal]
BASE, EXTRA = 0, 1


@dataclass(slots=True)
class Offer:
    """What a rule would give, before its caps. `amount` 0 says why not. `weights` say how it falls on the lines."""

    amount: int
    code: str
    values: dict[str, Any]
    weights: Weights = field(default_factory=dict)


class Tally:
    """What has been given so far, per unit: by which rules, and how it falls on the lines."""

    __slots__ = ("_base", "_parts", "given")

    def __init__(self) -> None:
        self.given: dict[str, dict[str, int]] = {}  # by unit and rule
        # By unit: (of the base?, amount, weights). Most rules weigh all lines alike, by one and the same mapping.
        self._parts: dict[str, list[tuple[bool, int, Weights]]] = {}
        self._base: dict[str, dict[int, Decimal]] = {}

    def add(self, unit: str, rule: str, amount: int, weights: Weights, *, base: bool) -> None:
        """Give `amount`, spread over the lines by weight."""
        self.given.setdefault(unit, {})[rule] = amount
        if weights:
            self._parts.setdefault(unit, []).append((base, amount, weights))
            if base:
                self._base.pop(unit, None)

    def base(self, unit: str) -> dict[int, Decimal]:
        """What multipliers multiply: the base of each line."""
        if unit not in self._base:
            self._base[unit] = _shares([part for part in self._parts.get(unit, ()) if part[0]])
        return self._base[unit]

    def lines(self, unit: str) -> Weights:
        """How everything given of a unit falls on the lines: weights, whose sum need not be what was given."""
        parts = self._parts.get(unit, [])
        if len({id(weights) for _base, _amount, weights in parts}) == 1:
            return parts[0][2]
        return _shares(parts)


def _shares(parts: list[tuple[bool, int, Weights]]) -> dict[int, Decimal]:
    """Each line's share of several amounts, each spread by its own weights."""
    amounts: dict[int, tuple[int, Weights]] = {}
    for _base, amount, weights in parts:
        before, _same = amounts.get(id(weights), (0, weights))
        amounts[id(weights)] = before + amount, weights
    shares: dict[int, Decimal] = {}
    for amount, weights in amounts.values():
        exact, whole = Decimal(amount), sum(weights.values())
        for number, weight in weights.items():
            share = exact * weight / whole
            shares[number] = shares[number] + share if number in shares else share
    return shares


class Identified(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    """The id by which ledger, limits and reasons name a rule. It outlives the rule's wording."""

    id: str


class RuleBase(Identified, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One kind of earning rule: a frozen Struct tagged by `type`, in a file of its own, named in `earning.Rule`.

    Rules of phase `BASE` give, those of phase `EXTRA` add to what the base gave; every kind has a `name`, too. A rule
    with an activity among its conditions (`when`: all must hold) looks at activities, every other at purchases. One
    that is `off` gives nothing and stays in the programme, to be switched on again.
    """

    only: Filter = Filter()
    window: Window = Window()
    when: tuple[Condition, ...] = ()
    limits: Limits = Limits()
    group: str = ""
    priority: int = 0
    off: bool = False

    phase: ClassVar[int] = EXTRA
    introduced: ClassVar[bool] = False  # to members its name stands before its sentence, and tells its labels
    tells: ClassVar[Tellings] = {}

    @property
    def gives(self) -> str:
        """What it gives: a unit of the ledger, or one of the countable things of `units`."""
        raise NotImplementedError

    def offer(self, case: Case, tally: Tally) -> Offer:
        """What the rule would give for this case. All its conditions hold."""
        raise NotImplementedError

    def effect(self, amount: int) -> AnyEffect | None:
        """The effect of `amount`; None for units, which the engine adds up."""
        return None

    def problems(self) -> Problems:
        """What is wrong with the kind's own fields: (path inside the rule, sentence)."""
        raise NotImplementedError

    def says(self) -> Phrase:
        """What it gives and what for, in words: "1 point for every 10 kr spent". Caps and conditions come after."""
        raise NotImplementedError

    def says_plainly(self) -> Phrase:
        """The same to members."""
        return self.says()

    @property
    def activity(self) -> Activity | None:
        """The condition that makes it a rule about activities."""
        return next((condition for condition in self.when if isinstance(condition, Activity)), None)

    @property
    def is_plain(self) -> bool:
        """True when nothing limits it: it counts for everything, always."""
        return (
            self.only == Filter() and self.window == Window() and not self.when
            and self.limits == Limits() and not self.group and not self.off
        )  # fmt: skip


def shared_problems(rule: RuleBase) -> Problems:
    """What is wrong with the fields that all kinds share."""
    found: Problems = [(f"window.{path}", message) for path, message in rule.window.problems()]
    found += [(f"only.{path}", message) for path, message in rule.only.problems()]
    found += [(f"limits.{path}", message) for path, message in rule.limits.problems()]
    if len(rule.when) > 20:
        found.append(("when", "At most 20 conditions."))
    for index, condition in enumerate(rule.when):
        found += [(f"when[{index}].{path}", message) for path, message in condition.problems()]
    if not -1000 <= rule.priority <= 1000:
        found.append(("priority", "Give a number from -1,000 to 1,000."))
    return found


def amount_problems(name: str, amount: int) -> Problems:
    """What a rule gives at once is between one and a million."""
    return [] if 1 <= amount <= 1_000_000 else [(name, "Give a whole number from 1 to 1,000,000.")]


def count_problems(name: str, count: int) -> Problems:
    """How many things a rule hands out at once."""
    return [] if 1 <= count <= 1000 else [(name, "Give a number from 1 to 1,000.")]


def named_problems(name: str, value: str) -> Problems:
    """What a rule hands out is named."""
    return [] if value.strip() and len(value) <= 60 else [(name, "Name it in at most 60 characters.")]


def once(case: Case) -> Offer | None:
    """The refusal of a rule that gives once for a purchase when nothing of it earns; None when something does."""
    if case.facts.activity is None and not case.lines:
        return Offer(0, "nothing_eligible", {})
    return None


def occasion(rule: RuleBase) -> Phrase:
    """What a rule that gives once is for: "for a purchase", "for a review"."""
    return rule.activity.says() if rule.activity else _("for a purchase")


def tellings(kinds: Iterable[Any]) -> Tellings:
    """The words of several kinds of rules or conditions, by code."""
    return {code: telling for kind in kinds for code, telling in kind.tells.items()}
