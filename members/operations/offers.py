"""Activate a personal offer."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError, NotFound
from loyalty.core.events.operations import record
from members.models import Member, OfferActivation
from members.operations import gifts
from members.operations.locking import lock_counts
from members.operations.membership import NotActive, locked
from members.queries.offers import MyOffer, offers_of


class OfferNotReady(DomainError):
    """`params["state"]` says why: done, not_yet, over or not_for_you."""

    code = "offer_not_ready"
    message = _("This offer cannot be activated now.")


@transaction.atomic
def activate_offer(*, member: UUID, offer: str, at: datetime, channel: str = "") -> MyOffer:
    """Take up an offer for the member: rules and rewards for it count from now on. One that is active already stays as
    it is. Raises `NotFound`, `NotActive` and `OfferNotReady`; nothing changes then."""
    lock_counts(member)
    row = locked(member)
    if row.status != Member.Status.ACTIVE:
        raise NotActive(status=row.status)
    stands = next((one for one in offers_of(row.pk, at=at) if one.offer.id == offer), None)
    if stands is None:
        raise NotFound("offer")
    known = stands.offer
    if stands.state == "active":
        return stands
    if stands.state != "ready":
        raise OfferNotReady(state=stands.state)
    taken = OfferActivation.objects.create(
        member=row, offer=offer, activated_at=at, active_until=known.ends(at), channel=channel[:20]
    )
    occasion = gifts.Occasion("offer", taken.pk, row.pk, at)
    gifts.enter_segment(known.segment, occasion=occasion, until=taken.active_until)
    if known.reward:
        gifts.shelf().issue(reward=known.reward, quantity=1, key=f"offer:{taken.pk}", occasion=occasion)
    record("offer.activated", subject=row.pk, at=at, data={"offer": offer, "activation": str(taken.pk)})
    return MyOffer(known, "active", at, taken.active_until)
