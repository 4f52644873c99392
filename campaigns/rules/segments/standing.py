"""Where a member stands: tier, points, stage of life as a customer, RFM class, other segments."""

from enum import StrEnum
from typing import Any

from campaigns.rules import rfm
from campaigns.rules.segments.base import MOST, Condition, Problems, between, listed, window
from members.rules.phrases import Money, Names, Phrase, Units, days
from members.rules.phrases import gettext_lazy as _

NO_TIER = "-"


class Tier(Condition, frozen=True, tag="tier", kw_only=True):
    """The member is in one of these tiers, by id; "-" is no tier."""

    any_of: tuple[str, ...]
    named = "tiers"

    def problems(self) -> Problems:
        return listed("any_of", self.any_of)

    def says(self) -> Phrase:
        return _("tier {names}", names=Names(self.any_of))

    def found(self, value: Any) -> Phrase:
        return _("no tier") if value == NO_TIER else _("{name}", name=str(value))


class Points(Condition, frozen=True, tag="points", kw_only=True):
    """How many points the member can spend now."""

    at_least: int | None = None
    at_most: int | None = None

    def problems(self) -> Problems:
        return between(self.at_least, self.at_most, ("at_least", "at_most"), MOST * 1000)

    def says(self) -> Phrase:
        return _("{points} to spend", points=_points(self.at_least, self.at_most))

    def found(self, value: Any) -> Phrase:
        return _("{points} to spend", points=Units(int(value), "points"))


def _points(low: int | None, high: int | None) -> Phrase:
    ends = (_("{points}", points=Units(end, "points")) if end is not None else None for end in (low, high))
    return window(*ends)


class PointsEnding(Condition, frozen=True, tag="points_ending", kw_only=True):
    """At least so many of the points the member can spend end within so many days (times 24 hours)."""

    within_days: int
    at_least: int = 1

    def problems(self) -> Problems:
        found = [] if 1 <= self.at_least <= MOST else [("at_least", f"Give a number from 1 to {MOST:,}.")]
        if not 1 <= self.within_days <= 366:
            found.append(("within_days", "Give a number of days from 1 to 366."))
        return found

    def says(self) -> Phrase:
        points = Units(self.at_least, "points")
        return _("at least {points} that end within {days}", points=points, days=days(self.within_days))

    def found(self, value: Any) -> Phrase:
        return _("{points} end by then", points=Units(int(value), "points"))


class Stage(StrEnum):
    """Where somebody is in their life as a customer."""

    NEVER = "never"
    NEW = "new"
    ACTIVE = "active"
    SLIPPING = "slipping"
    LAPSED = "lapsed"


STAGES = {
    Stage.NEVER: _("never bought"),
    Stage.NEW: _("new"),
    Stage.ACTIVE: _("active"),
    Stage.SLIPPING: _("slipping away"),
    Stage.LAPSED: _("lapsed"),
}


class Lifecycle(Condition, frozen=True, tag="lifecycle", kw_only=True):
    """The member's stage: never bought; new (bought, and the first time at most `active_days` ago); active (bought
    within `active_days`); slipping away (not for longer than that); lapsed (not for longer than `lapsed_days`). Days of
    the shop's calendar."""

    any_of: tuple[Stage, ...]
    active_days: int = 90
    lapsed_days: int = 365

    def problems(self) -> Problems:
        found = listed("any_of", self.any_of)
        if not 1 <= self.active_days <= 3_660:
            found.append(("active_days", "Give a number of days from 1 to 3,660."))
        if not 1 <= self.lapsed_days <= 3_660:
            found.append(("lapsed_days", "Give a number of days from 1 to 3,660."))
        if not found and self.lapsed_days < self.active_days:
            found.append(("lapsed_days", "The upper end is below the lower one."))
        return found

    def says(self) -> Phrase:
        return _(
            "{names} (active: bought within {active}; lapsed: not for {lapsed})",
            names=Names(tuple(STAGES[one] for one in self.any_of)),
            active=days(self.active_days),
            lapsed=days(self.lapsed_days),
        )

    def found(self, value: Any) -> Phrase:
        return STAGES[Stage(value)]


class Rfm(Condition, frozen=True, tag="rfm", kw_only=True):
    """The member's class by recency, frequency and money: quintiles of the shop's own buyers, worked out each night
    (`campaigns.rules.rfm`). Who never bought has none."""

    any_of: tuple[rfm.Class, ...]

    def problems(self) -> Problems:
        return listed("any_of", self.any_of)

    def says(self) -> Phrase:
        return _("{names} by their buying", names=Names(tuple(rfm.NAMES[one] for one in self.any_of)))

    def found(self, value: Any) -> Phrase:
        if not value or not value.get("class"):
            return _("no class yet")
        name = rfm.NAMES[value["class"]]
        return _("{name} (recency {r}, frequency {f}, money {m} of 5)", name=name, r=value["r"], f=value["f"],
                 m=value["m"])  # fmt: skip


class Outlook(StrEnum):
    """What is foretold of somebody who has bought."""

    ONCE = "once"
    STAYING = "staying"
    LEAVING = "leaving"
    GONE = "gone"


OUTLOOKS = {
    Outlook.ONCE: _("bought once"),
    Outlook.STAYING: _("staying"),
    Outlook.LEAVING: _("about to leave"),
    Outlook.GONE: _("probably gone"),
}


class Foretold(Condition, frozen=True, tag="foretold", kw_only=True):
    """Where the member stands by what was foretold last night: bought once, staying, about to leave, probably gone. Of
    who never bought, and in a shop with too little data, nothing is foretold."""

    any_of: tuple[Outlook, ...]

    def problems(self) -> Problems:
        return listed("any_of", self.any_of)

    def says(self) -> Phrase:
        return _("foretold: {names}", names=Names(tuple(OUTLOOKS[one] for one in self.any_of)))

    def found(self, value: Any) -> Phrase:
        return _("foretold: {name}", name=OUTLOOKS[Outlook(value)]) if value else _("nothing is foretold")


class ForetoldSpend(Condition, frozen=True, tag="foretold_spend", kw_only=True):
    """What the member is expected to spend in the coming year, in minor units, as foretold last night."""

    at_least_minor: int | None = None
    at_most_minor: int | None = None

    def problems(self) -> Problems:
        ends = ("at_least_minor", "at_most_minor")
        return between(self.at_least_minor, self.at_most_minor, ends, MOST * 1000)

    def says(self) -> Phrase:
        ends = (Money(end) if end is not None else None for end in (self.at_least_minor, self.at_most_minor))
        amount = window(*(_("{amount}", amount=end) if end is not None else None for end in ends))
        return _("{amount} expected in the coming year", amount=amount)

    def found(self, value: Any) -> Phrase:
        if value is None:
            return _("nothing is foretold")
        return _("{amount} expected in the coming year", amount=Money(int(value)))


class InSegment(Condition, frozen=True, tag="segment", kw_only=True):
    """The member is in another segment: a list, an answer, a plan, an offer, or one that a rule of the programme puts
    members into. Not one that follows from conditions itself, so that none can follow from another in a ring."""

    any_of: tuple[str, ...]
    named = "segments"

    def problems(self) -> Problems:
        return listed("any_of", self.any_of)

    def says(self) -> Phrase:
        return _("in {names}", names=Names(self.any_of))

    def found(self, value: Any) -> Phrase:
        return _("in {names}", names=Names(tuple(value))) if value else _("in none of them")
