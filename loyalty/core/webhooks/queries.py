"""Reading endpoints and what was delivered to them."""

import time
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, QuerySet

from loyalty.core.errors import NotFound
from loyalty.core.events.kinds import is_chosen
from loyalty.core.events.models import Event
from loyalty.core.tenancy.plans import Fixed
from loyalty.core.tenancy.scope import SYSTEM, acting_for
from loyalty.core.webhooks.models import Delivery, Endpoint

Status = Endpoint.Status
_KEEP_SECONDS = 10.0
_chosen: dict[int, tuple[float, tuple[frozenset[str], ...]]] = {}


def endpoints() -> list[Endpoint]:
    """The shop's endpoints, in the order in which they were added."""
    return list(Endpoint.objects.exclude(status=Status.REMOVED).order_by("id"))


def endpoint(key: UUID) -> Endpoint:
    """One of them; `NotFound` otherwise."""
    found = Endpoint.objects.filter(pk=key).exclude(status=Status.REMOVED).first()
    if found is None:
        raise NotFound("webhook endpoint")
    return found


def deliveries(of: UUID, *, status: str = "") -> QuerySet[Delivery]:
    """What was or is to be delivered to one endpoint, of one status or all; newest first, the caller slices."""
    found = Delivery.objects.filter(endpoint=of)
    if status == Delivery.Status.FAILED:
        found = found.filter(status=Fixed("failed"))
    elif status:
        found = found.filter(status=status)
    return found.order_by("-id")


def delivery(key: UUID) -> Delivery:
    """One delivery of an endpoint that is still there; `NotFound` otherwise."""
    found = Delivery.objects.select_related("endpoint").filter(pk=key).first()
    if found is None or found.endpoint.status == Status.REMOVED:
        raise NotFound("delivery")
    return found


def event_of(row: Delivery) -> Event:
    """What a delivery tells of."""
    return Event.objects.get(pk=row.event_number)


def failed_since(of: UUID, since: datetime) -> int:
    """How many deliveries to an endpoint were given up, of those planned since then."""
    return deliveries(of, status=Delivery.Status.FAILED).filter(created_at__gte=since).count()


def recent(of: UUID, *, at: datetime, days: int = 7) -> dict[str, int]:
    """How many of the last days' deliveries to an endpoint arrived, wait, or were given up."""
    since = at - timedelta(days=days)
    found = Delivery.objects.filter(endpoint=of, created_at__gte=since)
    counted = dict(found.order_by().values_list("status").annotate(Count("pk")))
    return {status: counted.get(status, 0) for status in Delivery.Status.values}


def switched_off() -> list[Endpoint]:
    """Endpoints that we disabled and nobody has looked after yet."""
    return list(Endpoint.objects.filter(status=Status.DISABLED).order_by("id"))


def last_success() -> datetime | None:
    """When an address of this shop last took a delivery (to about a minute); None for never."""
    found = Endpoint.objects.exclude(last_success_at=None).order_by("-last_success_at").first()
    return found.last_success_at if found else None


def is_awaited(merchant: int, kinds: tuple[str, ...]) -> bool:
    """Whether an active endpoint of a merchant has chosen any of these kinds; without kinds, anything at all. Kept for
    some seconds in each process, since every order asks: a new endpoint may wait that long for the clock instead of the
    bell. Outside any scope."""
    kept = _chosen.get(merchant)
    if kept is None or kept[0] <= time.monotonic():
        with acting_for(merchant, by=SYSTEM):
            rows = Endpoint.objects.filter(status=Status.ACTIVE).values_list("kinds", flat=True)
            choices = tuple(frozenset(row) for row in rows)
        if len(_chosen) > 10_000:
            _chosen.clear()
        kept = _chosen[merchant] = (time.monotonic() + _KEEP_SECONDS, choices)
    return any(not kinds or any(is_chosen(kind, choice) for kind in kinds) for choice in kept[1])


def forget_choices(merchant: int) -> None:
    """An endpoint of this merchant was changed here: look again."""
    _chosen.pop(merchant, None)
