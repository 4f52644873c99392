"""The only place that speaks to Stripe, through Stripe's own library."""

import importlib
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError

TOLERANCE_SECONDS = 300


class StripeAway(DomainError):
    code = "payment_service_away"
    status = 503
    message = _("The payment service does not answer. Try again in a moment.")


class StripeRefused(DomainError):
    code = "payment_service_refused"
    message = _("The payment service refused this: {why}")


class BadSignature(Exception):
    """A delivery that Stripe did not sign, or long ago."""


def _library() -> Any:
    """Stripe's library, loaded when a shop first uses it: most never do."""
    return importlib.import_module("stripe")


def verify(payload: bytes, header: str, secret: str) -> None:
    """Check a delivery's signature and age, over the very bytes that came. Raises `BadSignature`."""
    library = _library()
    try:
        text = payload.decode("utf-8")
        library.WebhookSignature.verify_header(text, header, secret, TOLERANCE_SECONDS)
    except (library.SignatureVerificationError, UnicodeError, ValueError, TypeError) as error:
        raise BadSignature(type(error).__name__) from None


@dataclass(frozen=True, slots=True)
class Checkout:
    """What a member is asked to pay for. `reference` is our name for it; addresses are where they come back to."""

    reference: str
    name: str
    price_minor: int
    currency: str
    interval: str
    trial_days: int
    success_url: str
    cancel_url: str


class Gateway:
    """One shop's account. Every call that changes something carries a key, so that a repetition is the same call."""

    def __init__(self, secret_key: str):
        self._client = _library().StripeClient(secret_key)

    def checkout(self, wanted: Checkout, *, key: str) -> str:
        """The address of a page on which the member pays."""
        subscription: dict[str, Any] = {"metadata": {"membership": wanted.reference}}
        if wanted.trial_days:
            subscription["trial_period_days"] = wanted.trial_days
        price = {
            "currency": wanted.currency.lower(), "unit_amount": wanted.price_minor,
            "recurring": {"interval": wanted.interval}, "product_data": {"name": wanted.name},
        }  # fmt: skip
        session = self._call(
            self._client.v1.checkout.sessions.create, key=key,
            params={
                "mode": "subscription", "client_reference_id": wanted.reference, "subscription_data": subscription,
                "line_items": [{"price_data": price, "quantity": 1}], "success_url": wanted.success_url,
                "cancel_url": wanted.cancel_url,
            },
        )  # fmt: skip
        return str(session.url)

    def cancel_at_end(self, subscription: str, *, cancels: bool, key: str) -> None:
        """Let a subscription end with its period, or not."""
        self._call(self._client.v1.subscriptions.update, subscription, key=key,
                   params={"cancel_at_period_end": cancels})  # fmt: skip

    def cancel_now(self, subscription: str, *, key: str) -> None:
        """End a subscription at once; one that is gone already stays gone."""
        try:
            self._call(self._client.v1.subscriptions.cancel, subscription, key=key, params={})
        except StripeRefused as refused:
            if refused.params.get("reason") != "resource_missing":
                raise

    def refund(self, payment: str, *, amount_minor: int, key: str) -> None:
        """Send money back, of a payment intent or a charge."""
        name = "charge" if payment.startswith(("ch_", "py_")) else "payment_intent"
        self._call(self._client.v1.refunds.create, key=key, params={name: payment, "amount": amount_minor})

    def change_price(self, subscription: str, *, price_minor: int, key: str) -> None:
        """What the next period costs; the one that runs stays as it was paid."""
        found = self._call(self._client.v1.subscriptions.retrieve, subscription)
        item = found["items"]["data"][0]
        price = item["price"]
        changed = {
            "currency": price["currency"], "product": price["product"], "unit_amount": price_minor,
            "recurring": {"interval": price["recurring"]["interval"]},
        }  # fmt: skip
        self._call(
            self._client.v1.subscriptions.update, subscription, key=key,
            params={"items": [{"id": item["id"], "price_data": changed}], "proration_behavior": "none"},
        )  # fmt: skip

    def _call(self, work: Any, *named: str, key: str = "", params: dict[str, Any] | None = None) -> Any:
        """One call; raises `StripeRefused`, or `StripeAway` where trying again may help."""
        library = _library()
        more: dict[str, Any] = {} if params is None else {"params": params}
        if key:
            more["options"] = {"idempotency_key": key}
        try:
            return work(*named, **more)
        except (library.APIConnectionError, library.RateLimitError) as error:
            raise StripeAway() from error
        except library.StripeError as error:
            if (error.http_status or 500) >= 500:
                raise StripeAway() from error
            why = str(error.user_message or error.code or type(error).__name__)
            raise StripeRefused(why=why[:200], reason=error.code) from None
