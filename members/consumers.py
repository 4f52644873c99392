"""What follows, after commit, from what happened among members."""

from uuid import UUID

from loyalty.core import clock
from loyalty.core.events.consumers import consumes
from loyalty.core.events.models import Event
from members.operations.occasions import record_completed_profile
from members.operations.referral_payouts import settle


@consumes("referral.qualified", "referral.commission", "referral.reversed", "referral.approved")
def settle_referral(event: Event) -> None:
    """Pay or take back what a friend's purchase or refund made due."""
    settle(referral=UUID(event.data["referral"]), at=clock.now())


@consumes("member.joined", "member.edited", "member.verified", "member.claimed", "member.merged")
def notice_completed_profile(event: Event) -> None:
    """A profile may have become complete. Here and not where it is edited: there the member is locked, before whom
    everybody locks their counts."""
    if event.subject is not None:
        record_completed_profile(member=event.subject, at=event.happened_at)
