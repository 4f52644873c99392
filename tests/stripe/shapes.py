"""Deliveries in the shape in which Stripe sends them, made up for tests: old and new API versions."""

import itertools
from datetime import datetime
from typing import Any

from tests.cast import AT, days

_numbers = itertools.count(1)


def stamp(moment: datetime) -> int:
    return int(moment.timestamp())


def event(
    kind: str, told: dict[str, Any], *, at: datetime = AT, live: bool = False, name: str = ""
) -> dict[str, Any]:
    return {
        "id": name or f"evt_{next(_numbers)}", "object": "event", "api_version": "2022-11-15", "created": stamp(at),
        "data": {"object": told}, "livemode": live, "pending_webhooks": 1, "type": kind,
        "request": {"id": None, "idempotency_key": None},
    }  # fmt: skip


def checkout(membership: str, *, subscription: str = "sub_1", **more: Any) -> dict[str, Any]:
    told = {
        "id": "cs_test_1", "object": "checkout.session", "mode": "subscription", "status": "complete",
        "payment_status": "paid", "client_reference_id": membership or None, "customer": "cus_1", "metadata": {},
        "subscription": subscription, "customer_details": {"email": "ana@example.com", "name": "Ana Alm"},
    }  # fmt: skip
    return event("checkout.session.completed", told, **more)


def subscription(
    status: str = "active", *, membership: str = "", kind: str = "updated", cancels: bool = False, sub: str = "sub_1",
    new: bool = False, **more: Any,
) -> dict[str, Any]:  # fmt: skip
    ends = stamp(AT + days(30))
    item = {"id": "si_1", "price": {"id": "price_1"}, **({"current_period_end": ends} if new else {})}
    told = {
        "id": sub, "object": "subscription", "status": status, "cancel_at_period_end": cancels, "cancel_at": None,
        "customer": "cus_1", "metadata": {"membership": membership} if membership else {}, "items": {"data": [item]},
        **({} if new else {"current_period_end": ends}),
    }  # fmt: skip
    return event(f"customer.subscription.{kind}", told, **more)


def invoice(
    amount: int = 3_900, *, since: datetime = AT, until: datetime | None = None, number: str = "in_1", sub: str = "sub_1",
    kind: str = "invoice.paid", new: bool = False, payment: str = "pi_1", **more: Any,
) -> dict[str, Any]:  # fmt: skip
    period = {"start": stamp(since), "end": stamp(until or since + days(31))}
    told: dict[str, Any] = {
        "id": number, "object": "invoice", "status": "paid", "amount_paid": amount, "customer": "cus_1",
        "customer_email": "ana@example.com", "billing_reason": "subscription_cycle", "currency": "sek",
        "lines": {"object": "list", "data": [{"id": "il_1", "amount": amount, "period": period, "proration": False}]},
    }  # fmt: skip
    if new:
        told["parent"] = {"type": "subscription_details", "subscription_details": {"subscription": sub}}
        told["payments"] = {"data": [{"payment": {"type": "payment_intent", "payment_intent": payment}}]}
    else:
        told |= {"subscription": sub, "payment_intent": payment, "charge": "ch_1"}
    return event(kind, told, **more)


def refund(amount: int, *, payment: str = "pi_1", **more: Any) -> dict[str, Any]:
    told = {"id": "ch_1", "object": "charge", "amount": 3_900, "amount_refunded": amount, "payment_intent": payment,
            "billing_details": {"email": "ana@example.com"}, "customer": "cus_1"}  # fmt: skip
    return event("charge.refunded", told, **more)
