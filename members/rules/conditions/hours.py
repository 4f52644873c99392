"""The hour and the day of the week, by the clock on the shop's wall."""

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from members.rules.conditions.base import Base, Case, Problems, Verdict
from members.rules.phrases import Clock, Phrase, Telling, Weekdays
from members.rules.phrases import gettext_lazy as _

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
MIDNIGHT = "00:00"


class Weekday(StrEnum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


WEEK = tuple(Weekday)


class Hours(Base, frozen=True, tag="hours", kw_only=True, rename={"from_": "from"}):
    """On these days of the week (all when none is named), from one time of day until another, which is outside.
    "22:00" until "02:00" runs past midnight and belongs to the day it began; two equal times are the whole day."""

    days: tuple[Weekday, ...] = ()
    from_: str = MIDNIGHT
    until: str = MIDNIGHT

    def holds(self, case: Case) -> Verdict:
        local = case.local
        now = f"{local:%H:%M}"
        if self.from_ < self.until:
            inside, began = self.from_ <= now < self.until, local
        else:  # past midnight, or the whole day from a time on
            inside = now >= self.from_ or now < self.until
            began = local if now >= self.from_ else local - timedelta(days=1)
        holds = inside and (not self.days or WEEK[began.weekday()] in self.days)
        values = {"weekday": local.weekday(), "time": now, "days": list(self.days), "from": self.from_,
                  "until": self.until}  # fmt: skip
        return Verdict(holds, "hours" if holds else "other_hours", values)

    def problems(self) -> Problems:
        found = [
            (name, "Give a time of day, like 08:00 or 17:30.")
            for name, value in (("from", self.from_), ("until", self.until))
            if not _TIME.fullmatch(value)
        ]
        if len(set(self.days)) != len(self.days):
            found.append(("days", "Name each day once."))
        if not found and not self.days and self.from_ == self.until:
            found.append(("days", "Name days of the week, a time of day, or both."))
        return found

    def says(self) -> Phrase:
        days = Weekdays(tuple(WEEK.index(day) for day in self.days))
        begin, end = Clock(self.from_), Clock(self.until)
        if self.from_ == self.until:
            return _("on {days}", days=days)
        if not self.days:
            return _("from {begin} to {end}", begin=begin, end=end)
        return _("on {days} from {begin} to {end}", days=days, begin=begin, end=end)

    tells = {
        "hours": Telling(lambda v: _("it was {day} at {time}", day=Weekdays((v["weekday"],)), time=Clock(v["time"]))),
        "other_hours": Telling(
            lambda v: _("it counts {wanted}, and this was {day} at {time}", wanted=_wanted(v),
                        day=Weekdays((v["weekday"],)), time=Clock(v["time"])),
            lambda v: _("it counts {wanted}", wanted=_wanted(v)),
        ),
    }  # fmt: skip


def _wanted(values: Mapping) -> Phrase:
    days = tuple(Weekday(day) for day in values["days"])
    return Hours(days=days, from_=values["from"], until=values["until"]).says()
