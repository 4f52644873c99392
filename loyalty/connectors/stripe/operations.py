"""Connect a shop's Stripe account, send members to pay, and take what Stripe tells: once each, in whatever order.

What arrives before the membership it is about is known waits, parked, and is applied when a checkout has said whose it
is. Payments are named by their invoice and extend what is paid; of a subscription's state the newest notice counts.
"""

from datetime import datetime
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from loyalty.connectors.stripe import notices
from loyalty.connectors.stripe.gateway import Checkout, Gateway
from loyalty.connectors.stripe.models import StripeAccount, StripeEvent
from loyalty.connectors.stripe.notices import Notice
from loyalty.connectors.stripe.vault import locked_away, opened
from loyalty.core import ids
from loyalty.core.errors import DomainError, InvalidInput, NotFound
from loyalty.core.events.operations import record
from loyalty.core.tenancy import scope
from members.models import PaidMembership
from members.operations import provider_memberships as memberships
from members.operations.membership_payments import Charged
from members.queries import paid

Status = StripeEvent.Status


class StripeNotConnected(DomainError):
    code = "payment_service_not_connected"
    message = _("This shop has no payment service connected. Take payment at the till or by invoice.")


class NoCheckout(DomainError):
    code = "no_checkout"
    message = _("Only a membership that waits for its first payment through Stripe has a checkout.")


@transaction.atomic
def connect(*, secret_key: str, webhook_secret: str, at: datetime) -> StripeAccount:
    """Connect an account, or another one, with its secret key and the signing secret of its webhook endpoint. Both are
    encrypted and never shown again."""
    if not secret_key.startswith(("sk_", "rk_")) or len(secret_key) < 12:
        raise InvalidInput.of("secret_key", str(_("A secret key begins with sk_ or rk_.")))
    if not webhook_secret.startswith("whsec_") or len(webhook_secret) < 12:
        raise InvalidInput.of("webhook_secret", str(_("A signing secret begins with whsec_.")))
    row = StripeAccount.objects.select_for_update().first() or StripeAccount()
    row.secret_key, row.webhook_secret = locked_away(secret_key), locked_away(webhook_secret)
    row.hint, row.live = secret_key[-4:], "_live_" in secret_key[:8]
    row.connected_at, row.connected_by = at, str(scope.actor())
    row.save()
    record("stripe.connected", subject=None, at=at, data={"hint": row.hint, "live": row.live})
    return row


@transaction.atomic
def disconnect(*, at: datetime) -> None:
    """Forget the account's keys. Memberships stay as they are; what Stripe says is not heard any more."""
    if StripeAccount.objects.all().delete()[0]:
        record("stripe.disconnected", subject=None, at=at)


def account() -> StripeAccount | None:
    """The shop's account, if it has connected one."""
    return StripeAccount.objects.first()


def webhook_secret() -> str | None:
    """What deliveries to this shop must be signed with."""
    found = account()
    return opened(found.webhook_secret) if found else None


def gateway() -> Gateway:
    """The shop's way to Stripe. Raises `StripeNotConnected`."""
    found = account()
    if found is None:
        raise StripeNotConnected()
    return Gateway(opened(found.secret_key))


def open_checkout(*, membership: UUID, success_url: str, cancel_url: str, key: str) -> str:
    """The address of a page on which a member pays for a membership that waits for it, with its trial if they never had
    one. The same `key` again answers the same page. Raises what `gateway` and Stripe raise."""
    row, way = paid.membership(membership), gateway()
    if row.status != PaidMembership.Status.PENDING or row.method != "stripe":
        raise NoCheckout()
    plan = paid.in_force().plan(row.plan)
    names = plan.name if plan else {}
    wanted = Checkout(
        reference=ids.encode("pmb", row.pk), price_minor=row.price_minor, currency=row.currency, interval=row.period,
        name=names.get(get_language() or "en") or names.get("en") or next(iter(names.values()), row.plan),
        trial_days=memberships.trial_days(row), success_url=success_url, cancel_url=cancel_url,
    )  # fmt: skip
    return way.checkout(wanted, key=f"checkout-{row.pk}-{key}"[:255])


@transaction.atomic
def take_notice(*, notice: Notice, at: datetime) -> StripeEvent:
    """Take what Stripe says. The same event again is once; kinds that mean nothing here are noted and ignored."""
    row = StripeEvent(
        event_id=notice.id,
        kind=notice.kind[:80],
        status=Status.IGNORED,
        created_at=notice.created,
        received_at=at,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return StripeEvent.objects.get(event_id=notice.id)
    found = account()
    if notice.kind not in notices.KINDS:
        return row
    if found is not None and found.live != notice.live:
        row.note = "of another mode than the key"
    else:
        _apply(row, notice, at)
    row.save(update_fields=["status", "about", "note", "notice"])
    return row


def _apply(row: StripeEvent, notice: Notice, at: datetime) -> None:
    """Apply a notice, or park it until what it is about is known. A refusal is noted: sending again would not help."""
    try:
        with transaction.atomic():
            about = _waits_for(notice, at)
        row.status, row.about = (Status.PARKED, about) if about else (Status.APPLIED, "")
        row.notice = msgspec.to_builtins(notice) if about else {}
    except DomainError as refused:
        row.status, row.note = Status.IGNORED, f"{refused.code}: {refused}"[:300]
        record(
            "stripe.refused",
            subject=None,
            at=at,
            data={"event": notice.id, "kind": notice.kind, "code": refused.code},
        )


def _waits_for(notice: Notice, at: datetime) -> str:
    """Carry out a notice; what it has to wait for where that cannot be done yet, else ""."""
    if notice.kind == notices.REFUND:
        payment = memberships.payment_of(notice.payment)
        if payment is None:
            return notice.payment
        memberships.refunded(payment=payment, refunded_minor=notice.amount_minor, at=at)
        return ""
    membership = _membership(notice)
    if membership is None:
        return notice.subscription
    if notice.subscription:
        memberships.link(membership=membership, subscription=notice.subscription, customer=notice.customer)
    if notice.kind == notices.CHECKOUT:
        _take_up(notice.subscription, at)
    elif notice.kind in notices.PAID:
        _paid(membership, notice, at)
    elif notice.kind == notices.FAILED:
        memberships.payment_failed(membership=membership, at=at)
    else:
        memberships.follow(
            membership=membership, status="canceled" if notice.kind == notices.DELETED else notice.status,
            cancels_at_end=notice.cancels_at_end, said_at=notice.created, at=at,
        )  # fmt: skip
    return ""


def _membership(notice: Notice) -> UUID | None:
    """Which membership a notice is about: by our own reference, or by the subscription it was linked to."""
    if notice.membership:
        try:
            return paid.membership(ids.decode("pmb", notice.membership)).pk
        except NotFound:
            return None
    return memberships.membership_of(notice.subscription)


def _paid(membership: UUID, notice: Notice, at: datetime) -> None:
    if notice.period_start is None or notice.period_end is None:
        return
    memberships.receive_payment(
        membership=membership, amount_minor=notice.amount_minor, key=f"stripe:{notice.invoice}",
        paid_at=min(notice.created, at), at=at, method="stripe",
        charged=Charged(notice.period_start, notice.period_end, notice.payment),
    )  # fmt: skip
    if notice.payment:
        _take_up(notice.payment, at)


def _take_up(about: str, at: datetime) -> None:
    """Apply what was waiting for this, in the order in which Stripe said it."""
    if not about:
        return
    waiting = StripeEvent.objects.select_for_update(no_key=True).filter(about=about, status=Status.PARKED)
    for row in waiting.order_by("created_at", "event_id"):
        _apply(row, msgspec.convert(row.notice, Notice, strict=False), at)
        row.save(update_fields=["status", "about", "note", "notice"])
