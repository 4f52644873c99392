"""What every condition of a segment shares: it is checked, says itself, and says what was found of a member.

A condition compares one figure of a member. How the figure is read from the database, and compared, stands once in
`campaigns.queries.segments`; here is what people read and what cannot be written.
"""

from typing import Any, ClassVar

from msgspec import Struct

from members.rules.conditions.base import Problems, between, listed
from members.rules.phrases import Phrase, days
from members.rules.phrases import gettext_lazy as _

LONGEST_DAYS = 3_660
MOST = 1_000_000_000
__all__ = ["LONGEST_DAYS", "MOST", "Condition", "Problems", "between", "inside", "listed", "window", "within"]


class Condition(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", kw_only=True):
    """One thing that is asked of a member. `named` is what its `any_of` holds names of, for those who show labels
    instead of names: "tiers"."""

    named: ClassVar[str] = ""

    def problems(self) -> Problems:
        """What is wrong with the condition as written: (path inside it, sentence)."""
        raise NotImplementedError

    def says(self) -> Phrase:
        """The condition as a part of a sentence: "at least 3 purchases in the last 90 days"."""
        raise NotImplementedError

    def found(self, value: Any) -> Phrase:
        """What was found of a member, where `value` is the figure (JSON): "5 purchases"."""
        raise NotImplementedError


def within(days_: int | None) -> Problems:
    """Problems of a stretch of days that may be left out."""
    if days_ is None or 1 <= days_ <= LONGEST_DAYS:
        return []
    return [("within_days", f"Give a number of days from 1 to {LONGEST_DAYS:,}.")]


def inside(said: Phrase, days_: int | None) -> Phrase:
    """What is said, with the stretch of days it is about; without one it is about all the time."""
    return said if days_ is None else _("{said} in the last {days}", said=said, days=days(days_))


def window(low: Phrase | None, high: Phrase | None) -> Phrase:
    """From one end, to another, or between both; at least one is given."""
    if low is not None and high is not None:
        return _("{low} to {high}", low=low, high=high)
    return _("at least {low}", low=low) if low is not None else _("at most {high}", high=high or "")
