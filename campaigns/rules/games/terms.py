"""What a shop decides about a challenge, as data."""

from enum import StrEnum

from msgspec import Struct

from members.rules.facts import Period


class Measure(StrEnum):
    """What is counted."""

    PURCHASES = "purchases"
    AMOUNT = "amount"  # money spent, in minor units
    PRODUCTS = "products"  # different articles
    CATEGORIES = "categories"  # different kinds of goods
    ACTIVITIES = "activities"  # what somebody did besides buying
    STREAK = "streak"  # weeks or months in a row
    SCORE = "score"  # tasks of a contest, each with its own weight


class Pace(StrEnum):
    """How often it begins anew: never, or with each week, month or year."""

    ONCE = "once"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"

    @property
    def period(self) -> Period:
        """As limits count it."""
        return Period.LIFETIME if self is Pace.ONCE else Period(self.value)


class Step(StrEnum):
    """What a streak is a row of."""

    WEEK = "week"
    MONTH = "month"


class Goods(Struct, forbid_unknown_fields=True, frozen=True):
    """Which lines of a purchase count: every list that is not empty must match."""

    skus: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class Task(Struct, forbid_unknown_fields=True, frozen=True):
    """One thing to do in a contest: a purchase, or an activity where `activity` names its kind. It scores `gives` each
    time, `at_most` so many times (None: as often as one likes)."""

    activity: str = ""
    gives: int = 1
    at_most: int | None = None


class Milestone(Struct, forbid_unknown_fields=True, frozen=True):
    """What is given once for having come so far: `needed` is in what the challenge counts. `reward` is a handle of the
    catalogue, `badge` one of the shop's badges, `draw` whose chances are drawn."""

    needed: int
    points: int = 0
    badge: str = ""
    reward: str = ""
    draw: str = ""
    entries: int = 0


class Terms(Struct, forbid_unknown_fields=True, frozen=True):
    """A challenge's terms. `at_least_minor` is what a purchase must come to in order to count; `only` which goods do.
    `activities` are the kinds that count. A streak is a row of `step`, and forgives `grace` missed ones between two."""

    measure: Measure
    milestones: tuple[Milestone, ...] = ()
    per: Pace = Pace.ONCE
    at_least_minor: int = 0
    only: Goods = Goods()
    activities: tuple[str, ...] = ()
    tasks: tuple[Task, ...] = ()
    step: Step = Step.WEEK
    grace: int = 0

    @property
    def goal(self) -> int:
        """What the last milestone asks."""
        return max((one.needed for one in self.milestones), default=0)

    @property
    def counts_activities(self) -> bool:
        """Whether what somebody does besides buying counts."""
        return bool(self.activities) or any(task.activity for task in self.tasks)

    @property
    def counts_purchases(self) -> bool:
        """Whether purchases count."""
        if self.measure is Measure.SCORE:
            return any(not task.activity for task in self.tasks)
        if self.measure is Measure.STREAK:
            return not self.activities
        return self.measure is not Measure.ACTIVITIES
