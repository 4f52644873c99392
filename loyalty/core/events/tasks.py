"""Dispatch: turn committed events into reactions, and run reactions until they are done.

Nothing here trusts the broker: any number of workers may run `dispatch_waiting` at once, twice, or late.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from celery import shared_task
from django.db import transaction

from loyalty.core import clock, ids
from loyalty.core.events import consumers
from loyalty.core.events.models import Event, Reaction
from loyalty.core.tenancy.scope import SYSTEM, across_merchants, acting_for

log = logging.getLogger(__name__)
BATCH = 200
PAUSES = [
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
    timedelta(hours=24),
]


@shared_task
def dispatch_waiting() -> int:
    """Everything that waits: new events first, then reactions that are due. Returns how many were handled."""
    handled = 0
    while (found := spread(limit=BATCH)) > 0:
        handled += found
    while (done := run_due(at=clock.now(), limit=BATCH)) > 0:
        handled += done
    return handled


def spread(*, limit: int) -> int:
    """Give each waiting event a reaction per interested consumer. An event already taken by another worker is
    left."""
    with across_merchants("the outbox spans all merchants"):
        events = list(
            Event.objects.filter(dispatched_at=None)
            .order_by("id")
            .select_for_update(skip_locked=True)[:limit]
        )
        now = clock.now()
        Reaction.objects.bulk_create(
            [
                Reaction(
                    id=ids.new(),
                    merchant_id=event.merchant_id,
                    event_number=event.pk,
                    consumer=name,
                    due_at=now,
                )
                for event in events
                for name in consumers.interested(event.kind)
            ],
            ignore_conflicts=True,
        )
        consumers.plan(events)
        Event.objects.filter(pk__in=[event.pk for event in events]).update(dispatched_at=now)
    return len(events)


def run_due(*, at: datetime, limit: int) -> int:
    """Run the reactions that are due, each in its own transaction under its own lock."""
    with across_merchants("due reactions of all merchants"):
        due = list(
            Reaction.objects.filter(done_at=None, parked_at=None, due_at__lte=at)
            .order_by("due_at")
            .values_list("merchant_id", "id")[:limit]
        )
    return sum(_run(merchant_id, reaction_id, at) for merchant_id, reaction_id in due)


def _run(merchant_id: int, reaction_id: UUID, at: datetime) -> int:
    """One reaction: what the consumer writes and that it is done are one transaction.

    The attempt is counted before, in a transaction of its own. A consumer that takes its whole worker down would
    otherwise never be seen to fail, and take down every worker after it.
    """
    with acting_for(merchant_id, by=SYSTEM):
        attempt = _claimed(reaction_id, at)
    if not attempt:
        return 0
    with acting_for(merchant_id, by=SYSTEM):
        # It waits for the lock: the attempt is ours, and a worker that came too late to claim it holds the row for
        # the moment it takes to see that. Skipping would leave the reaction to the next attempt.
        claimed = Reaction.objects.select_for_update()
        reaction = claimed.filter(pk=reaction_id, done_at=None, parked_at=None, attempts=attempt).first()
        if reaction is None:
            return 0
        consumer = consumers.named(reaction.consumer)
        try:
            if consumer is not None:
                with transaction.atomic():
                    consumer(Event.objects.get(pk=reaction.event_number))
            reaction.done_at = at
            reaction.error = "" if consumer else "this consumer no longer exists"
        except Exception as trouble:
            log.exception("consumer %s failed on event %s", reaction.consumer, reaction.event_number)
            reaction.error = f"{type(trouble).__name__}: {trouble}"[:500].replace("\x00", "")
            if attempt > len(PAUSES):
                reaction.parked_at = at
        reaction.save(update_fields=["done_at", "parked_at", "error"])
    return 1


def _claimed(reaction_id: UUID, at: datetime) -> int:
    """Count an attempt and put the next one off; its number, or 0 when there is nothing to do here."""
    waiting = Reaction.objects.select_for_update(skip_locked=True)
    reaction = waiting.filter(pk=reaction_id, done_at=None, parked_at=None, due_at__lte=at).first()
    if reaction is None:
        return 0
    if reaction.attempts > len(PAUSES):
        reaction.parked_at, reaction.error = at, reaction.error or "the worker ended each time while it ran"
        reaction.save(update_fields=["parked_at", "error"])
        return 0
    reaction.due_at = at + PAUSES[min(reaction.attempts, len(PAUSES) - 1)]
    reaction.attempts += 1
    reaction.save(update_fields=["due_at", "attempts"])
    return reaction.attempts
