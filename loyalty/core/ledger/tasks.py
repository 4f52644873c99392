"""The night watch: check every merchant's books and seal the day that is over."""

import logging
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from celery import shared_task

from loyalty.core import clock
from loyalty.core.events.models import JobRun
from loyalty.core.events.operations import record
from loyalty.core.ledger import checks, sealing, seals
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import SYSTEM, acting_for

log = logging.getLogger(__name__)
JOB = "check and seal the books"
SETTLED = timedelta(hours=1)  # how long after midnight the day before counts as written


@shared_task
def check_and_seal() -> int:
    """Check and seal the books of every merchant whose night this is; how many were done.

    Beat may ring as often as it likes: a merchant's day is done once. A merchant whose books cannot be read does not
    stop the others.
    """
    done = 0
    for merchant in Merchant.objects.order_by("pk"):
        try:
            with acting_for(merchant, by=SYSTEM):
                done += watch(merchant=merchant, at=clock.now())
        except Exception:
            log.exception("the books of merchant %s could not be checked", merchant.pk)
    return done


def watch(*, merchant: Merchant, at: datetime) -> bool:
    """One merchant's night, inside their scope: True when it was done now, False when it is done or must wait.

    The day before is sealed first and everything checked afterwards, seals included; what is found is logged and told
    as the event `books.broken`. Books that are wrong are sealed as well: the seal says what they were.
    """
    zone = ZoneInfo(merchant.timezone)
    day = (at - SETTLED).astimezone(zone).date() - timedelta(days=1)
    if JobRun.objects.filter(job=JOB, period=day.isoformat()).exists():
        return False
    seal = sealing.seal_books(day=day, zone=zone, at=at)
    if seal is None:
        return False
    breaches = [*checks.verify(), *seals.verify_seals()]
    for breach in breaches[:100]:
        log.error("%s", breach)
    if breaches:
        record(
            "books.broken",
            subject=None,
            at=at,
            data={
                "day": day.isoformat(),
                "breaches": len(breaches),
                "checks": sorted({b.check for b in breaches}),
            },
        )
    result = {"breaches": len(breaches), "entries": seal.entries, "digest": bytes(seal.digest).hex()}
    JobRun.objects.create(
        job=JOB, period=day.isoformat(), started_at=at, finished_at=clock.now(), result=result
    )
    return True
