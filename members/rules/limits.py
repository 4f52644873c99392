"""Caps: how much a rule gives at most, to one member in a time and to all of them out of a budget. What a cap leaves is
given, and the reason says what was wanted. Usage so far comes in with the facts, which say what to lock for it."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from loyalty.core.money import MAX_MINOR
from members.rules import units as kinds
from members.rules.facts import Given, Period, Spent
from members.rules.phrases import Phrase, Telling, Tellings, Units, ngettext_lazy
from members.rules.phrases import gettext_lazy as _

MOST = 10**9
_NEVER_GIVEN = Given()
_NOTHING_SPENT = Spent()

type Problems = list[tuple[str, str]]
type Bound = dict[str, Any]


class PeriodLimit(Struct, forbid_unknown_fields=True, frozen=True):
    """At most so many `times`, and so many `units` in all, in each period."""

    period: Period
    times: int | None = None
    units: int | None = None


class Limits(Struct, forbid_unknown_fields=True, frozen=True):
    """A rule's caps: units for one purchase or activity, per member and period, and the budget it draws on (by id)."""

    per_order: int | None = None
    per: tuple[PeriodLimit, ...] = ()
    budget: str = ""

    def problems(self) -> Problems:
        """What is wrong with the caps as written; whether the budget exists is the programme's matter."""
        found = _in_range("per_order", self.per_order)
        if len({limit.period for limit in self.per}) != len(self.per):
            found.append(("per", "Name each period once."))
        for index, limit in enumerate(self.per):
            if limit.times is None and limit.units is None:
                found.append((f"per[{index}].times", "Give a number of times, of units, or both."))
            found += _in_range(f"per[{index}].times", limit.times)
            found += _in_range(f"per[{index}].units", limit.units)
        return found

    def says(self, unit: str) -> list[Phrase]:
        """The caps in words."""
        parts = [] if self.per_order is None else [_per_order(self.per_order, unit)]
        for limit in self.per:
            if limit.times is not None:
                parts.append(_times(limit.period, limit.times))
            if limit.units is not None:
                parts.append(_units(limit.period, limit.units, unit))
        return [*parts, _("while the budget lasts")] if self.budget else parts

    def leave(self, wanted: int, given: Given | None, budget_left: int | None) -> tuple[int, Bound | None]:
        """How much of `wanted` may be given, and the cap that binds; None when all of it may."""
        given = given or _NEVER_GIVEN
        allowed, bound = wanted, None
        for left, candidate in self._caps(given, budget_left):
            if left < allowed:
                allowed, bound = max(0, left), candidate
        return (allowed, None) if bound is None else (allowed, {**bound, "wanted": wanted, "left": allowed})

    def _caps(self, given: Given, budget_left: int | None) -> list[tuple[int, Bound]]:
        caps: list[tuple[int, Bound]] = []
        if self.per_order is not None:
            caps.append((self.per_order, {"limit": "per_order", "max": self.per_order}))
        for limit in self.per:
            period = limit.period.value
            if limit.times is not None and given.times.get(limit.period, 0) >= limit.times:
                caps.append((0, {"limit": "times", "period": period, "max": limit.times}))
            if limit.units is not None:
                left = limit.units - given.units.get(limit.period, 0)
                caps.append((left, {"limit": "units", "period": period, "max": limit.units}))
        if budget_left is not None:
            caps.append((budget_left, {"limit": "budget", "budget": self.budget}))
        return caps


def period_start(period: Period, at: datetime, zone: ZoneInfo) -> datetime | None:
    """Since when a period counts that `at` lies in; None is since ever. Weeks begin on Monday."""
    day = at.astimezone(zone).date()
    match period:
        case Period.WEEK:
            day -= timedelta(days=day.weekday())
        case Period.MONTH:
            day = day.replace(day=1)
        case Period.YEAR:
            day = day.replace(month=1, day=1)
        case Period.LIFETIME:
            return None
    return datetime.combine(day, time(), tzinfo=zone)


def period_end(period: Period, at: datetime, zone: ZoneInfo) -> datetime | None:
    """Until before when a period counts that `at` lies in; None is for ever."""
    start = period_start(period, at, zone)
    if start is None:
        return None
    # Beyond the longest of its kind and short of a second one: the start of the period found there is the next one's.
    beyond = start + timedelta(
        days={Period.DAY: 1, Period.WEEK: 7, Period.MONTH: 31, Period.YEAR: 366}[period]
    )
    return period_start(period, beyond.replace(hour=12), zone)


class Budget(Struct, forbid_unknown_fields=True, frozen=True):
    """What may go out to all members in all, by the rules that name it: `units` of one `unit`, and money, where each
    unit costs `unit_cost_minor` minor units (decimal text: a point is often less than the smallest coin). When it is
    spent the rules stop. Of rules that share it those of higher priority draw first."""

    id: str
    unit: str = kinds.POINTS
    name: str = ""
    units: int | None = None
    money_minor: int | None = None
    unit_cost_minor: str = ""

    @property
    def unit_cost(self) -> Decimal:
        """What one unit costs in minor units; 0 when the budget does not say."""
        return Decimal(self.unit_cost_minor or 0)

    def left(self, spent: Spent | None) -> int:
        """Whole units that may still go out."""
        spent = spent or _NOTHING_SPENT
        ends = []
        if self.units is not None:
            ends.append(self.units - spent.units)
        if self.money_minor is not None:
            ends.append(int((self.money_minor - spent.cost_minor) // self.unit_cost))
        return max(0, min(ends))

    def cost(self, amount: int) -> str:
        """What `amount` of units costs, in minor units as decimal text."""
        return f"{(self.unit_cost * amount).normalize():f}"

    def problems(self) -> Problems:
        """What is wrong with the budget as written."""
        found = _in_range("units", self.units, MAX_MINOR) + _in_range(
            "money_minor", self.money_minor, MAX_MINOR
        )
        if self.unit not in _COUNTED:
            found += kinds.problems(self.unit)
        if self.units is None and self.money_minor is None:
            found.append(("units", "Give a number of units, an amount of money, or both."))
        if self.unit_cost_minor or self.money_minor is not None:
            try:
                cost = Decimal(self.unit_cost_minor)
            except InvalidOperation:
                cost = Decimal("NaN")
            if (
                not cost.is_finite()
                or not Decimal("0.0001") <= cost <= MAX_MINOR
                or len(self.unit_cost_minor) > 20
            ):
                found.append(("unit_cost_minor", "Say what one unit costs in minor units, like 0.5 or 12."))
        return found


_COUNTED = (kinds.REWARDS, kinds.BADGES, kinds.ENTRIES, kinds.SEGMENTS)


def _in_range(name: str, value: int | None, most: int = MOST) -> Problems:
    return [] if value is None or 1 <= value <= most else [(name, f"Give a whole number from 1 to {most:,}.")]


def _per_order(most: int, unit: str) -> Phrase:
    return _("no more than {most} at once", most=Units(most, unit))


def _times(period: Period, most: int) -> Phrase:
    match period:
        case Period.DAY:
            return ngettext_lazy("at most once a day", "at most {n} times a day", most)
        case Period.WEEK:
            return ngettext_lazy("at most once a week", "at most {n} times a week", most)
        case Period.MONTH:
            return ngettext_lazy("at most once a month", "at most {n} times a month", most)
        case Period.YEAR:
            return ngettext_lazy("at most once a year", "at most {n} times a year", most)
        case _:
            return ngettext_lazy("once only", "at most {n} times in all", most)


def _units(period: Period, most: int, unit: str) -> Phrase:
    amount = Units(most, unit)
    match period:
        case Period.DAY:
            return _("no more than {most} a day", most=amount)
        case Period.WEEK:
            return _("no more than {most} a week", most=amount)
        case Period.MONTH:
            return _("no more than {most} a month", most=amount)
        case Period.YEAR:
            return _("no more than {most} a year", most=amount)
        case _:
            return _("no more than {most} in all", most=amount)


def _bound(values: Mapping) -> Phrase:
    match values["limit"]:
        case "per_order":
            return _per_order(values["max"], values["unit"])
        case "times":
            return _times(Period(values["period"]), values["max"])
        case "units":
            return _units(Period(values["period"]), values["max"], values["unit"])
        case _ if values["budget"].startswith("cmp_"):  # a campaign's own, whose name stands before
            return _("its budget has no more")
        case _:
            return _("the budget “{name}” has no more", name=values["budget"])


def _bound_plainly(values: Mapping) -> Phrase:
    return _("all of it has been given out") if values["limit"] == "budget" else _bound(values)


TELLS: Tellings = {
    "capped": Telling(
        lambda v: _("{given} instead of {wanted}: {limit}", given=Units(v["left"], v["unit"]),
                    wanted=Units(v["wanted"], v["unit"]), limit=_bound(v)),
        lambda v: _("{given} instead of {wanted}: {limit}", given=Units(v["left"], v["unit"]),
                    wanted=Units(v["wanted"], v["unit"]), limit=_bound_plainly(v)),
    ),
    "used_up": Telling(
        lambda v: _("used up: {limit}", limit=_bound(v)), lambda v: _("used up: {limit}", limit=_bound_plainly(v))
    ),
}  # fmt: skip
