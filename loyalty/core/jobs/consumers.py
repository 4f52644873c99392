"""A job that was asked for wakes a worker as soon as that is committed."""

import logging
from functools import partial

from celery import current_app
from django.db import transaction

from loyalty.core.events.consumers import consumes
from loyalty.core.events.models import Event

BELL = "loyalty.core.jobs.tasks.run_waiting"
log = logging.getLogger(__name__)


def ring() -> None:
    """Wake a worker. Where no broker answers, the clock finds the job."""
    try:
        current_app.send_task(BELL, ignore_result=True, retry=False, expires=60)
    except Exception:
        log.warning("the bell for jobs did not ring; the clock will find them", exc_info=True)


@consumes("job.asked")
def wake_worker(_event: Event) -> None:
    """Not done here: a job commits chunk by chunk, and a consumer is one transaction."""
    transaction.on_commit(partial(ring), robust=True)
