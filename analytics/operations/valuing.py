"""Fit the models anew and keep what they say: once a night for each shop.

Everything is worked out first, which locks nothing; then members are written in portions, each in a transaction that
holds them, so that nobody who is erased meanwhile is written down again; the night's fit is kept last.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from analytics.models import MemberValue, ValueFit
from analytics.queries.buying import CHECK_DAYS, Buying, buying
from analytics.queries.freshness import today_of
from analytics.queries.statements import answer, carry_out
from analytics.rules import bgnbd, predictions
from analytics.rules.fitting import Fit, TooLittleData
from analytics.rules.gammagamma import correlation
from analytics.rules.predictions import MONTHS, Predicted, in_weeks, predict, some, spending_of, stages
from analytics.rules.value import Checked, compare, mean_clv
from loyalty.core.events.models import JobRun
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.money import exponent

JOB = "value.refit"
HOUR = 2
"""Not before this hour of the shop's night, unless nothing was ever fitted."""
CHUNK = 5_000
"""Members that are written, and held, at once."""
SISTERS = 2_000
KEPT_DAYS = 400
_BINS = 10


@dataclass(slots=True)
class Worked:
    """A night's work, before it is kept. `fit` is a row that is not stored yet; without `predicted` there was too
    little to foretell anything."""

    fit: ValueFit
    source: Buying
    predicted: Predicted | None = None
    stages: Sequence[str] = ()
    unit: int = 100
    models: tuple[Fit, Fit | None] | None = field(default=None)


def due(*, at: datetime) -> bool:
    """Whether tonight's work is still to be done; at any hour where nothing was ever fitted."""
    local = at.astimezone(ZoneInfo(shop_of_scope().timezone))
    if JobRun.objects.filter(job=JOB, period=local.date().isoformat()).exclude(finished_at=None).exists():
        return False
    return local.hour >= HOUR or not ValueFit.objects.exists()


def work_out(*, at: datetime) -> Worked:
    """Read everybody's purchases and fit the models. Writes nothing."""
    shop = shop_of_scope()
    carry_out("room", {})
    source = buying(zone=shop.timezone, currency=shop.currency, at=at)
    row = ValueFit(
        day=today_of(shop.timezone, at), customers=len(source.members), months=MONTHS, worked_out_at=at
    )
    worked = Worked(row, source, unit=10 ** exponent(shop.currency))
    told = in_weeks(source.told)
    try:
        fit = bgnbd.fit(told)
        spending = spending_of(told)
        worked.predicted = predict(fit, spending, told)
    except TooLittleData as error:
        row.state, row.reason = ValueFit.State.TOO_LITTLE, error.reason
        row.have, row.need = error.have, error.need
        return worked
    row.state, worked.models = ValueFit.State.FITTED, (fit, spending)
    row.buying, row.spending = _model(fit), _model(spending) if spending else {}
    row.checked = _checked(source)
    found = stages(told.repeats, worked.predicted.alive)
    worked.stages = [str(one) for one in found]
    row.told = {
        "correlation": round(correlation(source.told), 4),
        "stages": {name: int((found == name).sum()) for name in MemberValue.Stage.values},
        "alive": _bins(worked.predicted.alive[told.repeats > 0]),
    }
    return worked


def _model(fit: Fit) -> dict[str, Any]:
    return {
        "values": dict(zip(fit.names, fit.values, strict=True)),
        "errors": fit.standard_errors,
        "log_likelihood": fit.log_likelihood,
        "customers": fit.customers,
    }


def _bins(alive: NDArray[np.float64]) -> list[int]:
    return [int(count) for count in np.histogram(alive, bins=_BINS, range=(0.0, 1.0))[0]]


def _checked(source: Buying) -> dict[str, Any]:
    """Predictions made thirteen weeks ago beside what followed; what was `missing` where there was too little then."""
    kept = source.then
    places = np.arange(len(kept), dtype=np.int64)
    if len(kept) > predictions.LARGE:
        places = np.linspace(0, len(kept) - 1, predictions.LARGE).astype(np.int64)
        kept = predictions.chosen(kept, places)
    try:
        _fit, found = compare(kept, source.after[places], weeks=CHECK_DAYS / 7, sister=some(kept, SISTERS))
    except TooLittleData as error:
        return {"missing": error.reason, "have": error.have, "need": error.need}
    return _told(found, source.cut, len(kept))


def _told(found: Checked, cut: date, customers: int) -> dict[str, Any]:
    return {
        "from": cut.isoformat(), "weeks": found.weeks, "customers": customers, "predicted": found.predicted,
        "actual": found.actual, "error": found.error, "mean_absolute_error": found.mean_absolute_error,
        "naive_error": found.naive_error, "sister": found.sister, "useful": found.useful,
        "groups": [list(group) for group in found.groups],
    }  # fmt: skip


@transaction.atomic
def keep_members(*, worked: Worked, first: int) -> bool:
    """Write a portion of the members, from number `first` on; whether more are left."""
    found = worked.predicted
    part = slice(first, first + CHUNK)
    members = worked.source.members[part]
    if found is None or not members:
        return False
    answer("hold_members", {"members": members})
    low, worth, high = (
        [round(float(value)) for value in column[part] * worked.unit]
        for column in (found.worth_low, found.worth, found.worth_high)
    )
    carry_out(
        "keep_values",
        {
            "day": worked.fit.day, "members": members, "stages": list(worked.stages[part]),
            "purchases": [int(value) + 1 for value in worked.source.told.repeats[part]],
            "spent": [int(value) for value in worked.source.spent_minor[part]],
            "alive": [min(1.0, max(0.0, float(value))) for value in found.alive[part]],
            "expected": [float(value) for value in found.purchases[part]],
            "predicted": worth, "lows": low, "highs": high,
        },
    )  # fmt: skip
    return first + CHUNK < len(worked.source.members)


@transaction.atomic
def keep_fit(*, worked: Worked, at: datetime) -> ValueFit:
    """Keep the night's fit, with what it says of groups, and forget what it no longer speaks of."""
    row = worked.fit
    MemberValue.objects.exclude(day=row.day).delete()
    if worked.predicted is not None:
        row.told["groups"] = _groups(worked, at)
    ValueFit.objects.filter(day=row.day).delete()
    row.save(force_insert=True)
    ValueFit.objects.filter(day__lt=date.fromordinal(row.day.toordinal() - KEPT_DAYS)).delete()
    done = {"started_at": at, "finished_at": at, "result": {"state": row.state, "customers": row.customers}}
    JobRun.objects.update_or_create(job=JOB, period=row.day.isoformat(), defaults=done)
    return row


def _groups(worked: Worked, at: datetime) -> list[dict[str, Any]]:
    """All, tiers and segments: how many, what they are foretold together with its range, what they have spent."""
    every = max(1, len(worked.source.members) // 2_000)
    place = {member: number for number, member in enumerate(worked.source.members)}
    found = []
    for cut, name, members, predicted, spent, alive, sample in answer(
        "value_groups", {"now": at, "every": every}
    ):
        low, high = _spread(worked, [place[one] for one in sample or () if one in place])
        found.append(
            {
                "cut": cut, "name": name, "members": members, "predicted_minor": predicted, "spent_minor": spent,
                "alive": float(alive), "low_minor": round(predicted * low), "high_minor": round(predicted * high),
            }
        )  # fmt: skip
    return found


def _spread(worked: Worked, places: list[int]) -> tuple[float, float]:
    """The range of a group's mean as parts of it: what is not known of the models' parameters. (1, 1) where that cannot
    be told."""
    if worked.models is None or worked.models[1] is None or not places:
        return 1.0, 1.0
    fit, spending = worked.models[0], worked.models[1]
    told = predictions.chosen(in_weeks(worked.source.told), np.array(places[:2_000], dtype=np.int64))
    try:
        mean = mean_clv(fit, spending, told, months=MONTHS)
    except TooLittleData:
        return 1.0, 1.0
    return (mean.low / mean.value, mean.high / mean.value) if mean.value else (1.0, 1.0)


def forget_member(*, member: UUID) -> None:
    """What was foretold of a member goes; the next night says it anew where they are still one."""
    MemberValue.objects.filter(member=member).delete()
