"""Who a member is: since when, by which way, what they told, what they agreed to."""

from typing import Any, Literal

from campaigns.rules.segments.base import Condition, Problems, between, listed
from campaigns.rules.segments.buying import ago
from members.rules.phrases import Names, Phrase, days
from members.rules.phrases import gettext_lazy as _

BETWEEN = ":"
"""Between a question's id and an option's, where an answer is named."""


class Joined(Condition, frozen=True, tag="joined", kw_only=True):
    """How many days of the shop's calendar ago the member joined."""

    at_least_days: int | None = None
    at_most_days: int | None = None

    def problems(self) -> Problems:
        return between(self.at_least_days, self.at_most_days, ("at_least_days", "at_most_days"), 36_600)

    def says(self) -> Phrase:
        return _("joined {days} ago", days=ago(self.at_least_days, self.at_most_days))

    def found(self, value: Any) -> Phrase:
        return _("joined {days} ago", days=days(int(value)))


class JoinedBy(Condition, frozen=True, tag="joined_by", kw_only=True):
    """The channel by which the member joined, as it was recorded."""

    any_of: tuple[str, ...]

    def problems(self) -> Problems:
        return listed("any_of", self.any_of)

    def says(self) -> Phrase:
        return _("joined by way of {names}", names=Names(self.any_of))

    def found(self, value: Any) -> Phrase:
        return _("by way of {name}", name=str(value)) if value else _("it is not known how")


class Language(Condition, frozen=True, tag="language", kw_only=True):
    """The language the member is written to in, as a code: sv, nb, nl, en."""

    any_of: tuple[str, ...]
    named = "languages"

    def problems(self) -> Problems:
        return listed("any_of", self.any_of)

    def says(self) -> Phrase:
        return _("reads {names}", names=Names(self.any_of))

    def found(self, value: Any) -> Phrase:
        return _("{name}", name=str(value)) if value else _("no language chosen")


class Agreed(Condition, frozen=True, tag="consent", kw_only=True):
    """Whether the member said yes to news by e-mail or by text message."""

    to: Literal["email", "sms"] = "email"
    given: bool = True

    def problems(self) -> Problems:
        return []

    def says(self) -> Phrase:
        if self.to == "email":
            return _("wants news by e-mail") if self.given else _("wants no news by e-mail")
        return _("wants news by text message") if self.given else _("wants no text messages")

    def found(self, value: Any) -> Phrase:
        return _("said yes") if value else _("did not say yes")


class Answered(Condition, frozen=True, tag="answer", kw_only=True):
    """The member gave any of these answers to the shop's questions, each named `question:option` by their ids."""

    any_of: tuple[str, ...]
    named = "answers"

    def problems(self) -> Problems:
        found = listed("any_of", self.any_of)
        if not found and any(one.count(BETWEEN) != 1 for one in self.any_of):
            found.append(("any_of", "Name each answer as question:option."))
        return found

    def says(self) -> Phrase:
        return _("told you {names}", names=Names(self.any_of))

    def found(self, value: Any) -> Phrase:
        return _("told you {names}", names=Names(tuple(value))) if value else _("told you nothing of it")


class BirthdaySoon(Condition, frozen=True, tag="birthday", kw_only=True):
    """The member's birthday is today or within so many days; 29 February is kept on the 28th in other years."""

    within_days: int

    def problems(self) -> Problems:
        if 0 <= self.within_days <= 365:
            return []
        return [("within_days", "Give a number from 0 to 365.")]

    def says(self) -> Phrase:
        if self.within_days == 0:
            return _("has their birthday today")
        return _("has their birthday within {days}", days=days(self.within_days))

    def found(self, value: Any) -> Phrase:
        if value is None:
            return _("no birthday known")
        month, day = divmod(int(value), 100)
        return _("birthday on {day}/{month}", day=day, month=month)
