"""What a module makes once stands for each of its tests, and none sees what another did to it."""

from collections.abc import Iterator

import pytest

from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from tests.cast import MARA, person, publish, shop


@pytest.fixture(scope="module")
def cafe(standing: None) -> Iterator[Merchant]:
    made = shop()
    with acting_for(made, by=MARA):
        publish()
        person("ana")
        yield made


@pytest.mark.parametrize("time", [1, 2])
def test_each_begins_with_what_the_module_made(cafe: Merchant, time: int) -> None:
    person(f"eva {time}")
    Member.objects.filter(identities__value="ana").update(channel="changed")
    assert Member.objects.count() == 2


def test_and_leaves_nothing(cafe: Merchant) -> None:
    assert list(Member.objects.values_list("channel", flat=True)) == [""]
