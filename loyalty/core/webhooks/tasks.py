"""Deliver what is due, many at a time: any number of workers may do so at once, twice or late.

Threads only send; the database is asked by the worker itself. A receiver that hangs keeps one of its few threads busy
and no other receiver waiting.
"""

import logging
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta
from time import monotonic
from uuid import UUID

from celery import shared_task
from django.conf import settings

from loyalty.core import clock
from loyalty.core.events.consumers import wake
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import SYSTEM, acting_for
from loyalty.core.webhooks.bell import TASK
from loyalty.core.webhooks.delivering import EACH, Outgoing, claim, settle
from loyalty.core.webhooks.forgetting import BATCH, forget_before
from loyalty.core.webhooks.sending import Result, send

log = logging.getLogger(__name__)
THREADS = 16
LOOKS_SECONDS = 1.0
BUDGET_SECONDS = 20.0
"""After so long a run claims nothing more and rings for the next: other tasks want their turn."""


@shared_task
def deliver_due() -> int:
    """Send what is due until nothing is, or the time is up; how many attempts were made."""
    done, more = deliver(seconds=BUDGET_SECONDS)
    if more:
        wake(TASK)
    return done


def deliver(*, seconds: float) -> tuple[int, bool]:
    """The same, and whether something may be left."""
    done, until = 0, monotonic() + seconds
    under_way: dict[Future[Result], Outgoing] = {}
    with ThreadPoolExecutor(THREADS, thread_name_prefix="webhooks") as threads:
        while True:
            room, claimed = THREADS - len(under_way), []
            if room and monotonic() < until:
                claimed = claim(at=clock.now(), most=room, busy=_busy(under_way))
                under_way |= {threads.submit(_sent, one): one for one in claimed}
            if not under_way:
                return done, monotonic() >= until
            # Not longer than a moment: while one receiver hangs, others' deliveries become due.
            ended, _rest = wait(under_way, timeout=LOOKS_SECONDS, return_when=FIRST_COMPLETED)
            settle([(under_way.pop(one), one.result()) for one in ended], at=clock.now())
            done += len(ended)


def _busy(under_way: dict[Future[Result], Outgoing]) -> list[UUID]:
    counts: Counter[UUID] = Counter()
    for one in under_way.values():
        counts[one.endpoint] += EACH if one.alone else 1
    return [endpoint for endpoint, count in counts.items() if count >= EACH]


def _sent(one: Outgoing) -> Result:
    if one.trouble:
        return Result(None, one.trouble, 0)
    return send(one.url, headers=one.headers, body=one.body)


@shared_task
def forget_old() -> int:
    """Forget the deliveries of every merchant that are old enough. A merchant that fails does not stop the others."""
    gone, before = 0, clock.now() - timedelta(days=settings.WEBHOOK_KEEP_DAYS)
    for merchant in Merchant.objects.order_by("pk"):
        try:
            while True:
                with acting_for(merchant, by=SYSTEM):
                    batch = forget_before(before=before)
                gone += batch
                if batch < BATCH:
                    break
        except Exception:
            log.exception("old deliveries of merchant %s could not be forgotten", merchant.pk)
    return gone
