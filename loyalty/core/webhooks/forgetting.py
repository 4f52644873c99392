"""What is kept of deliveries goes after some weeks; what a receiver answered about a person goes with the person."""

from datetime import datetime
from uuid import UUID

from django.db import connection

from loyalty.core import privacy
from loyalty.core.tenancy import scope
from loyalty.core.webhooks.models import Delivery, Endpoint

BATCH = 1000

_FORGET = """
UPDATE webhooks_delivery SET response = '', log = '[]'
 WHERE merchant_id = %(merchant)s
   AND event_number IN (SELECT e.id FROM events_event e WHERE e.merchant_id = %(merchant)s AND e.subject = %(member)s)
"""


def forget_before(*, before: datetime, most: int = BATCH) -> int:
    """Delete a batch of deliveries that were planned before then and wait for nothing; how many. Endpoints that were
    removed go with the last of theirs."""
    old = Delivery.objects.filter(created_at__lt=before)
    settled = old.exclude(status=Delivery.Status.WAITING) | old.filter(
        endpoint__status=Endpoint.Status.REMOVED
    )
    gone = [row.pk for row in settled.order_by("created_at")[:most]]
    Delivery.objects.filter(pk__in=gone).delete()
    if len(gone) < most:
        removed = Endpoint.objects.filter(status=Endpoint.Status.REMOVED, changed_at__lt=before)
        kept = set(Delivery.objects.filter(endpoint__in=removed).values_list("endpoint", flat=True))
        Endpoint.objects.filter(pk__in=[row.pk for row in removed if row.pk not in kept]).delete()
    return len(gone)


def _erase(member: UUID) -> None:
    """What receivers answered to events about a member: we do not know what is in it."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, {"merchant": scope.merchant_id(), "member": member})


holder = privacy.Holder("webhooks", None, _erase)
"""A delivery holds an event's number and no body; events tell what they hold themselves."""
