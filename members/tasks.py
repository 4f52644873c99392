"""What the clock starts. Each task fans out over merchants; each merchant's part is its own transaction and
safe to repeat."""

import logging

from celery import shared_task

from loyalty.core import clock
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import SYSTEM, acting_for
from members.operations import points

log = logging.getLogger(__name__)


@shared_task
def run_points_life() -> int:
    """Ripen and expire points of every merchant. A merchant that fails does not stop the others."""
    done = 0
    for merchant in Merchant.objects.order_by("pk"):
        try:
            with acting_for(merchant, by=SYSTEM):
                done += sum(points.live_through(at=clock.now()).values())
        except Exception:
            log.exception("points' life failed for merchant %s", merchant.pk)
    return done
