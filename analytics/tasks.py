"""What the clock starts. The database is the truth: any number of workers may run this at once, twice or late."""

import logging

from celery import shared_task

from analytics.operations import filling
from loyalty.core import clock
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import SYSTEM, acting_for

log = logging.getLogger(__name__)


@shared_task
def fill_facts() -> int:
    """Sum what changed, in every shop; how many batches. A shop that fails does not stop the others."""
    done = 0
    for merchant in Merchant.objects.order_by("pk"):
        try:
            done += fill_of(merchant)
        except Exception:
            log.exception("figures of merchant %s could not be summed", merchant.pk)
    return done


def fill_of(merchant: Merchant) -> int:
    """One shop's figures, a batch per transaction; how many batches. Stopped anywhere, the next run goes on."""
    at = clock.now()
    with acting_for(merchant, by=SYSTEM):
        filling.note_changes(at=at)
    done, more = 0, True
    while more:
        with acting_for(merchant, by=SYSTEM):
            more = filling.sum_batch(at=at)
        done += 1
    return done
