"""Rewards that are something to take part in: places at an event, and getting in before others."""

from datetime import datetime, timedelta
from typing import ClassVar

from rewards.rules.kinds.base import Codes, KindTerms, Problems, Said, link_problems, text_problems


class Experience(KindTerms, frozen=True):
    """Something with dates, places and a waiting list. A place can be given up for the points until
    `free_until_hours` before it starts; afterwards the points stay spent unless staff say otherwise."""

    booked: ClassVar[bool] = True
    free_until_hours: int = 24
    bring: str = ""

    def problems(self, said: Said) -> Problems:
        found = text_problems("bring", self.bring, most=300)
        if not 0 <= self.free_until_hours <= 8760:
            found.append(("terms.free_until_hours", "Give a number of hours from 0 to 8760."))
        return found

    def free_until(self, starts_at: datetime) -> datetime:
        """Until when giving up a place gives the points back."""
        return starts_at - timedelta(hours=self.free_until_hours)


class Workshop(Experience, frozen=True):
    """A workshop: the same, by its own name."""


class EarlyAccess(KindTerms, frozen=True):
    """Getting in from `opens_at`, before everybody else may at `public_at`; at `url`, where it is online."""

    opens_at: datetime
    public_at: datetime
    url: str = ""

    def problems(self, said: Said) -> Problems:
        found = link_problems("url", self.url)
        if self.opens_at.tzinfo is None or self.public_at.tzinfo is None:
            found.append(("terms.opens_at", "Give the time with its zone, like 2026-11-21T14:02:00+01:00."))
        elif self.public_at <= self.opens_at:
            found.append(("terms.public_at", "Everybody else comes after the members."))
        return found

    @property
    def codes(self) -> Codes:
        return "none"

    def cost_minor(self, value: int) -> int | None:
        return 0
