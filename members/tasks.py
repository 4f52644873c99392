"""What the clock starts. Each task fans out over merchants; each merchant's part is its own transaction and
safe to repeat."""

import logging
from datetime import datetime

from celery import shared_task

from loyalty.core import clock
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import SYSTEM, acting_for
from members.operations import holds, points

log = logging.getLogger(__name__)


@shared_task
def run_points_life() -> int:
    """Ripen and expire points of every merchant. A merchant that fails does not stop the others."""
    done, at = 0, clock.now()
    for merchant in Merchant.objects.order_by("pk"):
        try:
            done += _live_through(merchant, at)
        except Exception:
            log.exception("points' life failed for merchant %s", merchant.pk)
    return done


def _live_through(merchant: Merchant, at: datetime) -> int:
    """One merchant's points, a batch per transaction: no member waits for more than one batch."""
    done = 0
    for work in (points.activate_due, holds.release_due, points.expire_due):
        while True:
            with acting_for(merchant, by=SYSTEM):
                moved = work(at=at, most=points.BATCH)
            if moved == 0:
                break
            done += moved
    return done
