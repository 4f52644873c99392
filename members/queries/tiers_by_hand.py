"""What staff said when they changed a member's tier by hand. It is kept with the event, and goes with the person."""

from datetime import datetime
from uuid import UUID

from loyalty.core.events.models import Event

KINDS = ("tier.given", "tier.given_ended")


def notes(member: UUID) -> dict[datetime, str]:
    """The reasons by the instant of the change they are about."""
    found = Event.objects.filter(subject=member, kind__in=KINDS).order_by("id")
    return {event.happened_at: event.data.get("reason", "") for event in found}
