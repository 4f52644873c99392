"""The staff's queue: what has to be prepared, sent and handed over."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from loyalty.core.errors import NotFound
from loyalty.core.tenancy.plans import Fixed
from rewards.models import Fulfilment

WAITING = (Fulfilment.State.OPEN, Fulfilment.State.PREPARED, Fulfilment.State.SENT)


def queue(*, state: str = "") -> QuerySet[Fulfilment]:
    """What staff still have to do, longest waiting first; or everything in one state. The caller slices."""
    rows = Fulfilment.objects.select_related("redemption__reward").order_by("id")
    return (
        rows.filter(state=state)
        if state
        else rows.filter(state__in=[Fixed(state.value) for state in WAITING])
    )


def fulfilment(fulfilment_id: UUID) -> Fulfilment:
    """One of them; `NotFound` otherwise."""
    found = Fulfilment.objects.select_related("redemption__reward").filter(pk=fulfilment_id).first()
    if found is None:
        raise NotFound("fulfilment")
    return found


def of_redemptions(redemptions: Iterable[UUID]) -> dict[UUID, Fulfilment]:
    """What is done for some redemptions, by theirs; one query."""
    return {row.redemption_id: row for row in Fulfilment.objects.filter(redemption__in=list(redemptions))}
