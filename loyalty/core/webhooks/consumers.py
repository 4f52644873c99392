"""Where events become deliveries: in the transaction that takes them out of the outbox, so each is planned once."""

from collections import defaultdict

from django.db import connection

from loyalty.core import clock, ids
from loyalty.core.events import consumers
from loyalty.core.events.kinds import is_chosen
from loyalty.core.events.models import Event
from loyalty.core.webhooks import queries
from loyalty.core.webhooks.bell import ring_after_commit
from loyalty.core.webhooks.models import Delivery

TEST = "webhook.test"

# An endpoint that is being removed is waited for and then left out: no delivery may name one that is gone.
_LISTENING = """
SELECT merchant_id, id, kinds, created_at FROM webhooks_endpoint
 WHERE merchant_id = ANY(%s) AND status = 'active' ORDER BY id FOR SHARE
"""

consumers.follows(queries.is_awaited)


@consumers.plans
def plan_deliveries(events: list[Event]) -> None:
    """One delivery of each event to each endpoint of its shop that chose its kind and was there when it was recorded: a
    new endpoint is not told what still lay in the outbox."""
    with connection.cursor() as cursor:
        cursor.execute(_LISTENING, [sorted({event.merchant_id for event in events})])
        listening = defaultdict(list)
        for merchant, endpoint, kinds, since in cursor.fetchall():
            listening[merchant].append((endpoint, frozenset(kinds), since))
    if not listening:
        return
    now = clock.now()
    planned = [
        Delivery(
            id=ids.new(), merchant_id=event.merchant_id, endpoint_id=endpoint, event_number=event.pk,
            kind=event.kind, due_at=now, created_at=now,
        )
        for event in events if event.kind != TEST
        for endpoint, kinds, since in listening[event.merchant_id]
        if event.recorded_at >= since and is_chosen(event.kind, kinds)
    ]  # fmt: skip
    if planned:
        Delivery.objects.bulk_create(planned, ignore_conflicts=True)
        ring_after_commit()
