"""What a member does besides buying. A rule with such a condition looks at activities and never at purchases."""

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from members.rules.conditions.base import Base, Case, Problems, Verdict
from members.rules.phrases import Names, Phrase, Telling
from members.rules.phrases import gettext_lazy as _

KIND = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")

#: Activities that every shop knows, as the end of "50 points …". A shop may name any others.
KINDS: Mapping[str, Phrase] = {
    "account_created": _("for joining"),
    "profile_completed": _("for a complete profile"),
    "birthday": _("on the birthday"),
    "review": _("for a review"),
    "photo": _("for a photo"),
    "social_follow": _("for following us"),
    "social_share": _("for sharing"),
    "social_tag": _("for tagging us"),
    "survey": _("for an answered survey"),
    "referral": _("for referring a friend"),
    "event_attended": _("for coming to an event"),
}


def kind_words(kind: str) -> Phrase:
    """What is done, as the end of a sentence: "for a review"."""
    return KINDS.get(kind) or _("for “{kind}”", kind=kind)


class Property(Struct, frozen=True, forbid_unknown_fields=True):
    """One property of the activity: among these values, or a whole number within bounds. One that is not there does
    not match."""

    name: str
    any_of: tuple[str | int | bool, ...] = ()
    at_least: int | None = None
    at_most: int | None = None

    def fits(self, found: Any) -> bool:
        """True when the value is one that is wanted. True and 1 are not the same."""
        if self.any_of:
            return any(type(found) is type(wanted) and found == wanted for wanted in self.any_of)
        if isinstance(found, bool) or not isinstance(found, int):
            return False
        return (self.at_least is None or found >= self.at_least) and (
            self.at_most is None or found <= self.at_most
        )

    def problems(self) -> Problems:
        """What is wrong with it as written."""
        if not self.name.strip() or len(self.name) > 60:
            return [("name", "Name the property in at most 60 characters.")]
        bounded = self.at_least is not None or self.at_most is not None
        if bool(self.any_of) == bounded:
            return [("any_of", "Give either values or bounds.")]
        if self.at_least is not None and self.at_most is not None and self.at_most < self.at_least:
            return [("at_most", "The upper end is below the lower one.")]
        return []

    def says(self) -> Phrase:
        """The property in words: "stars from 4"."""
        if self.any_of:
            return _(
                "{name}: {values}",
                name=self.name,
                values=Names(tuple(_value(value) for value in self.any_of)),
            )
        if self.at_least is not None and self.at_most is not None:
            return _("{name} from {least} to {most}", name=self.name, least=self.at_least, most=self.at_most)
        if self.at_least is not None:
            return _("{name} from {least}", name=self.name, least=self.at_least)
        return _("{name} to {most}", name=self.name, most=self.at_most or 0)


def _value(value: str | int | bool | None) -> str | Phrase:
    if value is None:
        return _("nothing")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


class Activity(Base, frozen=True, tag="activity", kw_only=True):
    """One of these kinds of activity, with these properties. The rule's own filter looks at its product."""

    kinds: tuple[str, ...]
    where: tuple[Property, ...] = ()

    def holds(self, case: Case) -> Verdict:
        done = case.facts.activity
        found = done.kind if done else ""
        values: dict[str, Any] = {"found": found, "kinds": list(self.kinds)}
        if done is None or found not in self.kinds:
            return Verdict(False, "other_activity", values)
        for wanted in self.where:
            value = done.properties.get(wanted.name)
            if not wanted.fits(value):
                values |= {"property": wanted.name, "value": value if isinstance(value, str | int) else None}
                return Verdict(False, "other_property", values)
        return Verdict(True, "activity", values)

    def problems(self) -> Problems:
        found: Problems = []
        if not 1 <= len(self.kinds) <= 20 or not all(KIND.fullmatch(kind) for kind in self.kinds):
            found.append(("kinds", "Name 1 to 20 kinds in small letters, like review or event_attended."))
        if len(self.where) > 10:
            found.append(("where", "At most 10 properties."))
        for index, wanted in enumerate(self.where):
            found += [(f"where[{index}].{path}", message) for path, message in wanted.problems()]
        return found

    def says(self) -> Phrase:
        text = Names(tuple(kind_words(kind) for kind in self.kinds))
        phrase = _("{kinds}", kinds=text)
        for wanted in self.where:
            phrase = _("{what}, {limit}", what=phrase, limit=wanted.says())
        return phrase

    tells = {
        "activity": Telling(lambda v: _("it was {kind}", kind=kind_words(v["found"]))),
        "other_activity": Telling(
            lambda v: _("it is {kinds}", kinds=Names(tuple(kind_words(kind) for kind in v["kinds"])))
        ),
        "other_property": Telling(
            lambda v: _("“{name}” was: {value}", name=v["property"],
                        value=_value(v["value"])),
        ),
    }  # fmt: skip
