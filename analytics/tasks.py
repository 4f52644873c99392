"""What the clock starts. The database is the truth: any number of workers may run this at once, twice or late."""

import logging
from datetime import datetime

from celery import shared_task

from analytics.operations import advising, filling, owing, valuing
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
    with acting_for(merchant, by=SYSTEM):
        owing.keep_owed(at=at)
    return done


@shared_task
def refit_values() -> int:
    """Foretell anew what members are worth, once in each shop's night; how many shops were. A shop that fails does not
    stop the others."""
    done, at = 0, clock.now()
    for merchant in Merchant.objects.order_by("pk"):
        try:
            done += refit_of(merchant, at=at)
        except Exception:
            log.exception("what members of merchant %s are worth could not be worked out", merchant.pk)
    return done


def refit_of(merchant: Merchant, *, at: datetime, always: bool = False) -> bool:
    """One shop's night: worked out, then written a portion per transaction, then looked at for advice. False when
    it was done already (`always` does it again)."""
    with acting_for(merchant, by=SYSTEM):
        if not (always or valuing.due(at=at)):
            return False
        worked = valuing.work_out(at=at)
    first, more = 0, True
    while more:
        with acting_for(merchant, by=SYSTEM):
            more = valuing.keep_members(worked=worked, first=first)
        first += valuing.CHUNK
    with acting_for(merchant, by=SYSTEM):
        valuing.keep_fit(worked=worked, at=at)
    with acting_for(merchant, by=SYSTEM):
        advising.look(at=at)
    return True
