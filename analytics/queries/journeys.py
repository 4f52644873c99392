"""What becomes of members after they join: cohorts, the way from joining to a tier, and buying before and after."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from analytics.queries.statements import answer
from analytics.queries.sums import Reader
from analytics.rules.calendar import Stretch

AROUND_DAYS = 90
"""How long before and after joining is looked at."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """Those who joined in a month and are members now, and how many of them bought in it and in each month after it."""

    month: Stretch
    size: int
    buyers: tuple[int, ...]

    @property
    def shares(self) -> tuple[Decimal | None, ...]:
        """Of the cohort, who bought; None for a cohort of nobody."""
        return tuple(Decimal(part) / self.size if self.size else None for part in self.buyers)


def cohorts(read: Reader, months: Sequence[Stretch]) -> list[Cohort]:
    """The cohort of each month, looked at until the last of them."""
    sizes = read.of_days([one.days for one in months], ["joined"])
    bought = read.heads(months, ["buyers"], cut="cohort")
    found, none = [], Counter[str]()
    for number, month in enumerate(months):
        name = f"{month.first:%Y-%m}"
        counts = (bought.get((later, name), none)["buyers"] for later in months[number:])
        size = sizes.get((month.days, ""), none)["joined"]
        found.append(Cohort(month, size, tuple(counts)))
    return found


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many joined, and how far they have come by now; each a part of the one before."""

    joined: int
    earned: int
    redeemed: int
    rose: int


def funnel(when: Stretch, *, zone: str) -> Funnel:
    """The way of those who joined in a period."""
    return Funnel(*answer("funnel", {"since": when.since(zone), "until": when.until(zone)})[0])


@dataclass(frozen=True, slots=True)
class Around:
    """What members bought in the days before joining and as many after: orders, and money in minor units."""

    members: int
    orders_before: int
    orders_after: int
    before_minor: int
    after_minor: int

    @property
    def is_known(self) -> bool:
        """Whether anything from before is known: most shops know nobody's purchases before they join."""
        return self.members > 0 and self.orders_before > 0


def around_joining(when: Stretch, *, zone: str, at: datetime) -> Around:
    """What those who joined in a period bought before and after, of those for whom the days after are over."""
    asked = {"since": when.since(zone), "until": when.until(zone), "days": AROUND_DAYS, "now": at}
    return Around(*answer("around", asked)[0])
