"""The section `tiers` of a programme: a ladder of tiers, what qualifies for them, and how long they last.

A member climbs at once and is let down only when the time of their tier is over. What qualifies is one figure (`by`),
counted in a `window` of whole days in the merchant's zone.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from loyalty.core.money import MAX_MINOR
from members.rules.conditions.order_of_events import PURCHASE
from members.rules.perks import Perk, Problems, id_problems, perks_problems, text_problems

MOST_TIERS = 20


class By(StrEnum):
    """What qualifies."""

    SPEND = "spend"  # paid, net of refunds, in minor units
    POINTS = "points"  # earned, whatever was spent of them since; a refund takes its own away
    CREDITS = "credits"  # status credits: earned and given by hand
    ORDERS = "orders"  # not cancelled and not wholly refunded
    ACTIVITIES = "activities"  # of some kinds
    REFERRALS = "referrals"  # friends who have bought


class WindowKind(StrEnum):
    CALENDAR_YEAR = "calendar_year"
    ROLLING = "rolling"  # the last `months`
    ANNIVERSARY_YEAR = "anniversary_year"  # from the day the member joined, year by year
    LIFETIME = "lifetime"

    @property
    def is_yearly(self) -> bool:
        """True when one period follows the other and each counts from nothing."""
        return self in (WindowKind.CALENDAR_YEAR, WindowKind.ANNIVERSARY_YEAR)


class Valid(StrEnum):
    """How long a tier is the member's once it is reached."""

    PERIOD_END = "period_end"  # the rest of the period it was reached in
    NEXT_PERIOD_END = "next_period_end"  # that and the whole next one
    MONTHS = "months"
    FOREVER = "forever"


class Landing(StrEnum):
    """Where somebody lands who did not keep their tier."""

    QUALIFIED = "qualified"  # in the tier they qualify for, if any
    ONE_STEP = "one_step"  # at most one step down at a time


class OnRefund(StrEnum):
    KEEP = "keep"  # the tier is theirs until its time is over
    REVIEW = "review"  # what was reached with what came back is gone at once


class Tier(Struct, forbid_unknown_fields=True, frozen=True):
    """One tier: reached with `at_least` of what qualifies (minor units for spend), kept with `keep_at_least` (null: as
    much as reaching it takes). `name` by language code."""

    id: str
    at_least: int
    name: dict[str, str] = {}
    keep_at_least: int | None = None
    perks: tuple[Perk, ...] = ()

    @property
    def keeps_at(self) -> int:
        """What keeps the tier once a member has it."""
        return self.at_least if self.keep_at_least is None else self.keep_at_least


class Tiers(Struct, forbid_unknown_fields=True, frozen=True):
    """The ladder, lowest tier first, and its terms. `perks_add_up`: who has a tier also has the perks of those below
    it; one with the same id counts as the higher tier says it."""

    by: By = By.SPEND
    kinds: tuple[str, ...] = ()
    window: WindowKind = WindowKind.CALENDAR_YEAR
    months: int = 12
    valid: Valid = Valid.NEXT_PERIOD_END
    valid_months: int = 12
    grace_days: int = 0
    landing: Landing = Landing.QUALIFIED
    on_refund: OnRefund = OnRefund.KEEP
    perks_add_up: bool = True
    ladder: tuple[Tier, ...] = ()

    def rank(self, tier: str) -> int:
        """How high a tier stands, from 0; -1 for none, and for one that is not in the ladder."""
        return next((place for place, one in enumerate(self.ladder) if one.id == tier), -1)

    def tier(self, tier: str) -> Tier | None:
        """A tier by its id."""
        place = self.rank(tier)
        return self.ladder[place] if place >= 0 else None

    def perks(self, tier: str) -> list[Perk]:
        """What somebody in a tier gets, lower tiers' perks first."""
        place = self.rank(tier)
        if place < 0:
            return []
        steps = self.ladder[: place + 1] if self.perks_add_up else (self.ladder[place],)
        found: Mapping[str, Perk] = {perk.id: perk for step in steps for perk in step.perks}
        return list(found.values())


def check(tiers: Tiers) -> Problems:
    """Ids are unique, thresholds rise, and the terms fit each other."""
    found = _terms(tiers) + _counted(tiers)
    if len(tiers.ladder) > MOST_TIERS:
        found.append(("ladder", f"At most {MOST_TIERS} tiers."))
    seen: set[str] = set()
    for index, tier in enumerate(tiers.ladder):
        here = _tier(tier)
        if tier.id in seen:
            here.append(("id", "Another tier has this id."))
        seen.add(tier.id)
        if index:
            here += _rises(tiers.ladder[index - 1], tier)
        found += [(f"ladder[{index}].{path}", message) for path, message in here]
    return found


def _rises(lower: Tier, tier: Tier) -> Problems:
    found: Problems = []
    if tier.at_least <= lower.at_least:
        found.append(("at_least", "Each tier takes more than the one below it."))
    if tier.keeps_at < lower.keeps_at:
        found.append(("keep_at_least", "Keeping a tier takes at least as much as keeping the one below it."))
    return found


def _tier(tier: Tier) -> Problems:
    found = id_problems("id", tier.id) + text_problems("name", tier.name, 60)
    if not 0 <= tier.at_least <= MAX_MINOR:
        found.append(("at_least", f"Give a whole number from 0 to {MAX_MINOR:,}."))
    if tier.keep_at_least is not None and not 0 < tier.keep_at_least <= tier.at_least:
        found.append(
            ("keep_at_least", "Keeping a tier takes more than nothing, and no more than reaching it.")
        )
    return found + perks_problems(tier.perks, of="tier")


def _terms(tiers: Tiers) -> Problems:
    found: Problems = []
    for name, low, high in (("months", 1, 120), ("valid_months", 1, 120), ("grace_days", 0, 366)):
        if not low <= getattr(tiers, name) <= high:
            found.append((name, f"Choose {low} to {high}."))
    by_period = tiers.valid in (Valid.PERIOD_END, Valid.NEXT_PERIOD_END)
    # Without a ladder the terms are nobody's: what a shop has not decided yet is not wrong.
    if tiers.ladder and by_period and not tiers.window.is_yearly:
        found.append(("valid", "This window has no periods that end: choose a number of months, or forever."))
    if tiers.valid is Valid.FOREVER and tiers.grace_days:
        found.append(("grace_days", "What never ends needs no grace."))
    return found


def _counted(tiers: Tiers) -> Problems:
    if tiers.by is not By.ACTIVITIES:
        return [("kinds", "Only activities have kinds.")] if tiers.kinds else []
    found: Problems = []
    if not tiers.kinds:
        found.append(("kinds", "Say which activities count."))
    if len(tiers.kinds) > 20 or any(not kind.strip() or len(kind) > 40 for kind in tiers.kinds):
        found.append(("kinds", "At most 20 kinds, each of 1 to 40 characters."))
    if PURCHASE in tiers.kinds:
        found.append(("kinds", "A purchase is an order: qualify by orders."))
    return found
