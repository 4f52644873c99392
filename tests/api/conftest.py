"""The storefront's side of Café Luna and of the other shop."""

from collections.abc import Iterator

import pytest

from loyalty.core.api import throttling
from loyalty.core.merchants import queries as merchants
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from tests.api.caller import Caller, key_for
from tests.cast import MARA, publish

PERK = {"id": "free-shipping", "kind": "free_shipping"}
QUESTIONS = {"questions": [{"id": "roast", "name": {"en": "Which roast?"},
                            "options": [{"id": "dark", "name": {"en": "Dark"}}]}]}  # fmt: skip
PLANS = {"plans": [{"id": "plus", "price_minor": 29_900, "perks": [PERK]}]}
SHARING = {"transfers": {"on": True}, "household": {"on": True}}


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    """Nothing that is kept for half a second outlives a test."""
    forget()
    yield
    forget()


def forget() -> None:
    """Let the next request ask the database again."""
    throttling.forget_local()
    merchants._kept.clear()
    merchants._shops.clear()


def opened(merchant: Merchant) -> Merchant:
    """A merchant, with a programme in force."""
    with acting_for(merchant, by=MARA):
        publish(sharing=SHARING, membership_plans=PLANS, referrals={"on": True})
    return merchant


@pytest.fixture
def shopfront(luna: Merchant) -> Merchant:
    """Café Luna with one point per krona in force sharing and a plan, and no scope open: as a request finds it."""
    return opened(luna)


@pytest.fixture
def call(shopfront: Merchant) -> Caller:
    """Café Luna's own storefront, with every scope."""
    return Caller(key_for(shopfront))


@pytest.fixture
def ottos_call(other_shop: Merchant) -> Caller:
    """Another shop's storefront, with every scope there."""
    return Caller(key_for(other_shop))
