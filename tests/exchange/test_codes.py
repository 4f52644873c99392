"""Codes for a reward's pool by a file, and taken out again where nobody was given them."""

import pytest

from loyalty.core import ids
from loyalty.core.errors import InvalidInput
from loyalty.core.ledger.checks import verify
from loyalty.core.merchants.models import Merchant
from members.models import Member
from members.operations.points import adjust_points
from rewards.models import PoolCode, Reward
from rewards.operations.catalogue import create_reward
from rewards.operations.pools import import_codes, withdraw_codes
from rewards.operations.redemption import redeem_reward
from tests.cast import AT
from tests.exchange.conftest import Send, csv_of


@pytest.fixture
def pool(cafe: Merchant) -> Reward:
    return create_reward(at=AT, details={"kind": "coupon", "name": {"en": "Film"}, "cost_points": 10})


def named(reward: Reward) -> str:
    return ids.encode("rwd", reward.pk)


def test_codes_fill_the_pool_once(pool: Reward, send: Send):
    content = csv_of("Coupon code", "FILM-0001", "FILM-0002", "FILM-0001", "x", "film 0002")
    sent = send("codes", content, reward=named(pool))
    assert sent.checked == {"ready": 2, "known": 0, "bad": 3, "made": 0}
    assert sent.run().done["made"] == 2
    pool.refresh_from_db()
    assert pool.stock == 2
    assert send("codes", content, reward=named(pool)).checked["known"] == 2
    assert verify() == []


def test_undoing_takes_back_what_nobody_has(pool: Reward, ana: Member, send: Send):
    import_codes(reward=pool.pk, codes=["OLD-0001"], at=AT)
    sent = send("codes", csv_of("code", "FILM-0001", "FILM-0002", "OLD-0001"), reward=named(pool)).run()
    assert sent.done == {"ready": 0, "known": 1, "bad": 0, "made": 2}
    adjust_points(member=ana.pk, amount=100, reason="x", at=AT)
    for key in ("a", "b"):
        redeem_reward(member=ana.pk, reward=pool.pk, key=key, at=AT)  # the old one and one of the new
    assert sent.undo() == {"undone": 1, "kept": 1}
    pool.refresh_from_db()
    assert (pool.stock, pool.taken, PoolCode.objects.count()) == (2, 2, 2)
    assert sent.bad("undoing")[0][2] == "This code was given to a member."
    assert verify() == []


def test_a_code_that_was_given_is_never_withdrawn(pool: Reward, ana: Member):
    import_codes(reward=pool.pk, codes=["OLD-0001"], at=AT)
    adjust_points(member=ana.pk, amount=100, reason="x", at=AT)
    redeem_reward(member=ana.pk, reward=pool.pk, key="a", at=AT)
    assert withdraw_codes(codes=list(PoolCode.objects.values_list("pk", flat=True)), at=AT) == set()
    assert PoolCode.objects.count() == 1


def test_a_reward_has_to_be_chosen_that_takes_codes(pool: Reward, send: Send):
    cup = create_reward(at=AT, details={"kind": "custom", "name": {"en": "Cup"}, "cost_points": 10})
    for chosen in ("", named(cup)):
        with pytest.raises(InvalidInput):
            send("codes", csv_of("code", "FILM-0001"), reward=chosen)
