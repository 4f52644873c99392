"""What came of an experiment so far, readable on any day: the intervals hold at every look together."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.models import Experiment
from campaigns.queries.experiments import figures
from campaigns.queries.experiments.reading import arms_of, exposed, mixed
from campaigns.rules.experiments import Guardrail, Moments, Reading, guard, read, uneven
from campaigns.rules.experiments.metrics import Measure, guardrail, metric, smallest
from members.queries.comparisons import current
from members.rules.comparisons import Arm

HOLDOUT_DAYS = 90


@dataclass(frozen=True, slots=True)
class Row:
    """A variant: how many met it, how many of them are counted by now, their mean, and how it does against the control
    (None for the control itself)."""

    arm: Arm
    exposed: int
    counted: int
    mean: float
    reading: Reading | None


@dataclass(frozen=True, slots=True)
class Rail:
    """A guardrail for one variant. `holds` is None while there is too little to tell."""

    measure: Measure
    rows: tuple[tuple[Row, bool | None], ...]
    percent: int

    @property
    def is_broken(self) -> bool:
        """Whether any variant does harm: a reason to stop."""
        return any(holds is False for _row, holds in self.rows)


@dataclass(frozen=True, slots=True)
class Results:
    """All of it. `waiting` members have met a variant and are still being watched; `mixed` are left out; `uneven`: the
    variants got members in other parts than they should have, and nothing counts."""

    measure: Measure
    rows: tuple[Row, ...]
    rails: tuple[Rail, ...]
    exposed: int
    waiting: int
    mixed: int
    uneven: bool

    @property
    def counted(self) -> int:
        """Members who are counted by now."""
        return sum(row.counted for row in self.rows)


def results(row: Experiment, *, at: datetime) -> Results:
    """What has been found by an instant."""
    found = figures.measured(row.pk, window=timedelta(days=row.window_days), until=at)
    met, arms, measure = exposed(row), arms_of(row), Measure(row.metric)
    rows = _rows(measure, arms, met, found, scale=row.scale.get(measure, 0.0))
    rails = tuple(
        _rail(Measure(one["metric"]), one["percent"], arms, met, found, scale=row.scale)
        for one in row.guardrails
    )
    all_met = sum(met.values())
    return Results(
        measure, rows, rails, all_met, all_met - sum(one.counted for one in rows), mixed(row),
        uneven(met, [(arm.key, arm.weight) for arm in arms]),
    )  # fmt: skip


def _rows(
    measure: Measure, arms: tuple[Arm, ...], met: dict[str, int], found: figures.Measured, *, scale: float
) -> tuple[Row, ...]:
    judged = metric(measure, at_least=scale or smallest(measure, base=0, percent=1))
    control = _sums(found, arms[0], measure)
    rows = []
    for place, arm in enumerate(arms):
        sums = _sums(found, arm, measure)
        reading = read(control, sums, judged, compared=len(arms) - 1) if place else None
        rows.append(Row(arm, met.get(arm.key, 0), sums.n, sums.mean, reading))
    return tuple(rows)


def _rail(
    measure: Measure, percent: int, arms: tuple[Arm, ...], met: dict[str, int], found: figures.Measured,
    *, scale: dict[str, float],
) -> Rail:  # fmt: skip
    accepted = scale.get(f"guard:{measure}", 0.0) or smallest(measure, base=0, percent=percent)
    rail: Guardrail = guardrail(measure, accepted=accepted)
    control, rows = _sums(found, arms[0], measure), []
    for arm in arms[1:]:
        sums = _sums(found, arm, measure)
        holds, reading = guard(control, sums, rail, compared=len(arms) - 1)
        rows.append((Row(arm, met.get(arm.key, 0), sums.n, sums.mean, reading), holds))
    return Rail(measure, tuple(rows), percent)


def _sums(found: figures.Measured, arm: Arm, measure: Measure) -> Moments:
    return found.get(arm.key, {}).get(measure, Moments())


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The shop's holdout: `share` in hundredths of a percent, since when, how many are counted on both sides, and what
    everything campaigns add brings per member in `HOLDOUT_DAYS` (the others against those held out)."""

    share: int
    since: datetime
    held_out: int
    others: int
    reading: Reading


def holdout(*, at: datetime) -> HeldOut | None:
    """How the shop's holdout stands; None where nobody is held out."""
    book = current()
    share = book.share_held_out(at)
    if not share:
        return None
    since = next(one.since for one in reversed(book.holdouts) if one.since <= at)
    found = figures.by_holdout(
        salt=book.salt, share=share, since=since, window=timedelta(days=HOLDOUT_DAYS), until=at
    )
    control, others = (found.get(key, {}).get(Measure.SPEND, Moments()) for key in ("held_out", ""))
    judged = metric(
        Measure.SPEND, at_least=smallest(Measure.SPEND, base=0, percent=1)
    )  # chosen before the data
    return HeldOut(share, since, control.n, others.n, read(control, others, judged))
