"""Whom a reward is for, and how often one member may have it in a time. Pure."""

from msgspec import Struct

from members.rules.facts import Period

type Problems = list[tuple[str, str]]
MOST_DAYS = 36_600
MOST_TIMES = 1_000_000
MOST_NAMES = 50


class BirthdayWindow(Struct, forbid_unknown_fields=True, frozen=True):
    """From so many days before the member's birthday until so many after it, in the shop's calendar."""

    days_before: int = 0
    days_after: int = 0


class Audience(Struct, forbid_unknown_fields=True, frozen=True):
    """Everything that is named must fit: any of `tiers`, any of `segments`, none of `not_segments`, a member for at
    least so many days, around the birthday. Empty: everybody."""

    tiers: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    not_segments: tuple[str, ...] = ()
    member_days: int | None = None
    birthday: BirthdayWindow | None = None

    def problems(self) -> Problems:
        """What is wrong with it as written, as (field, sentence)."""
        found = []
        for name in ("tiers", "segments", "not_segments"):
            names = getattr(self, name)
            if len(names) > MOST_NAMES or any(not one.strip() or len(one) > 60 for one in names):
                found.append((name, "Name at most 50, each in 1 to 60 characters."))
        if set(self.segments) & set(self.not_segments):
            found.append(("not_segments", "No segment can be both asked for and ruled out."))
        if self.member_days is not None and not 1 <= self.member_days <= MOST_DAYS:
            found.append(("member_days", f"Give a number of days from 1 to {MOST_DAYS}."))
        if self.birthday is not None:
            found += [
                (f"birthday.{name}", "Give a number of days from 0 to 180.")
                for name in ("days_before", "days_after")
                if not 0 <= getattr(self.birthday, name) <= 180
            ]
        return found


class Limit(Struct, forbid_unknown_fields=True, frozen=True):
    """At most so many `times` for one member in each period, in the shop's zone; weeks begin on Monday."""

    period: Period
    times: int


def limit_problems(limits: tuple[Limit, ...]) -> Problems:
    """What is wrong with some limits as written."""
    found = []
    if len({limit.period for limit in limits}) != len(limits):
        found.append(("", "Name each period once."))
    found += [
        (f"[{index}].times", f"Give a number from 1 to {MOST_TIMES}.")
        for index, limit in enumerate(limits)
        if not 1 <= limit.times <= MOST_TIMES
    ]
    return found
