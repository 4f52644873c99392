"""Imported codes: each given out once, with a word when few are left."""

import pytest

from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.events.models import Event
from loyalty.core.ids import new
from loyalty.core.ledger.checks import verify
from members.operations.gifts import Occasion
from members.operations.privacy import erase_member
from rewards.models import PoolCode, Reward, Voucher
from rewards.operations.catalogue import edit_reward
from rewards.operations.issuing import issue_reward, withdraw_reward
from rewards.operations.pools import NoPool, discard_codes, import_codes
from rewards.operations.redemption import (
    NotEligible,
    redeem_reward,
    release_redemption,
    reserve_reward,
    use_voucher,
)
from rewards.operations.undoing import put_back
from tests.cast import AT, buy
from tests.rewards.operations.test_kinds import make
from tests.rewards.operations.test_redemption import coffee


@pytest.fixture
def rich(ana):
    buy(ana, 5000)
    return ana


def told(kind):
    return [event.data for event in Event.objects.filter(kind=kind).order_by("id")]


def fill(reward, *codes):
    return import_codes(reward=reward.pk, codes=codes, at=AT)


def test_codes_are_given_out_in_the_order_they_came_and_once(rich):
    reward = make("coupon")
    assert fill(reward, "SUN-1111", "SUN-2222", "SUN-1111").added == 2
    assert fill(reward, "sun 2222", "SUN-3333").added == 1, "the same however it is written"
    given = [
        redeem_reward(member=rich.pk, reward=reward.pk, key=f"k{n}", at=AT).voucher.code for n in range(3)
    ]
    assert given == ["SUN-1111", "SUN-2222", "SUN-3333"]
    with pytest.raises(NotEligible) as refused:
        redeem_reward(member=rich.pk, reward=reward.pk, key="out", at=AT)
    assert [reason.code for reason in refused.value.reasons] == ["out_of_stock"]
    assert use_voucher(code="sun 1111", at=AT).status == "used"
    assert verify() == []


def test_it_is_said_when_few_are_left_and_when_none_is(rich):
    reward = make("coupon", terms={"low_at": 2})
    fill(reward, *[f"CODE-{n:04}" for n in range(4)])
    for number in range(4):
        redeem_reward(member=rich.pk, reward=reward.pk, key=f"k{number}", at=AT)
    assert [data["left"] for data in told("pool.low")] == [2]
    assert len(told("pool.out")) == 1
    fill(reward, "MORE-0001")
    assert Reward.objects.get(pk=reward.pk).stock - Reward.objects.get(pk=reward.pk).taken == 1
    assert [(data["added"], data["left"]) for data in told("pool.filled")] == [(4, 4), (1, 1)]


def test_a_code_that_comes_back_has_been_seen_and_is_never_given_again(rich):
    reward = make("coupon")
    fill(reward, "CODE-0001", "CODE-0002")
    row = reserve_reward(member=rich.pk, reward=reward.pk, key="a", at=AT)
    release_redemption(redemption=row.pk, at=AT)
    again = redeem_reward(member=rich.pk, reward=reward.pk, key="b", at=AT)
    assert again.voucher.code == "CODE-0002"
    found = Reward.objects.get(pk=reward.pk)
    assert (found.stock, found.taken) == (1, 1)
    with pytest.raises(NotEligible):
        redeem_reward(member=rich.pk, reward=reward.pk, key="c", at=AT)
    assert verify() == []


def test_gifts_come_out_of_the_pool_too_as_far_as_it_goes(rich):
    reward = make("coupon")
    fill(reward, "CODE-0001", "CODE-0002")
    occasion = Occasion("referral", new(), rich.pk, AT)
    assert issue_reward(reward=reward.handle, quantity=3, key="k", occasion=occasion) == 2
    assert [data["missing"] for data in told("reward.not_issued")] == [1]
    use_voucher(code="CODE-0001", at=AT)
    assert withdraw_reward(key="k", at=AT) is False
    found = Reward.objects.get(pk=reward.pk)
    assert (found.stock, found.taken) == (1, 1)
    assert verify() == []


def test_what_is_put_back_is_to_be_had_again_unless_it_was_seen(rich):
    reward = coffee(stock=5)
    Reward.objects.filter(pk=reward.pk).update(taken=3)
    put_back(reward=reward.pk, quantity=2)
    put_back(reward=reward.pk, quantity=1, pooled=True)
    found = Reward.objects.get(pk=reward.pk)
    assert (found.stock, found.taken) == (4, 0)


def test_only_rewards_with_a_pool_take_codes_in(rich):
    with pytest.raises(NoPool):
        fill(coffee(), "CODE-0001")
    with pytest.raises(NotFound):
        import_codes(reward=new(), codes=["CODE-0001"], at=AT)
    assert PoolCode.objects.count() == 0


@pytest.mark.parametrize("code", ["", "ab1", "----", "a" * 65, "kod\n1234", " lead", "kodö1234", "a\x00bcde"])
def test_a_code_that_cannot_be_typed_is_refused_with_its_place(rich, code):
    reward = make("coupon")
    with pytest.raises(InvalidInput) as refused:
        fill(reward, "GOOD-0001", code)
    assert [error["field"] for error in refused.value.errors] == ["codes[1]"]
    assert (PoolCode.objects.count(), Reward.objects.get().stock) == (0, 0)


def test_the_stock_of_a_pool_is_what_is_in_it(rich):
    reward = make("coupon", stock=500)
    assert reward.stock == 0
    fill(reward, "CODE-0001")
    assert edit_reward(reward=reward.pk, at=AT, details={"stock": 99}).stock == 1
    assert discard_codes(reward=reward.pk, at=AT) == 1
    assert (Reward.objects.get().stock, PoolCode.objects.count()) == (0, 0)
    assert verify() == []


def test_a_code_of_another_pool_is_not_taken_in_twice(rich):
    one, other = make("coupon"), make("partner", terms={"partner": "Bookshop", "from_pool": True})
    fill(one, "CODE-0001")
    found = fill(other, "code 0001", "CODE-0002")
    assert (found.added, found.known, found.left) == (1, 1, 1)


def test_erasing_a_member_forgets_their_codes(rich):
    reward = make("coupon")
    fill(reward, "CODE-0001", "CODE-0002")
    redeem_reward(member=rich.pk, reward=reward.pk, key="k", at=AT)
    erase_member(member=rich.pk, at=AT)
    assert sorted(PoolCode.objects.values_list("code", flat=True)) == ["", "CODE-0002"]
    assert set(Voucher.objects.values_list("code", "status")) == {("", "void")}
    assert verify() == []
