"""A shop that opens gets its side of the books at once."""

from loyalty.core.events.consumers import consumes_now
from loyalty.core.events.models import Event
from loyalty.core.ledger.operations import open_books


@consumes_now("merchant.opened")
def open_books_of_shop(_event: Event) -> None:
    """In the transaction of the opening, in the scope of the shop."""
    open_books()
