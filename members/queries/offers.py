"""Which offers a member has, and where each stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from members.models import OfferActivation, SegmentPlace, TierStanding
from members.queries import adding, comparisons
from members.rules.offers import Offer, state
from members.rules.owning import names_owner

SHOWN = ("active", "ready")
"""What a member can do something with."""


@dataclass(frozen=True, slots=True)
class MyOffer:
    """An offer as it stands for a member: `state` as `members.rules.offers.state` says."""

    offer: Offer
    state: str
    activated_at: datetime | None
    active_until: datetime | None


def belonging(member: UUID, *, at: datetime) -> tuple[str, frozenset[str]]:
    """A member's tier ("" for none) and the segments they are in at an instant."""
    tier = TierStanding.objects.filter(member=member).values_list("tier", flat=True).first() or ""
    places = SegmentPlace.objects.filter(member=member).values_list("segment", "until")
    return tier, frozenset(segment for segment, until in places if until is None or at < until)


def offers_of(member: UUID, *, at: datetime, shown_only: bool = False) -> list[MyOffer]:
    """Every offer there is for the member: the programme's, and those that campaigns add unless the member is held out
    from them. With `shown_only` those that are active or ready, active ones first."""
    current = adding.in_force()
    offers = current.programme["offers"].offers if current else ()
    if any(names_owner(one.id) for one in offers) and comparisons.current().is_held_out(member, at):
        offers = tuple(one for one in offers if not names_owner(one.id))
    if not offers:
        return []
    tier, segments = belonging(member, at=at)
    last = _last(member)
    found = []
    for offer in offers:
        taken = last.get(offer.id)
        activated, until = (taken.activated_at, taken.active_until) if taken else (None, None)
        stands = state(offer, last=activated, until=until, tier=tier, segments=segments, at=at)
        found.append(MyOffer(offer, stands, activated, until))
    if not shown_only:
        return found
    return sorted((one for one in found if one.state in SHOWN), key=lambda one: one.state)


def _last(member: UUID) -> Mapping[str, OfferActivation]:
    """The last activation of each offer."""
    rows = OfferActivation.objects.filter(member=member).order_by("activated_at")
    return {row.offer: row for row in rows}
