"""What a Stripe event says that matters to a membership. Pure: reads the JSON of a delivery, old or new API version.

Stripe delivers at least once and in no order. Nothing of a person is taken out of a delivery: ids, amounts, instants.
"""

from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

CHECKOUT, REFUND = "checkout.session.completed", "charge.refunded"
PAID = ("invoice.paid", "invoice.payment_succeeded")  # Stripe sends both for one invoice
FAILED = "invoice.payment_failed"
SUBSCRIPTION = ("customer.subscription.created", "customer.subscription.updated")
DELETED = "customer.subscription.deleted"
KINDS = frozenset({CHECKOUT, REFUND, *PAID, FAILED, *SUBSCRIPTION, DELETED})


class NotUnderstood(ValueError):
    """The body is no event of Stripe's."""


class Notice(Struct, frozen=True):
    """One event. Amounts in minor units; `membership` is our own reference, where Stripe sends it back."""

    id: str
    kind: str
    created: datetime
    live: bool
    subscription: str = ""
    membership: str = ""
    customer: str = ""
    status: str = ""
    cancels_at_end: bool = False
    invoice: str = ""
    payment: str = ""
    amount_minor: int = 0
    period_start: datetime | None = None
    period_end: datetime | None = None


def read(event: Any) -> Notice:
    """The notice of a decoded delivery. Raises `NotUnderstood`."""
    try:
        told, kind = event["data"]["object"], event["type"]
        common: dict[str, Any] = {"id": _text(event["id"]), "kind": _text(kind), "created": _instant(event["created"]),
                  "live": bool(event.get("livemode"))}  # fmt: skip
        if not common["id"] or not common["kind"] or not isinstance(told, dict):
            raise NotUnderstood("no id, type or object")
        if kind == CHECKOUT:
            return Notice(**common, **_checkout(told))
        if kind in SUBSCRIPTION or kind == DELETED:
            return Notice(**common, **_subscription(told))
        if kind in PAID or kind == FAILED:
            return Notice(**common, **_invoice(told))
        if kind == REFUND:
            return Notice(**common, **_charge(told))
        return Notice(**common)
    except (KeyError, TypeError, AttributeError, IndexError, OverflowError, OSError) as error:
        raise NotUnderstood(str(error)) from None


def _text(value: Any) -> str:
    """An id, also where Stripe was asked to send the whole object in its place."""
    if isinstance(value, dict):
        value = value.get("id")
    return value[:255] if isinstance(value, str) else ""


def _instant(value: Any) -> datetime:
    if isinstance(value, bool) or not isinstance(value, int):
        raise NotUnderstood("an instant is no number")
    return datetime.fromtimestamp(value, UTC)


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _checkout(told: dict[str, Any]) -> dict[str, Any]:
    metadata = told.get("metadata") or {}
    if told.get("mode") != "subscription":
        return {}
    return {
        "subscription": _text(told.get("subscription")),
        "membership": _text(told.get("client_reference_id")) or _text(metadata.get("membership")),
        "customer": _text(told.get("customer")),
        "status": _text(told.get("payment_status")),
    }


def _subscription(told: dict[str, Any]) -> dict[str, Any]:
    metadata, items = told.get("metadata") or {}, (told.get("items") or {}).get("data") or [{}]
    ends = told.get("current_period_end") or items[0].get("current_period_end")  # moved to the items in 2025
    return {
        "subscription": _text(told["id"]),
        "membership": _text(metadata.get("membership")),
        "customer": _text(told.get("customer")),
        "status": _text(told.get("status")),
        "cancels_at_end": bool(told.get("cancel_at_period_end")) or _whole(told.get("cancel_at")) > 0,
        "period_end": _instant(ends) if ends else None,
    }


def _invoice(told: dict[str, Any]) -> dict[str, Any]:
    parent = (told.get("parent") or {}).get("subscription_details") or {}  # where newer versions have it
    metadata = (told.get("subscription_details") or {}).get("metadata") or parent.get("metadata") or {}
    periods = [
        line["period"] for line in (told.get("lines") or {}).get("data") or [] if not _is_proration(line)
    ]
    return {
        "invoice": _text(told["id"]),
        "subscription": _text(told.get("subscription")) or _text(parent.get("subscription")),
        "membership": _text(metadata.get("membership")),
        "customer": _text(told.get("customer")),
        "amount_minor": _whole(told.get("amount_paid")),
        "payment": _payment_of(told),
        "period_start": min((_instant(period["start"]) for period in periods), default=None),
        "period_end": max((_instant(period["end"]) for period in periods), default=None),
    }


def _is_proration(line: dict[str, Any]) -> bool:
    details = (line.get("parent") or {}).get("subscription_item_details") or {}
    return bool(line.get("proration") or details.get("proration"))


def _payment_of(invoice: dict[str, Any]) -> str:
    found = _text(invoice.get("payment_intent")) or _text(invoice.get("charge"))
    for one in (invoice.get("payments") or {}).get("data") or []:
        payment = one.get("payment") or {}
        found = found or _text(payment.get("payment_intent")) or _text(payment.get("charge"))
    return found


def _charge(told: dict[str, Any]) -> dict[str, Any]:
    return {
        "payment": _text(told.get("payment_intent")) or _text(told["id"]),
        "invoice": _text(told.get("invoice")),
        "customer": _text(told.get("customer")),
        "amount_minor": _whole(told.get("amount_refunded")),
    }
