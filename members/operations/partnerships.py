"""Agree with another merchant that members use their points at either: propose, accept, end.

An agreement is two rows with one id, one with each merchant. The proposal is laid on the other's table by system work,
since nothing is agreed yet; everything after it crosses over by the agreement itself. Both sides' rows are locked in
the order of the merchants' ids.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core import ids
from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.events.operations import record
from loyalty.core.merchants.models import Merchant
from loyalty.core.merchants.queries import merchant_by_slug
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.scope import across_merchants
from members.models import Partnership
from members.queries.partners import both, partnership, side
from members.rules.partners import micros, plain

_OPEN = (Partnership.Status.PROPOSED.value, Partnership.Status.ACTIVE.value)


class OtherCurrency(DomainError):
    code = "other_currency"
    message = _("Partners count in one currency. You have {ours}, they have {theirs}.")
    field = "partner"


class OtherMode(DomainError):
    code = "other_mode"
    message = _("A test shop can only be the partner of a test shop: pretend points are no money.")
    field = "partner"


class PartnershipOpen(DomainError):
    code = "partnership_open"
    message = _("A proposal between the two of you is open already. Accept it or end it first.")
    field = "partner"


class OwnProposal(DomainError):
    code = "own_proposal"
    message = _("This is your own proposal. The partner accepts it.")


class PartnershipEnded(DomainError):
    code = "partnership_ended"
    message = _("This partnership has ended. Propose a new one.")


@dataclass(frozen=True, slots=True)
class Worth:
    """What one point of each side is worth to both, in minor units, as decimal text like "12.5"."""

    ours: str
    theirs: str


@transaction.atomic
def propose_partnership(*, partner: str, worth: Worth, at: datetime) -> Partnership:
    """Propose an agreement to the shop with the address `partner`. Beside one that is in force, new terms.

    Raises `NotFound`, `OtherCurrency`, `OtherMode`, `PartnershipOpen`, or `InvalidInput` for a worth that is none.
    """
    ours, theirs = _read("our_worth", worth.ours), _read("their_worth", worth.theirs)
    other = merchant_by_slug(partner)
    us = _refuse_strangers(other)
    agreement = ids.new()
    for merchant in both(other.pk):
        mine = merchant == us.pk
        row = Partnership(
            id=agreement, merchant_id=merchant, partner=other.pk if mine else us.pk,
            status=Partnership.Status.PROPOSED, ours=mine, our_worth=ours if mine else theirs,
            their_worth=theirs if mine else ours, currency=us.currency, proposed_at=at,
        )  # fmt: skip
        try:
            with across_merchants("a proposal is laid before a merchant with whom nothing is agreed yet"):
                row.save(force_insert=True)
        except IntegrityError:
            raise PartnershipOpen() from None
    _tell("partnership.proposed", agreement, other.pk, at)
    return partnership(agreement)


def _read(field: str, text: str) -> str:
    try:
        return plain(micros(text))
    except ValueError:
        hint = _("Write what a point is worth in minor units, like 10 or 12.5.")
        raise InvalidInput.of(field, str(hint)) from None


def _refuse_strangers(other: Merchant) -> Merchant:
    """Us, if the two can be partners. Both are read afresh: a currency that was kept may have changed."""
    us = Merchant.objects.get(pk=scope.merchant_id())
    if us.pk == other.pk:
        raise InvalidInput.of("partner", str(_("Name another shop than your own.")))
    if us.is_sandbox != other.is_sandbox:
        raise OtherMode()
    if us.currency != other.currency:
        raise OtherCurrency(ours=us.currency, theirs=other.currency)
    return us


@transaction.atomic
def accept_partnership(*, agreement: UUID, at: datetime) -> Partnership:
    """Agree to what the partner proposed; the agreement before it ends with that. Accepting twice is once.

    Raises `OwnProposal`, `PartnershipEnded`, `OtherCurrency` or `NotFound`.
    """
    row = _locked(agreement)
    if row.status == Partnership.Status.ENDED:
        raise PartnershipEnded()
    if row.status == Partnership.Status.ACTIVE:
        return row
    if row.ours:
        raise OwnProposal()
    _refuse_strangers(Merchant.objects.get(pk=row.partner))
    for merchant in both(row.partner):
        with side(merchant, agreement):
            before = Partnership.objects.filter(partner=_other(row), status=Partnership.Status.ACTIVE)
            before.update(status=Partnership.Status.ENDED, ended_at=at)
            mine = Partnership.objects.filter(pk=agreement)
            mine.update(status=Partnership.Status.ACTIVE, agreed_at=at)
    _tell("partnership.agreed", agreement, row.partner, at)
    return partnership(agreement)


@transaction.atomic
def end_partnership(*, agreement: UUID, at: datetime) -> Partnership:
    """End an agreement, or decline or withdraw a proposal. Either side may; ending twice is once. What is to be settled
    stays to be settled; cards stay linked for an agreement to come, and reach nothing until then."""
    row = _locked(agreement)
    if row.status == Partnership.Status.ENDED:
        return row
    for merchant in both(row.partner):
        with side(merchant, agreement):
            mine = Partnership.objects.filter(pk=agreement)
            mine.update(status=Partnership.Status.ENDED, ended_at=at)
    _tell("partnership.ended", agreement, row.partner, at)
    return partnership(agreement)


def _locked(agreement: UUID) -> Partnership:
    """Our row of an agreement, with all open ones between the two locked on both sides."""
    row = partnership(agreement)
    for merchant in both(row.partner):
        with side(merchant, agreement):
            open_ones = Partnership.objects.filter(partner=_other(row), status__in=_OPEN)
            list(open_ones.select_for_update(no_key=True).order_by("pk"))
    return partnership(agreement)


def _other(row: Partnership) -> int:
    """Who the partner is, seen from the side that is acted for: at the partner's, who came from home."""
    home = scope.current().home
    return row.partner if home is None else home


def _tell(kind: str, agreement: UUID, partner: int, at: datetime) -> None:
    """Write what happened into both merchants' events; at the partner's as done by us."""
    for merchant in both(partner):
        with side(merchant, agreement):
            record(kind, subject=None, at=at, data={"partnership": ids.encode("prt", agreement)})
