"""Link a member's card with their card at a partner, by a code that is given out here and told there.

Who holds the code is who was let see it here: it is good for one link, for ten minutes, and only its digest is kept.
Both members' rows are locked before a link is made, one side's before it is undone; merchants in the order of their
ids.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core import ids, privacy
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.events.operations import record
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.scope import NoCrossing, crossing
from members.models import CardLink, LinkCode, Member, Partnership
from members.operations.membership import NotActive, new_card_code
from members.operations.transfers import lock_current
from members.queries import partners
from members.queries.partners import both, side

CODE_MINUTES = 10


class NotPartners(DomainError):
    code = "not_partners"
    message = _("There is no partnership in force with this shop.")
    field = "partner"


class LinkCodeNotValid(DomainError):
    """Unknown, used, over or for another shop: one answer, so that guessing teaches nothing."""

    code = "link_code_not_valid"
    message = _("This code is not valid: it may be mistyped, used or over. Make a new one at the partner's.")
    field = "code"


class LinkedAlready(DomainError):
    code = "linked_already"
    message = _("One of the two cards is linked between these shops already. End that link first.")


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code to be told at the partner's, until an instant."""

    code: str
    until: datetime


def _partner(slug: str) -> Partnership:
    """The agreement in force with the shop at an address; `NotPartners` for strangers and addresses of nobody alike."""
    shop = Merchant.objects.filter(slug=slug).first()
    found = partners.with_partner(shop.pk) if shop else None
    if found is None:
        raise NotPartners()
    return found


def _active(member: UUID) -> Member:
    row = lock_current([member])[member]
    if row.status != Member.Status.ACTIVE:
        raise NotActive(status=row.status)
    return row


def _digest(code: str) -> str:
    typed = "".join(letter for letter in code[:64].upper() if letter.isalnum())
    return sha256(typed.encode()).hexdigest()


@transaction.atomic
def make_code(*, member: UUID, partner: str, at: datetime) -> NewCode:
    """A code that links this member's card at a partner; it replaces the one before. Raises `NotPartners`,
    `LinkedAlready` or `NotActive`."""
    row = _active(member)
    agreement = _partner(partner)
    if CardLink.objects.filter(member=row, partner=agreement.partner).exists():
        raise LinkedAlready()
    code, until = new_card_code(), at + timedelta(minutes=CODE_MINUTES)
    LinkCode.objects.filter(member=row, partner=agreement.partner).delete()
    LinkCode.objects.create(member=row, partner=agreement.partner, digest=_digest(code), until=until)
    record("card_link.code_made", subject=row.pk, at=at)
    return NewCode(code, until)


@transaction.atomic
def accept_code(*, member: UUID, partner: str, code: str, at: datetime) -> CardLink:
    """Link a member's card with the one at the partner for which `code` was made there.

    Raises `NotPartners`, `LinkCodeNotValid`, `LinkedAlready` or `NotActive`.
    """
    if not Member.objects.filter(pk=member).exists():
        raise NotFound("member")
    agreement = _partner(partner)
    digest, home = _digest(code), scope.merchant_id()
    try:
        with crossing(agreement.pk, to=agreement.partner):
            known = LinkCode.objects.filter(digest=digest, partner=home, until__gt=at).first()
    except NoCrossing:
        raise NotPartners() from None
    if known is None:
        raise LinkCodeNotValid()
    asked = {home: member, agreement.partner: known.member_id}
    who = {}
    for merchant in both(agreement.partner):
        with side(merchant, agreement.pk):
            who[merchant] = _active(asked[merchant]).pk
    with side(agreement.partner, agreement.pk):
        used, _by_model = LinkCode.objects.filter(digest=digest, member=known.member_id).delete()
    if not used:
        raise LinkCodeNotValid()
    link = _link(agreement, who, at)
    return CardLink.objects.get(pk=link)


def _link(agreement: Partnership, who: dict[int, UUID], at: datetime) -> UUID:
    """Write both sides of a link; its id."""
    link, pair = ids.new(), both(agreement.partner)
    for merchant in pair:
        other = next(one for one in pair if one != merchant)
        with side(merchant, agreement.pk):
            if CardLink.objects.filter(member=who[merchant], partner=other).exists():
                raise LinkedAlready()
            CardLink.objects.create(
                id=link, member_id=who[merchant], partner=other, partner_member=who[other], since=at
            )
            record("card_link.made", subject=who[merchant], at=at, data={"link": str(link)})
    return link


@transaction.atomic
def unlink(*, member: UUID, partner: str, at: datetime) -> None:
    """End the link of a member's card with a shop's, whether it is a partner today or was one. Ending what is not there
    is nothing."""
    row = lock_current([member])[member]
    shop = Merchant.objects.filter(slug=partner).first()
    if shop is not None:
        _end(CardLink.objects.filter(member=row, partner=shop.pk), at)


def end_links(*, member: UUID, at: datetime) -> None:
    """End all links of a member who is merged or erased, and their codes; the caller holds the member's row."""
    LinkCode.objects.filter(member=member).delete()
    _end(CardLink.objects.filter(member=member).order_by("partner"), at)


def _end(links: Iterable[CardLink], at: datetime) -> None:
    for link in list(links):
        agreement = partners.with_partner(link.partner, standing=partners.ANY)
        if agreement is None:
            raise RuntimeError(f"card link {link.pk} is with nobody there ever was an agreement with")
        for merchant in both(link.partner):
            with side(merchant, agreement.pk):
                gone = CardLink.objects.filter(pk=link.pk).first()
                if gone is not None:
                    gone.delete()
                    record("card_link.ended", subject=gone.member_id, at=at, data={"link": str(link.pk)})


def _export(member: UUID) -> list[dict[str, Any]]:
    links = partners.card_links(member)
    shops = partners.merchants(link.partner for link in links)
    return [{"partner": shops[link.partner].name, "since": link.since.isoformat()} for link in links]


def _erase(_member: UUID) -> None:
    """Links end when the member is erased, with an event on both sides: `privacy.erase_member`."""


holder = privacy.Holder("card_links", _export, _erase)
