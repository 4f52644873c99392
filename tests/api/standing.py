"""Café Luna's storefront and the other shop's, made once for a module: with something of everything at Café Luna."""

import pytest

from loyalty.core.merchants.models import Merchant
from tests.api.caller import Caller, key_for
from tests.api.conftest import forget, opened
from tests.api.one_of_each import everything
from tests.cast import shop

KNOWN = "customer-1001"
"""What examples call somebody: the member who has everything."""


@pytest.fixture(scope="module")
def luna(standing: None) -> Merchant:
    forget()
    return shop()


@pytest.fixture(scope="module")
def other_shop(standing: None) -> Merchant:
    return shop("ottos", name="Otto's Books")


@pytest.fixture(scope="module")
def shopfront(luna: Merchant) -> Merchant:
    return opened(luna)


@pytest.fixture(scope="module")
def call(shopfront: Merchant) -> Caller:
    return Caller(key_for(shopfront))


@pytest.fixture(scope="module")
def ottos_call(other_shop: Merchant) -> Caller:
    return Caller(key_for(other_shop))


@pytest.fixture(scope="module")
def lunas(call: Caller) -> dict[str, str]:
    """One of each thing at Café Luna by prefix, and a code."""
    return everything(call, KNOWN)
