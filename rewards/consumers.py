"""What follows by itself, after what caused it is committed: free places go to whoever waits, points set aside for an
order are spent when it comes and given back when it is refunded. As of when it happened, however
late the worker is."""

from uuid import UUID

from loyalty.core.events.consumers import consumes
from loyalty.core.events.models import Event
from loyalty.core.events.operations import record
from rewards.operations.checkout import return_payment, settle_payment
from rewards.operations.places import clear_session, move_up


@consumes("place.freed")
def give_to_whoever_waits(event: Event) -> None:
    """One place in one transaction; when somebody was looked at, the next turn comes by another event."""
    at = event.happened_at
    if move_up(session=UUID(event.data["session"]), at=at) is not None:
        record("place.freed", subject=None, at=at, data={"session": event.data["session"]})


@consumes("session.cancelled")
def give_everybody_their_points_back(event: Event) -> None:
    """The date was called off."""
    if event.subject is not None:
        clear_session(session=event.subject, at=event.happened_at, reason=event.data["reason"])


@consumes("order.paid_with_points")
def spend_what_was_set_aside(event: Event) -> None:
    """The order is there."""
    settle_payment(order=UUID(event.data["order"]), at=event.happened_at)


@consumes("order.refunded", "order.cancelled")
def give_back_what_paid(event: Event) -> None:
    """The order, or a part of it, was undone."""
    return_payment(order=UUID(event.data["order"]), at=event.happened_at)
