"""What members' part of the house does when something happens elsewhere, or has happened here."""

from uuid import UUID

from loyalty.core import clock
from loyalty.core.events.consumers import consumes, consumes_now
from loyalty.core.events.models import Event
from members.operations import tier_publishing, tiers
from members.operations.referral_payouts import settle


@consumes_now("programme.published")
def begin_review_of_tiers(event: Event) -> None:
    """In the transaction of the publication: it does not happen if it would take a tier away from under members."""
    move_down = bool(event.data.get("choices", {}).get(tier_publishing.MOVE_DOWN))
    if event.subject is not None:
        tier_publishing.begin_review(version=event.subject, move_down=move_down, at=event.happened_at)


@consumes("programme.published")
def review_first_members(_event: Event) -> None:
    """After commit: in a small shop that is everybody; in a large one the clock goes on with the rest."""
    tier_publishing.review_published(at=clock.now())


@consumes("referral.qualified", "referral.commission", "referral.reversed", "referral.approved")
def settle_referral(event: Event) -> None:
    """Pay or take back what a friend's purchase or refund made due."""
    settle(referral=UUID(event.data["referral"]), at=clock.now())


@consumes("referral.qualified", "referral.approved", "referral.reversed", "referral.held")
def look_at_who_brings_friends(event: Event) -> None:
    """After commit, as what referrals pay: inside a friend's order nobody else's counts may be locked."""
    if event.subject is not None:
        fewer = event.kind in ("referral.reversed", "referral.held")
        tiers.friends_counted(member=event.subject, at=clock.now(), fewer=fewer)
