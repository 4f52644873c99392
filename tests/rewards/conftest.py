"""A shop for races: everything in it is committed."""

import pytest

from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from tests.cast import MARA, publish, shop


@pytest.fixture
def luna_open(transactional_db) -> Merchant:
    """Café Luna with a programme, committed, so that every connection sees it."""
    merchant = shop()
    with acting_for(merchant, by=MARA):
        publish()
    return merchant
