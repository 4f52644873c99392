"""Days of a member's own: how long they have belonged, their birthday, the day they joined."""

from datetime import date

from members.rules.conditions.base import Base, Case, Problems, Verdict, between
from members.rules.needs import Need
from members.rules.phrases import Phrase, Telling, days
from members.rules.phrases import gettext_lazy as _

MOST_DAYS = 180
"""A window reaches at most so far to either side: beyond it two years' windows would meet."""


class MembershipAge(Base, frozen=True, tag="membership_age", kw_only=True):
    """So many days of the shop's calendar have passed since the member joined; the day of joining is day 0."""

    at_least_days: int | None = None
    at_most_days: int | None = None
    needs = frozenset({Need.JOINED})

    def holds(self, case: Case) -> Verdict:
        joined = case.facts.member.joined_at
        values = {"days": None, "at_least_days": self.at_least_days, "at_most_days": self.at_most_days}
        if joined is None:
            return Verdict(False, "not_joined", values)
        passed = (case.day - case.day_of(joined)).days
        values["days"] = passed
        if passed < (self.at_least_days or 0):
            return Verdict(False, "member_too_new", values)
        if self.at_most_days is not None and passed > self.at_most_days:
            return Verdict(False, "member_too_long", values)
        return Verdict(True, "membership_age", values)

    def problems(self) -> Problems:
        return between(self.at_least_days, self.at_most_days, ("at_least_days", "at_most_days"), 36_600)

    def says(self) -> Phrase:
        least, most = self.at_least_days, self.at_most_days
        if least is not None and most is not None:
            return _("from {least} to {most} after joining", least=days(least), most=days(most))
        if least is not None:
            return _("from {least} after joining", least=days(least))
        return _("until {most} after joining", most=days(most or 0))

    tells = {
        "membership_age": Telling(lambda v: _("the member joined {days} before", days=days(v["days"]))),
        "not_joined": Telling(lambda v: _("it is for members only")),
        "member_too_new": Telling(
            lambda v: _("it counts from {least} after joining, and {days} had passed",
                        least=days(v["at_least_days"]), days=days(max(0, v["days"]))),
            lambda v: _("it counts from {least} after joining", least=days(v["at_least_days"])),
        ),
        "member_too_long": Telling(
            lambda v: _("it counts until {most} after joining, and {days} had passed",
                        most=days(v["at_most_days"]), days=days(v["days"])),
            lambda v: _("it counts until {most} after joining", most=days(v["at_most_days"])),
        ),
    }  # fmt: skip


def yearly(day: date, year: int) -> date:
    """The same day in another year; 29 February is kept on the 28th where there is none."""
    if (day.month, day.day) == (2, 29) and not _leap(year):
        return date(year, 2, 28)
    return day.replace(year=year)


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def distance(day: date, today: date, first_year: int) -> int | None:
    """Days from the nearest yearly return of `day`, not before `first_year`, to `today`: negative before it."""
    gaps = [
        (today - yearly(day, year)).days
        for year in (today.year - 1, today.year, today.year + 1)
        if first_year <= year <= date.max.year
    ]
    return min(gaps, key=lambda gap: (abs(gap), gap), default=None)


class _Yearly(Base, frozen=True, kw_only=True):
    """A window around a day that comes back every year, in the shop's calendar."""

    days_before: int = 0
    days_after: int = 0

    def _verdict(self, gap: int | None, kind: str) -> Verdict:
        values = {"days": gap, "days_before": self.days_before, "days_after": self.days_after}
        if gap is None:
            return Verdict(False, f"no_{kind}", values)
        holds = -self.days_before <= gap <= self.days_after
        return Verdict(holds, kind if holds else f"not_{kind}", values)

    def problems(self) -> Problems:
        return [
            (name, f"Give a number of days from 0 to {MOST_DAYS}.")
            for name, value in (("days_before", self.days_before), ("days_after", self.days_after))
            if not 0 <= value <= MOST_DAYS
        ]


def _off(gap: int) -> Phrase:
    if gap == 0:
        return _("it was the day itself")
    if gap < 0:
        return _("it was {days} too early for the day", days=days(-gap))
    return _("the day was {days} ago", days=days(gap))


class Birthday(_Yearly, frozen=True, tag="birthday", kw_only=True):
    """Around the member's birthday."""

    needs = frozenset({Need.BIRTHDAY})

    def holds(self, case: Case) -> Verdict:
        born = case.facts.member.birthday
        return self._verdict(distance(born, case.day, born.year) if born else None, "birthday")

    def says(self) -> Phrase:
        before, after = days(self.days_before), days(self.days_after)
        if self.days_before and self.days_after:
            return _("from {before} before the birthday until {after} after it", before=before, after=after)
        if self.days_before:
            return _("from {before} before the birthday", before=before)
        return _("until {after} after the birthday", after=after) if self.days_after else _("on the birthday")

    def says_plainly(self) -> Phrase:
        return _("around your birthday") if self.days_before or self.days_after else _("on your birthday")

    tells = {
        "birthday": Telling(lambda v: _("birthday: {off}", off=_off(v["days"])), lambda v: _("it was your birthday")),
        "not_birthday": Telling(
            lambda v: _("birthday: {off}", off=_off(v["days"])),
            lambda v: _("it counts around your birthday"),
        ),
        "no_birthday": Telling(
            lambda v: _("no birthday is known"),
            lambda v: _("we do not know your birthday"),
        ),
    }  # fmt: skip


class Anniversary(_Yearly, frozen=True, tag="anniversary", kw_only=True):
    """Around the day on which the member joined, from the first year on."""

    needs = frozenset({Need.JOINED})

    def holds(self, case: Case) -> Verdict:
        joined = case.facts.member.joined_at
        if joined is None:
            return self._verdict(None, "anniversary")
        day = case.day_of(joined)
        return self._verdict(distance(day, case.day, day.year + 1), "anniversary")

    def says(self) -> Phrase:
        before, after = days(self.days_before), days(self.days_after)
        if self.days_before and self.days_after:
            text = _(
                "from {before} before the anniversary of joining until {after} after it",
                before=before,
                after=after,
            )
        elif self.days_before:
            text = _("from {before} before the anniversary of joining", before=before)
        elif self.days_after:
            text = _("until {after} after the anniversary of joining", after=after)
        else:
            text = _("on the anniversary of joining")
        return text

    tells = {
        "anniversary": Telling(
            lambda v: _("anniversary of joining: {off}", off=_off(v["days"])),
            lambda v: _("it was the anniversary of your joining"),
        ),
        "not_anniversary": Telling(
            lambda v: _("anniversary of joining: {off}", off=_off(v["days"])),
            lambda v: _("it counts around the anniversary of your joining"),
        ),
        "no_anniversary": Telling(lambda v: _("it is for members only")),
    }
