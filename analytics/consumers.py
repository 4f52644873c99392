"""What analytics does at once when something happens."""

from uuid import UUID

from analytics.operations.valuing import forget_member
from loyalty.core.events.consumers import consumes_now
from loyalty.core.events.models import Event


@consumes_now("member.merged")
def forget_both(event: Event) -> None:
    """What was foretold of either is true of neither; the next night looks at them as one."""
    if event.subject is not None:
        for member in (event.subject, UUID(event.data["merged"])):
            forget_member(member=member)
