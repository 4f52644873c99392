"""The cast of `tests.cast`, made once for all tests of a module that import it: see the fixture `standing`."""

from collections.abc import Iterator

import pytest

from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from tests.cast import MARA, person, publish, shop

__all__ = ["ana", "ben", "cafe", "luna"]


@pytest.fixture(scope="module")
def luna(standing: None) -> Merchant:
    """Café Luna, open, with no programme; outside any scope."""
    return shop()


@pytest.fixture(scope="module")
def cafe(luna: Merchant) -> Iterator[Merchant]:
    """Café Luna with one point per krona in force; the module's tests act as Mara, its owner."""
    with acting_for(luna, by=MARA):
        publish()
        yield luna


@pytest.fixture(scope="module")
def ana(cafe: Merchant) -> Member:
    """Ana, a member of Café Luna."""
    return person("ana", given_name="Ana", family_name="Alm")


@pytest.fixture(scope="module")
def ben(cafe: Merchant) -> Member:
    """Ben, another member of Café Luna."""
    return person("ben", given_name="Ben", family_name="Berg")
