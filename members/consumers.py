"""What follows, after commit, from what happened among members."""

from uuid import UUID

from loyalty.core import clock
from loyalty.core.events.consumers import consumes
from loyalty.core.events.models import Event
from members.operations.referral_payouts import settle


@consumes("referral.qualified", "referral.commission", "referral.reversed", "referral.approved")
def settle_referral(event: Event) -> None:
    """Pay or take back what a friend's purchase or refund made due."""
    settle(referral=UUID(event.data["referral"]), at=clock.now())
