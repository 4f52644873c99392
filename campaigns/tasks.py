"""What the clock starts. The database is the truth: any number of workers may run these at once, twice or late."""

import logging
from datetime import datetime
from uuid import UUID

from celery import shared_task
from django.utils.translation import gettext_lazy as _

from campaigns.operations import newsletters, sweeping
from campaigns.operations.campaigning import ticking
from campaigns.operations.planning import TASK
from campaigns.operations.rehearsing import rehearse_stretch
from campaigns.operations.segments import looking, nightly, refreshing
from campaigns.operations.sending import deliver
from campaigns.queries.rehearsals import KIND
from loyalty.core import clock
from loyalty.core.events.consumers import wake
from loyalty.core.jobs import kinds
from loyalty.core.jobs.models import Job
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import SYSTEM, acting_for

log = logging.getLogger(__name__)
BUDGET_SECONDS = 20.0
"""After so long a run claims nothing more and rings for the next: other tasks want their turn."""


@shared_task
def send_due() -> int:
    """Hand over what is due until nothing is, or the time is up; how many messages providers took."""
    done, more = deliver(seconds=BUDGET_SECONDS)
    if more:
        wake(TASK)
    return done


@shared_task
def plan_newsletters() -> int:
    """Plan the messages of newsletters whose time has come, in every shop; how many batches. A shop that fails does not
    stop the others."""
    done, at = 0, clock.now()
    for merchant in Merchant.objects.order_by("pk"):
        try:
            with acting_for(merchant, by=SYSTEM):
                due = newsletters.due(at=at)
            for one in due:
                more = True
                while more:
                    with acting_for(merchant, by=SYSTEM):
                        more = newsletters.plan_batch(newsletter=one, at=at)
                    done += 1
        except Exception:
            log.exception("newsletters of merchant %s could not be planned", merchant.pk)
    return done


@shared_task
def sweep() -> int:
    """Look through every shop once in its night; how many shops were. A shop that fails does not stop the others."""
    done, at = 0, clock.now()
    for merchant in Merchant.objects.order_by("pk"):
        try:
            done += sweep_of(merchant, at=at)
        except Exception:
            log.exception("messages of merchant %s could not be planned", merchant.pk)
    return done


def sweep_of(merchant: Merchant, *, at: datetime) -> bool:
    """One shop's day, a batch per transaction; False when it was done already."""
    with acting_for(merchant, by=SYSTEM):
        day = sweeping.period(at=at)
    if day is None:
        return False
    for step in range(len(sweeping.STEPS)):
        after = None
        while True:
            with acting_for(merchant, by=SYSTEM):
                after = sweeping.sweep_step(step=step, after=after, at=at)
            if after is None:
                break
    with acting_for(merchant, by=SYSTEM):
        sweeping.finish(day=day, at=clock.now())
    return True


@shared_task
def refresh_segments() -> int:
    """Look at the members something happened to, and fill segments with new conditions, in every shop; how many members
    were looked at. A shop that fails does not stop the others."""
    done, at = 0, clock.now()
    for merchant in Merchant.objects.order_by("pk"):
        try:
            done += look_at(merchant, at=at)
        except Exception:
            log.exception("segments of merchant %s could not be kept current", merchant.pk)
    return done


def look_at(merchant: Merchant, *, at: datetime) -> int:
    """One shop's members that wait to be looked at, then its segments that wait to be filled."""
    with acting_for(merchant, by=SYSTEM):
        to_fill = nightly.to_fill()
    for segment in to_fill:
        refresh_segment(merchant, segment, at=at)
    done, more = 0, True
    while more:
        with acting_for(merchant, by=SYSTEM):
            found = looking.take_looks(at=at)
        done, more = done + found, found > 0
    return done


@shared_task
def sweep_segments() -> int:
    """Look at everybody once in each shop's night; how many shops were looked through."""
    done, at = 0, clock.now()
    for merchant in Merchant.objects.order_by("pk"):
        try:
            done += sweep_segments_of(merchant, at=at)
        except Exception:
            log.exception("segments of merchant %s could not be looked through", merchant.pk)
    return done


def sweep_segments_of(merchant: Merchant, *, at: datetime) -> bool:
    """One shop's night: the scale first, then each segment; False when it was done already."""
    with acting_for(merchant, by=SYSTEM):
        day = nightly.period(at=at)
        found = nightly.to_sweep() if day else []
        if found:
            refreshing.work_out_scale(at=at)
    if day is None:
        return False
    for segment in found:
        refresh_segment(merchant, segment, at=at)
    with acting_for(merchant, by=SYSTEM):
        nightly.count_lists(at=at)
        nightly.finish(day=day, at=at)
    return True


@shared_task
def run_campaigns() -> int:
    """Begin campaigns, look how fast they spend, and end them, in every shop; how many were looked at. One that fails
    does not stop the others."""
    done, at = 0, clock.now()
    for merchant in Merchant.objects.order_by("pk"):
        try:
            with acting_for(merchant, by=SYSTEM):
                due = ticking.due(at=at)
            for one in due:
                with acting_for(merchant, by=SYSTEM):
                    done += bool(ticking.advance(campaign=one, at=at))
        except Exception:
            log.exception("campaigns of merchant %s could not be looked after", merchant.pk)
    return done


def refresh_segment(merchant: Merchant, segment: UUID, *, at: datetime) -> refreshing.Moved:
    """One segment: found in one pass, written a few members at a time."""
    moved = refreshing.Moved()
    with acting_for(merchant, by=SYSTEM):
        begun = refreshing.begin(segment=segment, at=at)
    for start in range(0, len(begun.members), refreshing.CHUNK):
        some = begun.members[start : start + refreshing.CHUNK]
        with acting_for(merchant, by=SYSTEM):
            moved.add(refreshing.settle(segment=segment, members=some, at=at, tell=begun.tell))
    with acting_for(merchant, by=SYSTEM):
        refreshing.finish(segment=segment, as_of=begun.as_of, at=at)
    return moved


def _rehearse(job: Job, at: datetime) -> kinds.Step:
    """What a worker does for a rehearsal, stretch by stretch."""
    return rehearse_stretch(job=job, at=at)


def register() -> None:
    """Say what workers can be asked for. Called when the app starts."""
    label = _("Try a draft on the past")
    kinds.register(kinds.Kind(name=KIND, label=label, permission="programme.view", step=_rehearse))
