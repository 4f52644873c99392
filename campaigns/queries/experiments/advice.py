"""How many members an experiment takes and how long that will be, from the shop's own past purchases."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf

from campaigns.queries.experiments.figures import LOOKED_AT, Explained, explained, pretended
from campaigns.rules.experiments import Kind, Moments, Noisy, Plan, plan_mean, plan_share
from campaigns.rules.experiments.metrics import SAID, Measure
from campaigns.rules.experiments.reading import LEAST_UNITS


@dataclass(frozen=True, slots=True)
class Advice:
    """`base` is the measure today, per member; `daily` members who come each day; `explained` the part of the noise
    that their past explains. `plan` is None where there is too little past to say anything: `members` were found of the
    `LEAST_UNITS` it takes. `days` is how long it takes in all, with the days each member is watched; `seen_percent` the
    smallest change that can be seen within the planned days, None where it would have to be more than double."""

    base: float
    daily: float
    members: int
    explained: float
    plan: Plan | None
    days: int | None
    seen_percent: int | None = None

    @property
    def is_too_long(self) -> bool:
        """Whether nobody should wait for it."""
        return self.plan is not None and self.plan.is_too_long


def advise(
    measure: Measure,
    *,
    percent: int,
    variants: int,
    window: timedelta,
    audience: str,
    at: datetime,
    planned_days: int = 28,
) -> Advice:
    """For a change of `percent` in a measure to be seen four times out of five."""
    return advice_of(
        measure,
        pretended(window=window, audience=audience, until=at)[measure],
        percent=percent,
        variants=variants,
        window=window,
        planned_days=planned_days,
    )


def advice_of(
    measure: Measure, past: Moments, *, percent: int, variants: int, window: timedelta, planned_days: int = 28
) -> Advice:
    """The same, from what has been measured already."""
    daily = past.n / LOOKED_AT.days
    nothing = Advice(past.mean, daily, past.n, 0.0, None, None)
    if past.n < LEAST_UNITS:
        return nothing
    try:
        known = explained(past)
        plan = _plan(measure, known, percent, daily=daily, variants=variants)
    except (
        Noisy,
        ValueError,
    ):  # everybody did the same, or nobody did anything: nothing can be planned on that
        return nothing
    days = None if plan.days is None else plan.days + window.days
    each = daily * planned_days / variants
    seen = next((one for one in range(1, 101) if _takes(measure, known, one, variants) <= each), None)
    return Advice(known.mean, daily, past.n, known.part, plan, days, seen)


def _plan(measure: Measure, known: Explained, percent: int, *, daily: float, variants: int) -> Plan:
    if SAID[measure].kind is Kind.SHARE:
        return plan_share(known.mean, percent / 100, daily=daily, variants=variants)
    return plan_mean(
        known.deviation, known.mean * percent / 100, daily=daily, variants=variants, explained=known.part
    )


def _takes(measure: Measure, known: Explained, percent: int, variants: int) -> float:
    """Members per variant for a change of so many percent; more than there are where it cannot be."""
    try:
        return _plan(measure, known, percent, daily=1, variants=variants).per_variant
    except ValueError:
        return inf
