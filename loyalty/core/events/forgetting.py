"""Reasons that were typed about somebody go with them; that it happened, when and by whom stays."""

from typing import Any
from uuid import UUID

from django.db import connection

from loyalty.core import privacy
from loyalty.core.events.models import Event
from loyalty.core.tenancy import scope


def _export(subject: UUID) -> list[dict[str, Any]]:
    """What was written about them, in the order it happened."""
    about = Event.objects.filter(subject=subject, data__has_key="reason").order_by("id")
    return [
        {"at": event.happened_at.isoformat(), "kind": event.kind, "reason": event.data["reason"]}
        for event in about
    ]


# What a consumer complained of may quote whatever it stumbled over.
_FORGET_COMPLAINTS = """
UPDATE events_reaction SET error = ''
 WHERE merchant_id = %(merchant)s AND error <> ''
   AND event_number IN (SELECT e.id FROM events_event e WHERE e.merchant_id = %(merchant)s AND e.subject = %(subject)s)
"""
_FORGET = """
UPDATE events_event SET data = data - 'reason'
 WHERE merchant_id = %s AND subject = %s AND jsonb_exists(data, 'reason')
"""


def _erase(subject: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [scope.merchant_id(), subject])
        cursor.execute(_FORGET_COMPLAINTS, {"merchant": scope.merchant_id(), "subject": subject})


holder = privacy.Holder("events", _export, _erase)
