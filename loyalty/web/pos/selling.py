"""What somebody does at the till, each once under its key, and written down there in the same transaction.

The form's key, or the one a device made while it had no connection, names the action for good: the same key with the
same content answers what was done, whichever way and however often it arrives.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from loyalty.core import ids
from loyalty.core.errors import DomainError, Forbidden, InvalidInput, KeyReused
from loyalty.core.tills import operations as tills
from loyalty.core.tills import queries
from loyalty.core.tills.models import Action
from loyalty.core.tills.operations import Deed, Name
from loyalty.web.office.frame import language_of
from loyalty.web.pos.frame import Desk
from members.operations.locking import lock_name
from members.operations.membership import join
from members.operations.offers import activate_offer
from members.operations.orders import quote_order, record_order
from members.operations.perks import OrderName, cancel_claim, claim_perk
from members.operations.refunds import cancel_order
from members.queries import orders as bought
from members.queries import perks
from members.queries.tier_words import perk_name
from members.queries.tiers import ladder_in_force
from members.rules.shopping import MemberRef, NewLine, NewOrder
from rewards.models import Redemption, Voucher
from rewards.operations.redemption import redeem_reward, reverse_redemption, use_voucher
from rewards.queries import redemptions
from rewards.queries.catalogue import kind_terms
from rewards.queries.catalogue import reward as reward_of
from rewards.queries.telling import named

SOURCE = "till"
CHANNEL = "pos"
UNDO = timedelta(minutes=15)
"""How long somebody may take back what was done at the till."""
UNDO_BY_MANAGER = timedelta(hours=24)
LONGEST_WAIT = timedelta(days=7)
"""How long a sale may wait for the connection."""


class CannotUndo(DomainError):
    code = "cannot_undo"
    message = _("This cannot be taken back here any more. A manager can do it in the office.")


class WaitedTooLong(DomainError):
    code = "waited_too_long"
    message = _("This sale is older than a week. A manager can enter it in the office.")


class NoPurchaseYet(DomainError):
    code = "no_purchase_yet"
    message = _("Record their purchase first: this comes with a purchase of today.")


@dataclass(frozen=True, slots=True)
class Sale:
    """What a purchase at the counter came to: its lines in minor units, how it was paid and in which channel."""

    lines: tuple[NewLine, ...]
    payment: str = ""
    channel: str = CHANNEL

    @property
    def amount_minor(self) -> int:
        """The sum that was typed."""
        return sum(line.amount_minor for line in self.lines)


def _name(desk: Desk, kind: str, key: str, content: Any, *, queued: bool = False) -> Name:
    if not (0 < len(key) <= 64 and key.isascii() and key.isalnum()):
        raise InvalidInput.of("form_key", str(_("Open the till again: this page is too old.")))
    return Name(f"{desk.till.pk.hex}:{key}", ids.fingerprint([kind, content]), queued)


def _done(name: Name) -> Action | None:
    """What was done under this name; nobody else does it until this transaction ends."""
    lock_name(source=SOURCE, external_id=name.key)
    found = queries.action_by_key(name.key)
    if found is not None and found.mark != name.mark:
        raise KeyReused(field="form_key")
    return found


def _note(desk: Desk, name: Name, deed: Deed, done_at: datetime | None = None) -> Action:
    return tills.note_action(
        till=desk.till.pk, staff=desk.staff.pk, name=name, deed=deed, done_at=done_at or desk.at, at=desk.at
    )


def _order(desk: Desk, member: UUID, sale: Sale, name: str, placed_at: datetime) -> NewOrder:
    return NewOrder(
        external_id=name, source=SOURCE, currency=desk.merchant.currency, placed_at=placed_at, lines=sale.lines,
        member=MemberRef(id=ids.encode("mbr", member)), channel=sale.channel, location=desk.till.location.code,
        payment_method=sale.payment,
    )  # fmt: skip


def quote(*, desk: Desk, member: UUID, sale: Sale) -> Any:
    """What the sale would earn, and why; the very engine that decides when it is given. Writes nothing."""
    return quote_order(order=_order(desk, member, sale, "quote", desk.at), at=desk.at)


@transaction.atomic
def sell(*, desk: Desk, member: UUID, sale: Sale, key: str, sold_at: datetime | None = None) -> Action:
    """Record a purchase and give what it earns. `sold_at` is when a sale that waited for the connection was made.
    Raises `WaitedTooLong` and what recording an order raises."""
    content = [str(member), [[line.sku, line.quantity, line.amount_minor] for line in sale.lines],
               sale.payment, sale.channel]  # fmt: skip
    name = _name(desk, Action.Kind.EARN, key, content, queued=sold_at is not None)
    earlier = _done(name)
    if earlier is not None:
        return earlier
    placed_at = min(sold_at or desk.at, desk.at)
    if desk.at - placed_at > LONGEST_WAIT:
        raise WaitedTooLong()
    found = record_order(order=_order(desk, member, sale, name.key, placed_at), at=desk.at)
    deed = Deed(
        Action.Kind.EARN,
        found.member or member,
        found.order or member,
        points=found.points,
        amount_minor=sale.amount_minor,
    )
    return _note(desk, name, deed, placed_at)


@transaction.atomic
def take_reward(*, desk: Desk, member: UUID, reward: UUID, key: str) -> Action:
    """The member takes a reward now and has it in hand: its points are spent, and a code of ours is used at once.
    Raises `NotEligible` with every reason."""
    name = _name(desk, Action.Kind.REDEEM, key, [str(member), str(reward)])
    earlier = _done(name)
    if earlier is not None:
        return earlier
    row = redeem_reward(member=member, reward=reward, key=f"till:{name.key}", at=desk.at, channel=CHANNEL)
    offered = reward_of(row.reward_id)
    if kind_terms(offered).codes == "made" and row.voucher and row.voucher.status == Voucher.Status.ACTIVE:
        use_voucher(code=row.voucher.code, at=desk.at)
    deed = Deed(Action.Kind.REDEEM, row.member_id, row.pk, what=named(offered), points=-row.cost_points)
    return _note(desk, name, deed)


@transaction.atomic
def use_code(*, desk: Desk, redemption: UUID, voucher: UUID, key: str) -> Action:
    """Use one of a redemption's codes, which the member has shown. Raises `CodeNotValid`."""
    name = _name(desk, Action.Kind.CODE, key, [str(redemption), str(voucher)])
    earlier = _done(name)
    if earlier is not None:
        return earlier
    row = redemptions.redemption(redemption)
    open_before = row.status == Redemption.Status.RESERVED
    code = next((one.code for one in redemptions.codes([row])[row.pk] if one.pk == voucher), "")
    use_voucher(code=code, at=desk.at)
    deed = Deed(
        Action.Kind.CODE,
        row.member_id,
        row.pk,
        what=named(reward_of(row.reward_id)),
        points=-row.cost_points if open_before else 0,
    )
    return _note(desk, name, deed)


@dataclass(frozen=True, slots=True)
class SignedUp:
    """The member, and whether this call made them."""

    member: UUID
    created: bool


@transaction.atomic
def sign_up(*, desk: Desk, identities: Mapping[str, str], details: Mapping[str, Any], key: str) -> SignedUp:
    """Make somebody a member on the spot; whoever has the address or number already stays as they are."""
    name = _name(desk, Action.Kind.JOIN, key, sorted(identities.items()))
    earlier = _done(name)
    if earlier is not None:
        return SignedUp(earlier.member, True)
    joined = join(
        at=desk.at, identities=identities, channel=CHANNEL, details=details, language=desk.merchant.language
    )
    if joined.created:
        _note(desk, name, Deed(Action.Kind.JOIN, joined.member.pk, joined.member.pk))
    return SignedUp(joined.member.merged_into_id or joined.member.pk, joined.created)


@transaction.atomic
def take_up(*, desk: Desk, member: UUID, offer: str, key: str) -> Action:
    """Activate an offer for the member who asks for it at the counter. Raises `OfferNotReady`."""
    name = _name(desk, Action.Kind.OFFER, key, [str(member), offer])
    earlier = _done(name)
    if earlier is not None:
        return earlier
    taken = activate_offer(member=member, offer=offer, at=desk.at, channel=CHANNEL)
    deed = Deed(Action.Kind.OFFER, member, member, what=taken.offer.named(language_of(get_language())))
    return _note(desk, name, deed)


@transaction.atomic
def claim(*, desk: Desk, member: UUID, perk: str, key: str) -> Action:
    """Claim a service of the member's tier; one that comes with a purchase, for their last one of today. Raises
    `NoPurchaseYet` and what claiming raises."""
    name = _name(desk, Action.Kind.PERK, key, [str(member), perk])
    earlier = _done(name)
    if earlier is not None:
        return earlier
    tier = perks.tier_of(member, at=desk.at)
    found = next((one for one in ladder_in_force().perks(tier) if one.id == perk), None)
    order = None
    if found is not None and found.limit is not None and found.limit.period is None:
        last = bought.of_member(member).first()
        if last is None or desk.at - last.placed_at > timedelta(hours=24):
            raise NoPurchaseYet()
        order = OrderName(last.external_id, last.source)
    claimed = claim_perk(member=member, perk=perk, key=f"till:{name.key}", at=desk.at, order=order)
    what = perk_name(found) if found else perk
    return _note(desk, name, Deed(Action.Kind.PERK, member, claimed.claim.pk, what=what))


def may_undo(action: Action, desk: Desk) -> bool:
    """Whether whoever is at the till may still take this back: within minutes, a manager within the day. A
    code that was shown for a gift, an offer and a new member stay."""
    if action.undone_at is not None or not _can_be_undone(action) or not desk.may("till.undo"):
        return False
    limit = UNDO_BY_MANAGER if desk.may("orders.refund") else UNDO
    return desk.at - action.recorded_at <= limit


def _can_be_undone(action: Action) -> bool:
    kinds = (Action.Kind.EARN, Action.Kind.REDEEM, Action.Kind.PERK)
    return action.kind in kinds or (action.kind == Action.Kind.CODE and action.points < 0)


@transaction.atomic
def undo(*, desk: Desk, action: UUID) -> Action:
    """Take back what was done at this till, by a counter-entry of its own. Twice is once. Raises `CannotUndo` when
    it is too late or no such thing."""
    row = tills.held(action=action, till=desk.till.pk)
    if row.undone_at is not None:
        return row
    if not desk.may("till.undo"):
        raise Forbidden()
    if not may_undo(row, desk):
        raise CannotUndo()
    match row.kind:
        case Action.Kind.EARN:
            cancel_order(source=SOURCE, order_external_id=row.key, cancelled_at=desk.at, at=desk.at)
        case Action.Kind.PERK:
            cancel_claim(claim=row.subject, at=desk.at)
        case _:
            reverse_redemption(redemption=row.subject, at=desk.at, reason=str(_("Taken back at the till")))
    return tills.note_undone(action=row.pk, till=desk.till.pk, at=desk.at)
