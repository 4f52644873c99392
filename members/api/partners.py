"""Partnerships with other shops: propose, accept, end, settle; and the cards members link between them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.pagination import Paged, keyset
from loyalty.core.api.spec import Instant, endpoint, page_of, within
from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.merchants.models import Merchant
from members import models
from members.api.members import member_id
from members.operations import card_links, partnerships
from members.operations.membership import NotActive
from members.operations.partnerships import Worth
from members.queries import partners
from members.queries.wallet import wallet

Slug = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[a-z0-9-]+$(?!\n)")]
WorthText = Annotated[str, Meta(min_length=1, max_length=14, pattern=r"^[0-9]{1,7}(\.[0-9]{1,6})?$(?!\n)")]
CodeText = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]


class NewPartnership(Struct, forbid_unknown_fields=True, frozen=True):
    """With whom, by the address of their shop, and what one point of each is worth to both of you, in minor units of
    your currency, as text: "10" or "12.5"."""

    partner: Slug
    our_worth: WorthText
    their_worth: WorthText


class Partnership(Struct):
    """An agreement as you see it. `proposed_by` is "us" or "them"; a proposal of theirs is yours to accept."""

    id: str
    partner: str
    partner_name: str
    status: Literal["proposed", "active", "ended"]
    proposed_by: Literal["us", "them"]
    our_worth: str
    their_worth: str
    currency: str
    proposed_at: datetime
    agreed_at: datetime | None
    ended_at: datetime | None


class PartnershipSearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`status`: only agreements that stand so."""

    status: Literal["", "proposed", "active", "ended"] = ""


class Period(Struct, forbid_unknown_fields=True, frozen=True):
    """What happened from an instant on and before another; without them, from the beginning and until now."""

    since: Instant | None = None
    until: Instant | None = None


class Statement(Struct):
    """Your side of what is to be settled, in minor units. `balance_minor` above zero is to be paid to you, below zero
    by you; the partner's statement of the same period says exactly the opposite. Points are yours: those that arrived
    here for members who used what they have there, and those that left to be used there."""

    partnership: str
    partner: str
    since: datetime | None
    until: datetime | None
    currency: str
    entries: int
    points_arrived: int
    points_left: int
    owed_to_us_minor: int
    owed_by_us_minor: int
    balance_minor: int


class EntrySearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The same period as a statement's."""

    since: Instant | None = None
    until: Instant | None = None


class SettlementEntry(Struct):
    """One use of points across the two of you. `points` arrived here, or left (below zero); `amount_minor` is owed to
    you, or by you (below zero). `remainder` of what was taken was worth less than one point, in minor units."""

    id: str
    points: int
    partner_points: int
    amount_minor: int
    remainder: str
    redemption: str | None
    happened_at: datetime


class LinkAsked(Struct, forbid_unknown_fields=True, frozen=True):
    """Where the other card is: the address of the partner's shop."""

    partner: Slug


class LinkCode(Struct):
    """A code to be told at the partner's until an instant. It works once."""

    partner: str
    code: str
    until: datetime


class LinkTold(Struct, forbid_unknown_fields=True, frozen=True):
    """The code that was made at the partner's, as typed or read aloud."""

    partner: Slug
    code: CodeText


class CardLink(Struct):
    """A card that is linked with one at a partner."""

    partner: str
    partner_name: str
    since: datetime


class CardLinks(Struct):
    """All linked cards of a member, oldest first."""

    member: str
    links: list[CardLink]


def _told(row: models.Partnership, shop: Merchant) -> Partnership:
    return Partnership(
        id=ids.encode("prt", row.pk), partner=shop.slug, partner_name=shop.name, status=row.status,  # type: ignore[arg-type]
        proposed_by="us" if row.ours else "them", our_worth=row.our_worth, their_worth=row.their_worth,
        currency=row.currency, proposed_at=row.proposed_at, agreed_at=row.agreed_at, ended_at=row.ended_at,
    )  # fmt: skip


def _one(row: models.Partnership) -> Partnership:
    return _told(row, partners.merchants([row.partner])[row.partner])


def _period(since: datetime | None, until: datetime | None) -> tuple[datetime | None, datetime | None]:
    start = within("since", since) if since else None
    end = within("until", until) if until else None
    if start and end and end <= start:
        raise InvalidInput.of("until", "The period must end after it starts.")
    return start, end


class Partnerships(Endpoint):
    @endpoint(
        summary="Propose a partnership",
        scope="programme:write",
        body=NewPartnership,
        example={"partner": "bookshop", "our_worth": "10", "their_worth": "12.5"},
        answers={201: Partnership},
        refuses=(
            NotFound, partnerships.OtherCurrency, partnerships.OtherMode, partnerships.PartnershipOpen,
        ),
    )  # fmt: skip
    def post(self, call: Call) -> tuple[int, Partnership]:
        """To another shop here, which accepts it or not. Members who link their cards can then use the points of
        either at both. With a partner of today: new terms, which replace those in force when they are accepted."""
        worth = Worth(call.body.our_worth, call.body.their_worth)
        return 201, _one(partnerships.propose_partnership(partner=call.body.partner, worth=worth, at=call.at))

    @endpoint(
        summary="List partnerships",
        scope="programme:read",
        query=PartnershipSearch,
        answers={200: page_of(Partnership)},
    )
    def get(self, call: Call) -> dict:
        """Proposed, in force and ended, last proposed first."""
        found = partners.partnerships()
        if call.query.status:
            found = found.filter(status=call.query.status)
        window = keyset(found, call.query, name="partnerships", by=[("id", UUID)])
        shops = partners.merchants(row.partner for row in window.rows)
        return call.page(window, [_told(row, shops[row.partner]) for row in window.rows])


class OnePartnership(Endpoint):
    @endpoint(summary="Read a partnership", scope="programme:read", answers={200: Partnership})
    def get(self, call: Call, id: str) -> Partnership:  # noqa: A002 - the address's own word
        """With whom, on which terms, and how it stands."""
        return _one(partners.partnership(ids.decode("prt", id)))


class PartnershipAccept(Endpoint):
    @endpoint(
        summary="Accept a partnership",
        scope="programme:write",
        answers={200: Partnership},
        refuses=(
            partnerships.OwnProposal, partnerships.PartnershipEnded, partnerships.OtherCurrency,
            partnerships.OtherMode,
        ),
    )  # fmt: skip
    def post(self, call: Call, id: str) -> Partnership:  # noqa: A002
        """It is in force from now on; what was agreed before ends with it. Accepting twice is once."""
        return _one(partnerships.accept_partnership(agreement=ids.decode("prt", id), at=call.at))


class PartnershipEnd(Endpoint):
    @endpoint(summary="End a partnership", scope="programme:write", answers={200: Partnership})
    def post(self, call: Call, id: str) -> Partnership:  # noqa: A002
        """Either side may, or decline or withdraw a proposal. No points are used across the two of you from now on;
        what is to be settled stays in the statements."""
        return _one(partnerships.end_partnership(agreement=ids.decode("prt", id), at=call.at))


class PartnershipStatement(Endpoint):
    @endpoint(
        summary="Read a settlement statement",
        scope="programme:read",
        query=Period,
        answers={200: Statement},
    )
    def get(self, call: Call, id: str) -> Statement:  # noqa: A002
        """What the two of you owe each other for a period. The two sides' statements sum to zero."""
        row = partners.partnership(ids.decode("prt", id))
        since, until = _period(call.query.since, call.query.until)
        found = partners.statement(row.pk, since=since, until=until)
        return Statement(
            partnership=ids.encode("prt", row.pk), partner=_one(row).partner, since=since, until=until,
            currency=row.currency, entries=found.entries, points_arrived=found.points_arrived,
            points_left=found.points_left, owed_to_us_minor=found.owed_to_us_minor,
            owed_by_us_minor=found.owed_by_us_minor, balance_minor=found.balance_minor,
        )  # fmt: skip


class PartnershipEntries(Endpoint):
    @endpoint(
        summary="List what is to be settled",
        scope="programme:read",
        query=EntrySearch,
        answers={200: page_of(SettlementEntry)},
    )
    def get(self, call: Call, id: str) -> dict:  # noqa: A002
        """Each use of points across the two of you, last first. The partner's entry has the same id."""
        row = partners.partnership(ids.decode("prt", id))
        since, until = _period(call.query.since, call.query.until)
        found = partners.entries(row.pk, since=since, until=until)
        window = keyset(found, call.query, name="settlement", by=[("id", UUID)])
        return call.page(window, [_entry(one) for one in window.rows])


def _entry(row: models.SettlementEntry) -> SettlementEntry:
    return SettlementEntry(
        id=ids.encode("stl", row.pk), points=row.points, partner_points=row.partner_points,
        amount_minor=row.amount_minor, remainder=row.remainder,
        redemption=ids.encode("rdm", row.redemption) if row.redemption else None, happened_at=row.happened_at,
    )  # fmt: skip


def _links(member: UUID) -> CardLinks:
    rows = partners.card_links(member)
    shops = partners.merchants(row.partner for row in rows)
    links = [CardLink(shops[row.partner].slug, shops[row.partner].name, row.since) for row in rows]
    return CardLinks(ids.encode("mbr", member), links)


class MemberCardLinks(Endpoint):
    @endpoint(
        summary="Make a code to link a card",
        scope="sharing:write",
        body=LinkAsked,
        example={"partner": "bookshop"},
        answers={201: LinkCode},
        refuses=(card_links.NotPartners, card_links.LinkedAlready, NotActive),
    )
    def post(self, call: Call, id: str) -> tuple[int, LinkCode]:  # noqa: A002
        """Show it to the member only. Told at the partner's within ten minutes, it links the two cards; it works once,
        and replaces the one before."""
        found = card_links.make_code(member=member_id(id), partner=call.body.partner, at=call.at)
        return 201, LinkCode(call.body.partner, found.code, found.until)

    @endpoint(summary="List a member's linked cards", scope="members:read", answers={200: CardLinks})
    def get(self, call: Call, id: str) -> CardLinks:  # noqa: A002
        """With which partners' cards this one is linked. Links with a partner of the past reach nothing."""
        return _links(wallet(member_id(id)).member)


class MemberCardLinkAccept(Endpoint):
    @endpoint(
        summary="Link a card by a code",
        scope="sharing:write",
        body=LinkTold,
        example={"partner": "bookshop", "code": "7KQ2-M9DX-4WTB"},
        answers={200: CardLinks},
        refuses=(
            card_links.NotPartners, card_links.LinkCodeNotValid, card_links.LinkedAlready, NotActive,
        ),
    )  # fmt: skip
    def post(self, call: Call, id: str) -> CardLinks:  # noqa: A002
        """With the code that was made at the partner's. From then on the member can use the points of either shop at
        both."""
        made = card_links.accept_code(
            member=member_id(id), partner=call.body.partner, code=call.body.code, at=call.at
        )
        return _links(made.member_id)


class OneCardLink(Endpoint):
    @endpoint(summary="End a linked card", scope="sharing:write", answers={204: None})
    def delete(self, call: Call, id: str, partner: str) -> tuple[int, None]:  # noqa: A002
        """On both sides. Each keeps the points of its own shop; what was used stays used. Ending it twice is once."""
        card_links.unlink(member=member_id(id), partner=partner, at=call.at)
        return 204, None
