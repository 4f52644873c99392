"""Do what waits, chunk by chunk, each chunk its own transaction.

Any number of workers may run this at once, twice or late: a chunk is done by whoever holds the job's lock, and where
the next begins is written with the chunk. A worker that is killed loses its chunk and nothing else.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from uuid import UUID
from zoneinfo import ZoneInfo

from celery import shared_task
from django.db import connection, transaction
from django.utils import timezone, translation

from loyalty.core import clock
from loyalty.core.errors import DomainError
from loyalty.core.jobs import consumers, kinds, operations, queries
from loyalty.core.jobs.models import Job
from loyalty.core.merchants.models import Merchant
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.tenancy.scope import SYSTEM, across_merchants, acting_for

TURN_SECONDS = 15.0
"""How long one job is worked on before the next has its turn."""
SHIFT_SECONDS = 240.0
"""How long one worker goes on before it makes room; the bell rings for the rest. Far below the task's time limit."""
log = logging.getLogger(__name__)


@shared_task
def run_waiting() -> int:
    """Work on all jobs of all merchants in turns until none is left or the shift is over; how many chunks were done."""
    ends, done = time.monotonic() + SHIFT_SECONDS, 0
    while time.monotonic() < ends:
        with across_merchants("jobs of all merchants wait for the same workers"):
            waiting = queries.waiting(at=clock.now())
        moved = sum(run_turn(merchant, job) for merchant, job in waiting)
        done += moved
        if not moved:
            return done
    consumers.ring()
    return done


def run_turn(merchant: int, job: UUID) -> int:
    """Work on one job for its turn; how many chunks were done."""
    ends, done = time.monotonic() + TURN_SECONDS, 0
    while time.monotonic() < ends:
        more = run_chunk(merchant, job)
        done += more is not None
        if not more:
            break
    return done


def run_chunk(merchant: int, job: UUID) -> bool | None:
    """One chunk: True when there is more, False when that was the last, None when nothing was done."""
    at = clock.now()
    with acting_for(merchant, by=SYSTEM):
        row = operations.begin_chunk(job=job, at=at)
    if row is None:
        return None
    try:
        with _as_asked(merchant, row):
            return operations.do_chunk(job=job, at=at)
    except DomainError as refusal:
        with acting_for(merchant, by=SYSTEM), translation.override(row.language or None):
            operations.fail(job=job, refusal=refusal, at=clock.now())
    except Exception as trouble:
        log.exception("job %s of kind %s stumbled", job, row.kind)
        with acting_for(merchant, by=SYSTEM):
            operations.stumble(job=job, trouble=f"{type(trouble).__name__}: {trouble}", at=clock.now())
    return None


@contextmanager
def _as_asked(merchant: int, row: Job) -> Iterator[None]:
    """In the name, language and time zone of who asked; all as of one instant where the kind needs that."""
    kind = kinds.named(row.kind)
    with ExitStack() as stack:
        stack.enter_context(translation.override(row.language or None))
        if kind is not None and kind.snapshot and not connection.in_atomic_block:
            stack.enter_context(transaction.atomic())
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        stack.enter_context(acting_for(merchant, by=operations.asker(row)))
        stack.enter_context(timezone.override(ZoneInfo(shop_of_scope().timezone)))
        yield


@shared_task
def forget_old() -> int:
    """Forget files and jobs whose time is over, for every merchant; how many. One that fails does not stop the rest."""
    done, at = 0, clock.now()
    for merchant in Merchant.objects.order_by("pk"):
        try:
            with acting_for(merchant, by=SYSTEM):
                done += operations.forget_old(at=at)
        except Exception:
            log.exception("old files of merchant %s could not be forgotten", merchant.pk)
    return done
