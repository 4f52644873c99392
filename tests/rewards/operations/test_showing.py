"""To see a price that is compared is to meet it; to ask what it is is not."""

from typing import Any

import pytest

from loyalty.core import ids
from members.models import Member
from members.operations import comparisons
from members.operations.comparisons import Exposed, keep_book
from members.rules.comparisons import Arm, Comparison, Comparisons, Holdout
from rewards.operations.catalogue import create_reward
from rewards.operations.showing import show_offers
from rewards.queries.catalogue import offers
from tests.cast import AT, days

LATER = AT + days(1)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Exposed]:
    """What is told to whoever keeps exposures."""
    found: list[Exposed] = []

    class Ear:
        def saw(self, seen: Any) -> None:
            found.extend(seen)

    monkeypatch.setattr(comparisons, "_watches", [Ear()])
    return found


@pytest.mark.parametrize(("holdout", "price"), [(0, 70), (10_000, 100)])
def test_a_price_is_shown_by_variant_and_told(
    cafe: Any, ana: Member, heard: list[Exposed], holdout: int, price: int
) -> None:
    cup = create_reward(at=AT, details={"kind": "custom", "name": {"en": "Cup"}, "cost_points": 100})
    create_reward(at=AT, details={"kind": "custom", "name": {"en": "Hat"}, "cost_points": 300})
    both = Arm("a", values={"cost_points": 70}), Arm("b", values={"cost_points": 70})
    one = Comparison(ids.new(), "reward", str(cup.pk), "Cheaper", AT, both, base=100)
    keep_book(comparisons=Comparisons("salt", (one,), (Holdout(AT, holdout),)))
    assert [offer.reward.cost_points for offer in offers(ana.pk, at=LATER)] == [price, 300]
    assert heard == []
    assert [offer.reward.cost_points for offer in show_offers(member=ana.pk, at=LATER)] == [price, 300]
    met = [(found.member, found.experiment, found.variant, found.source) for found in heard]
    assert met == ([] if holdout else [(ana.pk, one.id, one.arm_of(ana.pk).key, cup.pk)])
