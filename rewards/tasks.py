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
    """Give back points of reservations that were not used in time, for every merchant, a few at a time."""
    done, at = 0, clock.now()
    for merchant in Merchant.objects.order_by("pk"):
        try:
            released = 1
            while released:
                with acting_for(merchant, by=SYSTEM):
                    released = redemption.release_stale(at=at)
                done += released
        except Exception:
            log.exception("releasing reservations failed for merchant %s", merchant.pk)
    return done
