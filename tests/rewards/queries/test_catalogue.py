"""What a member sees of the catalogue."""

import pytest

from loyalty.core.errors import InvalidInput, NotFound
from members.queries.story import Kind, story
from rewards.operations.catalogue import StockBelowTaken, create_reward, edit_reward, retire_reward
from rewards.operations.redemption import (
    redeem_reward,
    release_redemption,
    reserve_reward,
    reverse_redemption,
)
from rewards.queries.catalogue import offers, reward, rewards
from tests.cast import AT, buy
from tests.rewards.operations.test_redemption import coffee


def test_offers_say_what_is_missing_in_a_few_queries(ana, django_assert_max_num_queries):
    buy(ana, 150)
    cheap, dear = coffee(), coffee(cost_points=400)
    for number in range(10):
        coffee(cost_points=1000 + number)
    retire_reward(reward=coffee(cost_points=1).pk, at=AT)
    with django_assert_max_num_queries(5):
        found = offers(ana.pk, at=AT)
    assert [offer.reward.pk for offer in found[:2]] == [cheap.pk, dear.pk]
    assert len(found) == 12
    assert (found[0].can_have, found[0].points_missing) == (True, 0)
    assert (found[1].can_have, found[1].points_missing) == (False, 250)
    assert rewards(retired=True).count() == 13


def test_unknown_ones_are_not_found(ana):
    with pytest.raises(NotFound):
        reward(ana.pk)
    with pytest.raises(NotFound):
        offers(coffee().pk, at=AT)


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"kind": "money"}, "kind"),
        ({"name": {}}, "name"),
        ({"name": {"en": "  "}}, "name"),
        ({"name": {"xx": "Kaffe"}}, "name.xx"),
        ({"name": {"en": "x" * 121}}, "name.en"),
        ({"description": {"en": "nul\x00"}}, "description.en"),
        ({"cost_points": -1}, "cost_points"),
        ({"cost_points": 10**13}, "cost_points"),
        ({"stock": -1}, "stock"),
        ({"limit_per_member": -1}, "limit_per_member"),
        ({"code_valid_days": 0}, "code_valid_days"),
        ({"kind": "percent_off", "value": 10_001}, "value"),
        ({"kind": "money_off", "value": 0}, "value"),
        ({"available_from": AT, "available_until": AT}, "available_until"),
    ],
)
def test_a_bad_reward_is_refused_by_its_field(cafe, details, field):
    with pytest.raises(InvalidInput) as refused:
        coffee(**details)
    assert [error["field"] for error in refused.value.errors] == [field]
    assert rewards().count() == 0


def test_the_stock_cannot_shrink_below_what_is_taken(ana):
    buy(ana, 500)
    row = coffee(stock=3)
    redeem_reward(member=ana.pk, reward=row.pk, key="a", at=AT)
    redeem_reward(member=ana.pk, reward=row.pk, key="b", at=AT)
    with pytest.raises(StockBelowTaken):
        edit_reward(reward=row.pk, at=AT, details={"stock": 1})
    assert edit_reward(reward=row.pk, at=AT, details={"stock": 2}).stock == 2


def test_the_story_names_the_reward_and_how_far_it_came(ana):
    buy(ana, 500)
    row = create_reward(
        at=AT, details={"kind": "custom", "name": {"en": "A {cup}", "sv": "En mugg"}, "cost_points": 50}
    )
    reserve_reward(member=ana.pk, reward=row.pk, key="open", at=AT)
    redeem_reward(member=ana.pk, reward=row.pk, key="used", at=AT)
    given_up = reserve_reward(member=ana.pk, reward=row.pk, key="given up", at=AT)
    release_redemption(redemption=given_up.pk, at=AT, reason="changed {my} mind")
    undone = redeem_reward(member=ana.pk, reward=row.pk, key="undone", at=AT)
    reverse_redemption(redemption=undone.pk, at=AT, reason="")
    told = [(one.kind, one.change, one.sentence) for one in story(ana.pk).rows]
    assert told == [
        (Kind.RETURNED, 50, "50 points used for “A {cup}” came back"),
        (Kind.REDEMPTION, -50, "50 points used for “A {cup}”; they came back"),
        (Kind.RETURNED, 50, "50 points set aside for “A {cup}” came back: changed {my} mind"),
        (Kind.REDEMPTION, -50, "50 points set aside for “A {cup}”; they came back"),
        (Kind.REDEMPTION, -50, "50 points used for “A {cup}”"),
        (Kind.REDEMPTION, -50, "50 points set aside for “A {cup}”"),
        (Kind.ORDER, 500, "500 points: 1 for every SEK\xa01.00 of SEK\xa0500.00"),
    ]
