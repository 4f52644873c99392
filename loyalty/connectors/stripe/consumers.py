"""What is decided here is told to Stripe, after commit and until it has been heard. What Stripe itself said is not."""

from loyalty.connectors.stripe import operations
from loyalty.connectors.stripe.hooks import STRIPE
from loyalty.core.events.consumers import consumes
from loyalty.core.events.models import Event


def _subscription(event: Event) -> str:
    """The subscription an event is about; "" where Stripe said it first, or has nothing to do with it."""
    if event.actor == str(STRIPE) or operations.account() is None:
        return ""
    return str(event.data.get("provider_subscription") or "")


def _key(event: Event) -> str:
    return f"loyalty-event-{event.merchant_id}-{event.pk}"


@consumes("membership.cancelled", "membership.resumed")
def tell_of_the_end(event: Event) -> None:
    """Cancelled at the end of the period, or not after all."""
    if subscription := _subscription(event):
        cancels = event.kind == "membership.cancelled"
        operations.gateway().cancel_at_end(subscription, cancels=cancels, key=_key(event))


@consumes("membership.ended")
def end_it_there(event: Event) -> None:
    """Ended here it is charged no more."""
    if subscription := _subscription(event):
        operations.gateway().cancel_now(subscription, key=_key(event))


@consumes("membership.refunded")
def send_it_back(event: Event) -> None:
    """Refunded by staff: the money goes back the way it came."""
    payment = str(event.data.get("payment") or "")
    if _subscription(event) and payment:
        operations.gateway().refund(payment, amount_minor=event.data["amount_minor"], key=_key(event))


@consumes("membership.price_changes")
def charge_the_new_price(event: Event) -> None:
    """A price that counts from the next period on."""
    if subscription := _subscription(event):
        operations.gateway().change_price(
            subscription, price_minor=event.data["after_minor"], key=_key(event)
        )
