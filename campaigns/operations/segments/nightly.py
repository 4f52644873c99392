"""The nightly look at everybody: what changes because time passes, and whatever was missed. A shop of a million members
is looked at segment by segment, in one pass each; what has changed is written in small transactions."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from campaigns.models import Segment
from campaigns.operations.segments.refreshing import size_of
from campaigns.queries.segments.reading import segments, waiting, with_conditions
from loyalty.core.events.models import JobRun
from loyalty.core.merchants.queries import shop_of_scope

JOB = "segments.sweep"
HOUR = 1
"""Not before this hour of the shop's night: by then the day has changed everywhere the shop counts days."""


def period(*, at: datetime) -> str | None:
    """The day to look for now in the shop's zone, unless it is done or the night is young."""
    local = at.astimezone(ZoneInfo(shop_of_scope().timezone))
    day = local.date().isoformat()
    if local.hour < HOUR or JobRun.objects.filter(job=JOB, period=day).exclude(finished_at=None).exists():
        return None
    return day


def to_fill() -> list[UUID]:
    """Segments whose conditions nobody has looked at everybody with yet."""
    return list(waiting().values_list("pk", flat=True))


def to_sweep() -> list[UUID]:
    """Every segment that follows from conditions."""
    return list(with_conditions().values_list("pk", flat=True))


@transaction.atomic
def count_lists(*, at: datetime) -> int:
    """Count the lists anew: places on them may have ended by themselves. How many lists."""
    rows = list(segments().filter(kind=Segment.Kind.LIST).order_by("id").select_for_update(no_key=True))
    for row in rows:
        row.size = size_of(row.handle, at=at)
        row.save(update_fields=["size"])
    return len(rows)


@transaction.atomic
def finish(*, day: str, at: datetime) -> None:
    """Note that a day was looked through. A run that ended before begins anew, and finds little left to do."""
    JobRun.objects.update_or_create(
        job=JOB, period=day, defaults={"started_at": at, "finished_at": at, "result": {}}
    )
