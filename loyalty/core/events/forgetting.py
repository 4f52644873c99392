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


_FORGET = """
UPDATE events_event SET data = data - 'reason'
 WHERE merchant_id = %s AND subject = %s AND jsonb_exists(data, 'reason')
"""


def _erase(subject: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [scope.merchant_id(), subject])


holder = privacy.Holder("events", _export, _erase)
