"""What the clock starts."""

import logging

from celery import shared_task

from loyalty.core import clock
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import SYSTEM, acting_for
from rewards.operations import redemption

log = logging.getLogger(__name__)


@shared_task
def release_stale() -> int:
    """Give back points of reservations that were not used in time, for every merchant."""
    done = 0
    for merchant in Merchant.objects.order_by("pk"):
        try:
            with acting_for(merchant, by=SYSTEM):
                done += redemption.release_stale(at=clock.now())
        except Exception:
            log.exception("releasing reservations failed for merchant %s", merchant.pk)
    return done
