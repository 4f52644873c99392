"""The shop's experiments and how far each is."""

from datetime import datetime
from uuid import UUID

import msgspec
from django.db.models import Count, QuerySet

from campaigns.models import Experiment, Exposure
from loyalty.core.errors import NotFound
from members.rules.comparisons import Arm

MOST_SHOWN = 200


def experiments() -> QuerySet[Experiment]:
    """All of them, last made first."""
    return Experiment.objects.order_by("-id")


def experiment(key: UUID) -> Experiment:
    """One; `NotFound` otherwise."""
    found = Experiment.objects.filter(pk=key).first()
    if found is None:
        raise NotFound("experiment")
    return found


def running(at: datetime) -> list[Experiment]:
    """Those that count at an instant."""
    return [row for row in Experiment.objects.filter(state=Experiment.State.RUNNING) if not is_over(row, at)]


def ended(at: datetime) -> bool:
    """Whether the planned end of any that is not stopped has come."""
    return any(is_over(row, at) for row in Experiment.objects.filter(state=Experiment.State.RUNNING))


def is_over(row: Experiment, at: datetime) -> bool:
    """Whether its time has passed, stopped by hand or not."""
    return row.ends_at is not None and row.ends_at <= at


def arms_of(row: Experiment) -> tuple[Arm, ...]:
    """Its variants; the first is what there was before."""
    return msgspec.convert(row.arms, tuple[Arm, ...])


def exposed(row: Experiment) -> dict[str, int]:
    """How many members met each variant, those who met two of them left out."""
    found = Exposure.objects.filter(experiment=row, mixed=False).values_list("variant")
    return dict(found.annotate(number=Count("id")).order_by("variant"))


def mixed(row: Experiment) -> int:
    """How many are two who are one now and met different variants."""
    return Exposure.objects.filter(experiment=row, mixed=True).count()
