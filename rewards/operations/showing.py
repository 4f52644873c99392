"""Rewards shown to a member with what they cost them: where an experiment compares prices, to see one is to meet it."""

from datetime import datetime
from uuid import UUID

from members.operations.comparisons import Exposed, expose
from rewards.queries.catalogue import Offer, offers


def show_offers(*, member: UUID, at: datetime, channel: str = "") -> list[Offer]:
    """The catalogue for one member, for a page that they or somebody serving them look at now. Raises `NotFound`."""
    found = offers(member, at=at, channel=channel)
    expose(
        seen=[
            Exposed(member, offer.variant[0].id, offer.variant[1].key, at, "reward", offer.reward.pk)
            for offer in found
            if offer.variant is not None
        ]
    )
    return found
