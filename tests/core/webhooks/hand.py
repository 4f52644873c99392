"""Short words for what tests of webhooks do."""

from datetime import datetime
from typing import Any

from loyalty.core import clock
from loyalty.core.events import tasks as events
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from loyalty.core.webhooks import tasks
from loyalty.core.webhooks.models import Delivery, Endpoint
from loyalty.core.webhooks.operations import add_endpoint
from tests.cast import MARA


def listen(merchant: Merchant, url: str, *kinds: str) -> tuple[Endpoint, str]:
    """Add a webhook for these kinds, for everything when none are named; with its secret."""
    with acting_for(merchant, by=MARA):
        return add_endpoint(url=url, kinds=kinds or ["*"], at=clock.now())


def go_out() -> int:
    """Take what happened out of the outbox and deliver it; how many attempts were made."""
    events.dispatch_waiting()
    return tasks.deliver_due()


def row(merchant: Merchant, **which: Any) -> Delivery:
    """The one delivery."""
    with acting_for(merchant, by=MARA):
        return Delivery.objects.get(**which)


def statuses(merchant: Merchant) -> list[str]:
    """How the deliveries stand, oldest first."""
    with acting_for(merchant, by=MARA):
        return list(Delivery.objects.order_by("id").values_list("status", flat=True))


def of(merchant: Merchant, endpoint: Endpoint) -> Endpoint:
    """An endpoint as it is now."""
    with acting_for(merchant, by=MARA):
        return Endpoint.objects.get(pk=endpoint.pk)


def make_due(merchant: Merchant, at: datetime) -> None:
    """Let what waits be due at an instant."""
    with acting_for(merchant, by=MARA):
        Delivery.objects.filter(status="waiting").update(due_at=at)
