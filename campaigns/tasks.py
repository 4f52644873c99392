"""What the clock starts. The database is the truth: any number of workers may run these at once, twice or late."""

import logging
from datetime import datetime
from uuid import UUID

from celery import shared_task
from django.utils.translation import gettext_lazy as _

from campaigns.models import Automation, AutomationSpark
from campaigns.operations import newsletters, sweeping
from campaigns.operations.automations import entering, running
from campaigns.operations.campaigning import ticking
from campaigns.operations.experiments.running import close_ended
from campaigns.operations.games import instant, settling
from campaigns.operations.games import looking as games
from campaigns.operations.planning import TASK
from campaigns.operations.rehearsing import rehearse_stretch
from campaigns.operations.segments import looking, nightly, refreshing
from campaigns.operations.sending import deliver
from campaigns.operations.suggesting import due as suggestions_due
from campaigns.operations.suggesting import refresh_suggestions
from campaigns.operations.surveys import inviting
from campaigns.queries.experiments.reading import ended
from campaigns.queries.rehearsals import KIND
from loyalty.core import clock
from loyalty.core.events.consumers import wake
from loyalty.core.jobs import kinds
from loyalty.core.jobs.models import Job
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import SYSTEM, across_merchants, acting_for

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
def plan_surveys() -> int:
    """Plan the mails of surveys that are sent, in every shop; how many batches. A shop that fails does not stop the
    others."""
    done, at = 0, clock.now()
    for merchant in Merchant.objects.order_by("pk"):
        try:
            with acting_for(merchant, by=SYSTEM):
                due = inviting.due(at=at)
            for one in due:
                more = True
                while more:
                    with acting_for(merchant, by=SYSTEM):
                        more = inviting.plan_batch(survey=one, at=at)
                    done += 1
        except Exception:
            log.exception("surveys of merchant %s could not be sent", merchant.pk)
    return done


@shared_task
def work_out_suggestions() -> int:
    """What goes with what, once in each shop's night; how many shops it was worked out for. A shop that fails does not
    stop the others."""
    done, at = 0, clock.now()
    for merchant in Merchant.objects.order_by("pk"):
        try:
            with acting_for(merchant, by=SYSTEM):
                if suggestions_due(at=at):
                    refresh_suggestions(at=at)
                    done += 1
        except Exception:
            log.exception("suggestions of merchant %s could not be worked out", merchant.pk)
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


@shared_task
def close_experiments() -> int:
    """Note experiments whose planned end has come, in every shop; how many. A shop that fails does not stop the
    others."""
    done, at = 0, clock.now()
    for merchant in Merchant.objects.order_by("pk"):
        try:
            with acting_for(merchant, by=SYSTEM):
                if ended(at):
                    done += close_ended(at=at)
        except Exception:
            log.exception("experiments of merchant %s could not be closed", merchant.pk)
    return done


@shared_task
def run_automations() -> int:
    """Let in and out whom events are about, in every shop, then take members on whose step is due; how many steps. A
    shop that fails does not stop the others."""
    at = clock.now()
    with across_merchants("what concerns automations, of all merchants"):
        noted = AutomationSpark.objects.order_by("merchant_id").distinct("merchant_id")
        shops = list(noted.values_list("merchant_id", flat=True))
    for shop in shops:
        try:
            found = 1
            while found:
                with acting_for(shop, by=SYSTEM):
                    found = entering.take_sparks(at=clock.now())
        except Exception:
            log.exception("automations of merchant %s could not be begun", shop)
    begin_by_calendar(at=at)
    done, more = running.work(seconds=BUDGET_SECONDS)
    if more:
        wake(entering.TASK)
    return done


def begin_by_calendar(*, at: datetime) -> int:
    """Let in everybody whose day it is, where the calendar begins an automation; how many automations. One that fails
    does not stop the others."""
    with across_merchants("automations that the calendar begins, of all merchants"):
        due = Automation.objects.filter(state=Automation.State.LIVE, due_at__lte=at).order_by("due_at")
        found = list(due.values_list("merchant_id", "pk"))
    for shop, key in found:
        try:
            _begin_day(shop, key, at)
        except Exception:
            log.exception("automation %s could not be begun by the calendar", key)
    return len(found)


def _begin_day(shop: int, key: UUID, at: datetime) -> None:
    with acting_for(shop, by=SYSTEM):
        days = entering.due_days(automation=key, at=at)
    for one in days:
        after: UUID | None = None
        more = True
        while more:
            with acting_for(shop, by=SYSTEM):
                after = entering.enter_day(automation=key, due=one, after=after, at=at)
            more = after is not None
    with acting_for(shop, by=SYSTEM):
        entering.finish_day(automation=key, at=at)


@shared_task
def settle_games() -> int:
    """Look at the games of the members something happened to, in every shop; how many were looked at. A shop that fails
    does not stop the others."""
    done, at = 0, clock.now()
    for merchant in Merchant.objects.order_by("pk"):
        try:
            done += settle_games_of(merchant, at=at)
        except Exception:
            log.exception("games of merchant %s could not be looked at", merchant.pk)
    return done


def settle_games_of(merchant: Merchant, *, at: datetime) -> int:
    """One shop's members that wait to be looked at, each in transactions of their own; how many."""
    done = 0
    while True:
        with acting_for(merchant, by=SYSTEM):
            members = games.waiting()
        for member in members:
            with acting_for(merchant, by=SYSTEM):
                notes = games.notes_about(member=member)
            with acting_for(merchant, by=SYSTEM):
                settling.settle(member=member, at=at)
            with acting_for(merchant, by=SYSTEM):
                instant.withdraw_undone(member=member, at=at)
            with acting_for(merchant, by=SYSTEM):
                games.forget_notes(notes=notes)
        done += len(members)
        if not members:
            return done


def _rehearse(job: Job, at: datetime) -> kinds.Step:
    """What a worker does for a rehearsal, stretch by stretch."""
    return rehearse_stretch(job=job, at=at)


def register() -> None:
    """Say what workers can be asked for. Called when the app starts."""
    label = _("Try a draft on the past")
    kinds.register(kinds.Kind(name=KIND, label=label, permission="programme.view", step=_rehearse))
