"""What members have gathered: stamp cards, badges, personal offers."""

from datetime import datetime

import msgspec

from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.spec import Rehearsal, endpoint
from loyalty.core.errors import NotFound
from members.api import inputs, shapes
from members.api.members import member_id
from members.operations.membership import NotActive
from members.operations.offers import OfferNotReady, activate_offer
from members.queries.belonging import badges_of
from members.queries.cards import Card, cards_of
from members.queries.offers import MyOffer, offers_of
from members.queries.wallet import wallet


class Stamps(msgspec.Struct):
    """Stamps of one purchase or activity that stand on a card."""

    stamps: int
    at: datetime
    expires_at: datetime | None
    source_kind: str
    source: str | None


class StampCard(msgspec.Struct):
    """A member's stamp card. `stamps` of `needed` are on it, `pending` wait; `filled` were full before. A full one
    gives `quantity` of `reward`, its handle."""

    id: str
    name: str
    unit: str
    stamps: int
    pending: int
    needed: int
    filled: int
    reward: str
    quantity: int
    marks: list[Stamps]


class StampCards(msgspec.Struct):
    """A member's stamp cards."""

    member: str
    cards: list[StampCard]


class Badge(msgspec.Struct):
    """A badge a member has."""

    badge: str
    earned_at: datetime


class Badges(msgspec.Struct):
    """A member's badges, first earned first."""

    member: str
    badges: list[Badge]


class Offer(msgspec.Struct):
    """An offer as it stands for a member: active, ready, done, not_yet, over or not_for_you."""

    id: str
    name: dict[str, str]
    text: dict[str, str]
    state: str
    activated_at: datetime | None
    active_until: datetime | None
    reward: str


class Offers(msgspec.Struct):
    """A member's offers."""

    member: str
    offers: list[Offer]


_PREFIXES = {"order": "ord", "activity": "act"}


def _card(card: Card) -> StampCard:
    return StampCard(
        card.id, card.name, card.unit, card.stamps, card.pending, card.needed, card.filled, card.reward, card.quantity,
        [Stamps(mark.stamps, mark.at, mark.expires_at, mark.source_kind,
                shapes.named(_PREFIXES.get(mark.source_kind, "src"), mark.source)) for mark in card.marks],
    )  # fmt: skip


def _offer(mine: MyOffer) -> Offer:
    offer = mine.offer
    return Offer(
        offer.id, offer.name, offer.text, mine.state, mine.activated_at, mine.active_until, offer.reward
    )


class MemberCards(Endpoint):
    @endpoint(summary="Read a member's stamp cards", scope="members:read", answers={200: StampCards})
    def get(self, call: Call, id: str) -> StampCards:  # noqa: A002 - the address's own word
        """How far each card is, and which purchases stamped it."""
        held = wallet(member_id(id))
        return StampCards(ids.encode("mbr", held.member), [_card(card) for card in cards_of(held.member)])


class MemberBadges(Endpoint):
    @endpoint(summary="Read a member's badges", scope="members:read", answers={200: Badges})
    def get(self, call: Call, id: str) -> Badges:  # noqa: A002
        """Each badge once, and when it was earned."""
        held = wallet(member_id(id))
        rows = [Badge(row.badge, row.earned_at) for row in badges_of(held.member)]
        return Badges(ids.encode("mbr", held.member), rows)


class MemberOffers(Endpoint):
    @endpoint(
        summary="List a member's offers",
        scope="members:read",
        query=inputs.OfferSearch,
        answers={200: Offers},
    )
    def get(self, call: Call, id: str) -> Offers:  # noqa: A002
        """What is active and what can be activated now; with `all` everything else, too, and why not."""
        held = wallet(member_id(id))
        found = offers_of(held.member, at=call.now, shown_only=not call.query.all)
        return Offers(ids.encode("mbr", held.member), [_offer(one) for one in found])


class OfferActivation(Endpoint):
    @endpoint(
        summary="Activate an offer",
        scope="members:write",
        body=inputs.Activation,
        query=Rehearsal,
        moves_value=True,
        example={"channel": "app"},
        answers={200: Offer},
        refuses=(NotFound, NotActive, OfferNotReady),
    )
    def post(self, call: Call, id: str, offer: str) -> Offer:  # noqa: A002
        """Take up an offer for a member. One that is active stays as it is. A rehearsal changes nothing."""
        held = wallet(member_id(id))
        taken = activate_offer(member=held.member, offer=offer, at=call.at, channel=call.body.channel)
        return _offer(taken)
