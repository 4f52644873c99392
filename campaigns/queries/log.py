"""What was sent, what waits and what was not, newest first; and who is on the suppression list."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, QuerySet

from campaigns.models import Message, Suppression
from loyalty.core import ids
from loyalty.core.errors import NotFound


def messages(*, state: str = "", kind: str = "", member: UUID | None = None) -> QuerySet[Message]:
    """Messages, newest first; the caller slices. `state` "waiting" is all that has not come to an end."""
    found = Message.objects.order_by("-id")
    if state == "waiting":
        found = found.filter(state__in=("queued", "held", "sending"))
    elif state:
        found = found.filter(state=state)
    if kind:
        found = found.filter(kind=kind)
    return found.filter(member=member) if member else found


def message(message_id: UUID) -> Message:
    """One; `NotFound` otherwise."""
    found = Message.objects.filter(pk=message_id).select_related("newsletter").first()
    if found is None:
        raise NotFound("message")
    return found


def counted(*, since: datetime) -> dict[tuple[str, str], int]:
    """How many messages of each (kind, state) were planned since then, to within a day."""
    rows = (
        Message.objects.filter(pk__gte=ids.first_of(since + timedelta(days=1)))
        .values_list("kind", "state")
        .annotate(number=Count("id"))
        .order_by("kind", "state")
    )
    return {(kind, state): number for kind, state, number in rows}


def suppressions() -> QuerySet[Suppression]:
    """The suppression list, newest first."""
    return Suppression.objects.order_by("-since", "-id")
