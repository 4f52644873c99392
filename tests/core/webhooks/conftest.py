"""A receiver for Café Luna, and a shop without anything waiting in its outbox."""

from collections.abc import Iterator

import pytest

from loyalty.core.events import tasks as events
from loyalty.core.merchants.models import Merchant
from loyalty.core.webhooks import queries
from tests.core.webhooks.receiver import Receiver, receiving


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    """Who waits for what is kept for some seconds; no test hears of another's."""
    queries._chosen.clear()
    yield
    queries._chosen.clear()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def quiet(luna: Merchant) -> Merchant:
    """Café Luna with an empty outbox and no scope open."""
    events.dispatch_waiting()
    return luna
