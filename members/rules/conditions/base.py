"""What every condition shares: it looks at a case, gives a verdict with what it compared, and says itself in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, NamedTuple

from msgspec import Struct

from members.rules.facts import Facts, LineFacts
from members.rules.needs import Need
from members.rules.phrases import Phrase, Tellings

type Problems = list[tuple[str, str]]


@dataclass(slots=True)
class Case:
    """One rule looking at one purchase or activity. `local` is `at` in the merchant's zone, `eligible` the minor
    units of each line that may earn; of those `lines` are the ones the rule looks at, `amounts` theirs by number."""

    facts: Facts
    at: datetime
    local: datetime
    eligible: dict[int, int]
    rule: str
    lines: Sequence[LineFacts]
    amounts: Mapping[int, int]

    @property
    def day(self) -> date:
        """The day in the merchant's zone."""
        return self.local.date()

    def day_of(self, instant: datetime) -> date:
        """The day of an instant in the merchant's zone."""
        return instant.astimezone(self.local.tzinfo).date()


class Verdict(NamedTuple):
    """Whether a condition holds, under which stable code, and the values it compared (JSON, no floats)."""

    holds: bool
    code: str
    values: dict[str, Any]


class Base(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", kw_only=True):
    """A condition: a frozen Struct tagged by `type`, in a file of its family, named in the union beside it.

    `tells` has the words for each of its codes; `needs` the facts it compares. A code begins with the condition's
    type when it holds, and never changes once published.
    """

    needs: ClassVar[frozenset[Need]] = frozenset()
    tells: ClassVar[Tellings] = {}

    def holds(self, case: Case) -> Verdict:
        """Look and say what was compared."""
        raise NotImplementedError

    def problems(self) -> Problems:
        """What is wrong with the condition as written: (path inside it, sentence)."""
        raise NotImplementedError

    def says(self) -> Phrase:
        """The condition as the end of a sentence: "on weekdays from 8 to 10"."""
        raise NotImplementedError

    def says_plainly(self) -> Phrase:
        """The same to members."""
        return self.says()


def between(low: int | None, high: int | None, ends: tuple[str, str], limit: int) -> Problems:
    """Problems of a pair "at least, at most" of which one must be given; `ends` are their names."""
    found = [
        (name, f"Give a number from 0 to {limit:,}.")
        for name, value in zip(ends, (low, high), strict=True)
        if value is not None and not 0 <= value <= limit
    ]
    if low is None and high is None:
        found.append((ends[0], "Give at least one of the two ends."))
    elif not found and low is not None and high is not None and high < low:
        found.append((ends[1], "The upper end is below the lower one."))
    return found


def listed(name: str, values: Sequence[str]) -> Problems:
    """Problems of a list of names: it must not be empty, hold blanks, or be endless."""
    if not values or len(values) > 100:
        return [(name, "Give between 1 and 100 names.")]
    if any(not value.strip() or len(value) > 100 for value in values):
        return [(name, "Each name has between 1 and 100 characters.")]
    return []
