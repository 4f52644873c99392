"""What the tests of operations share."""

import pytest

from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from tests.cast import MARA, publish
from tests.members.operations.town import Town, a_town


@pytest.fixture
def town(luna: Merchant, other_shop: Merchant) -> Town:
    with acting_for(luna, by=MARA):
        publish()
    return a_town(luna, other_shop)
