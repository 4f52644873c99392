"""Rewards handed out for nothing: by rules, once each, as far as there are any."""

import pytest

from loyalty.core.errors import InvalidInput
from loyalty.core.events.models import Event
from loyalty.core.ids import new
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from members.models import Order
from members.operations.gifts import Occasion
from members.operations.merging import merge
from members.operations.privacy import erase_member
from members.operations.refunds import cancel_order, refund_order
from members.queries.story import Kind, story
from members.rules.shopping import NewRefund
from rewards.models import Redemption, Reward, Voucher
from rewards.operations.catalogue import HandleTaken, create_reward, edit_reward, retire_reward
from rewards.operations.issuing import RewardShelf, issue_reward, withdraw_reward
from rewards.operations.privacy import holder
from rewards.operations.redemption import (
    NotEligible,
    commit_redemption,
    redeem_reward,
    release_redemption,
    reserve_reward,
    reverse_redemption,
    use_voucher,
)
from rewards.queries.catalogue import offers
from rewards.queries.redemptions import codes, redemptions
from tests.cast import AT, ONE_POINT_PER_KRONA, buy, days, person, publish
from tests.rewards.operations.test_redemption import coffee

FREE = {"type": "issue_reward", "id": "free", "reward": "free-coffee"}


def issue(member, quantity=1, key="k", reward="free-coffee", at=AT):
    occasion = Occasion("referral", new(), member.pk, at)
    return issue_reward(reward=reward, quantity=quantity, key=key, occasion=occasion)


def told(kind):
    return [event.data for event in Event.objects.filter(kind=kind).order_by("id")]


def test_a_purchase_hands_out_a_code_that_costs_no_points(ana):
    coffee(stock=5, limit_per_member=0)
    publish(ONE_POINT_PER_KRONA, FREE)
    buy(ana, 50)
    [row] = redemptions(member=ana.pk)
    [code] = codes([row])[row.pk]
    assert (row.status, row.cost_points, row.source_kind, row.source) == (
        "committed", 0, "order", Order.objects.get().pk,
    )  # fmt: skip
    assert (balance(ana.pk).available, Reward.objects.get().taken) == (50, 1)
    assert use_voucher(code=code.code, at=AT).status == "used"
    assert balance(ana.pk).available == 50
    assert verify() == []


def test_the_same_key_twice_is_once(ana):
    coffee(stock=5)
    assert [issue(ana, 2), issue(ana, 2)] == [2, 2]
    assert (Redemption.objects.count(), Voucher.objects.count(), Reward.objects.get().taken) == (1, 2, 2)
    assert len(told("reward.issued")) == 1


def test_each_of_several_has_a_code_of_its_own(ana):
    coffee()
    issue(ana, 3)
    [row] = redemptions(member=ana.pk)
    first, second, third = codes([row])[row.pk]
    use_voucher(code=second.code, at=AT)
    assert [code.status for code in codes([row])[row.pk]] == ["active", "used", "active"]
    assert row.voucher == first
    assert third.code != first.code
    assert verify() == []


def test_when_nothing_is_left_the_order_stands_and_it_is_said(ana):
    coffee(stock=1)
    publish(ONE_POINT_PER_KRONA, {**FREE, "quantity": 3})
    buy(ana, 50)
    buy(ana, 20)
    assert [row.quantity for row in redemptions(member=ana.pk)] == [1]
    assert [(data["missing"], data["why"]) for data in told("reward.not_issued")] == [
        (2, "out_of_stock"), (3, "out_of_stock"),
    ]  # fmt: skip
    assert (balance(ana.pk).available, Order.objects.count(), Reward.objects.get().taken) == (70, 2, 1)
    assert verify() == []


def test_a_reward_that_is_gone_or_retired_is_not_handed_out_and_it_is_said(ana):
    retire_reward(reward=coffee().pk, at=AT)
    assert [issue(ana), issue(ana, key="x", reward="never-made")] == [0, 0]
    assert [data["why"] for data in told("reward.not_issued")] == ["retired", "unknown"]
    assert Redemption.objects.count() == 0


def test_what_was_handed_out_uses_up_no_limit(ana):
    buy(ana, 500)
    reward = coffee(limit_per_member=1)
    issue(ana)
    issue(ana, key="again")
    assert redeem_reward(member=ana.pk, reward=reward.pk, key="bought", at=AT).status == "committed"
    with pytest.raises(NotEligible):
        redeem_reward(member=ana.pk, reward=reward.pk, key="twice", at=AT)


def test_a_cancelled_order_takes_back_what_nobody_used(ana):
    coffee(stock=5)
    publish(ONE_POINT_PER_KRONA, FREE)
    buy(ana, 50, external_id="cancelled")
    half = NewRefund(external_id="half", amount_minor=2500, refunded_at=AT)
    refund_order(source="api", order_external_id="cancelled", refund=half, at=AT)
    assert Redemption.objects.get().status == "committed", "half of it came back: the gift cannot be divided"
    cancel_order(source="api", order_external_id="cancelled", cancelled_at=AT, at=AT)
    assert (Redemption.objects.get().status, Voucher.objects.get().status) == ("reversed", "void")
    assert (Reward.objects.get().taken, balance(ana.pk).available) == (0, 0)
    assert verify() == []


def test_what_was_used_stays_and_the_rest_goes(ana):
    coffee(stock=5)
    issue(ana, 3)
    [row] = redemptions(member=ana.pk)
    use_voucher(code=codes([row])[row.pk][0].code, at=AT)
    assert withdraw_reward(key="k", at=AT) is False
    assert withdraw_reward(key="k", at=AT) is False
    assert sorted(code.status for code in codes([row])[row.pk]) == ["used", "void", "void"]
    assert Reward.objects.get().taken == 1
    assert [data["quantity"] for data in told("reward.withdrawn")] == [2]
    assert verify() == []


def test_withdrawing_what_was_never_given_is_no_mistake(ana):
    coffee()
    assert withdraw_reward(key="nothing", at=AT) is True
    issue(ana)
    assert [withdraw_reward(key="k", at=AT), withdraw_reward(key="k", at=AT)] == [True, True]


def test_staff_can_take_back_a_gift_and_no_points_come_of_it(ana):
    coffee(stock=2)
    issue(ana)
    reverse_redemption(redemption=Redemption.objects.get().pk, at=AT, reason="by mistake")
    assert (balance(ana.pk).available, Reward.objects.get().taken) == (0, 0)
    assert withdraw_reward(key="k", at=AT) is True
    assert verify() == []


def test_a_reward_for_nothing_is_taken_without_points(ana):
    free = coffee(cost_points=0, stock=3)
    row = reserve_reward(member=ana.pk, reward=free.pk, key="a", at=AT)
    assert commit_redemption(redemption=row.pk, at=AT).status == "committed"
    reverse_redemption(redemption=row.pk, at=AT, reason="r")
    other = reserve_reward(member=ana.pk, reward=free.pk, key="b", at=AT)
    release_redemption(redemption=other.pk, at=AT)
    used = reserve_reward(member=ana.pk, reward=free.pk, key="c", at=AT)
    use_voucher(code=codes([used])[used.pk][0].code, at=AT)
    assert (Reward.objects.get().taken, balance(ana.pk).reserved) == (1, 0)
    assert verify() == []


def test_a_gift_cannot_be_taken_for_points_and_is_not_in_the_list(ana):
    buy(ana, 500)
    gift = coffee(gift_only=True)
    with pytest.raises(NotEligible) as refused:
        reserve_reward(member=ana.pk, reward=gift.pk, key="a", at=AT)
    assert [reason.code for reason in refused.value.reasons] == ["gift_only"]
    assert offers(ana.pk, at=AT) == []
    assert issue(ana) == 1


def test_a_programme_that_names_an_unknown_reward_is_not_published(cafe):
    with pytest.raises(InvalidInput) as refused:
        publish(ONE_POINT_PER_KRONA, FREE)
    assert [(error["field"], error["code"]) for error in refused.value.errors] == [
        ("earning.rules[1].reward", "not_served")
    ]
    reward = coffee()
    publish(ONE_POINT_PER_KRONA, FREE)
    retire_reward(reward=reward.pk, at=AT)
    assert RewardShelf().unknown({"free-coffee", "other"}) == {"free-coffee", "other"}


def test_renaming_leaves_the_handle(cafe):
    names = ["Gratis kaffe", "Gratis kaffe", "Blåbærgrød æøå!", "☕", "x" * 120]
    made = [
        create_reward(at=AT, details={"kind": "custom", "name": {"sv": name}, "cost_points": 5})
        for name in names
    ]
    assert [row.handle for row in made] == [
        "gratis-kaffe", "gratis-kaffe-2", "blabaergrod-aeoa", "reward", "x" * 50,
    ]  # fmt: skip
    edited = edit_reward(reward=made[0].pk, at=AT, details={"name": {"sv": "Kaffe"}})
    assert edited.handle == "gratis-kaffe"


@pytest.mark.parametrize("handle", ["Free", "a b", "-a", "a--b", "å", "a\n", "x" * 61])
def test_a_handle_is_plain(cafe, handle):
    with pytest.raises(InvalidInput):
        create_reward(at=AT, details={"kind": "custom", "name": {"en": "A"}, "cost_points": 5}, handle=handle)
    assert Reward.objects.count() == 0


def test_a_handle_is_one_rewards_alone(cafe):
    details = {"kind": "custom", "name": {"en": "A"}, "cost_points": 5}
    assert create_reward(at=AT, details=details, handle="cup-1").handle == "cup-1"
    with pytest.raises(HandleTaken):
        create_reward(at=AT, details=details, handle="cup-1")
    assert Reward.objects.count() == 1


def test_the_story_says_what_a_gift_was_for(ana):
    coffee()
    publish(ONE_POINT_PER_KRONA, FREE)
    buy(ana, 50, external_id="one")
    buy(ana, 30, external_id="two")
    cancel_order(source="api", order_external_id="two", cancelled_at=AT, at=AT)
    issue(ana, 2)
    gifts = [row for row in story(ana.pk).rows if row.kind == Kind.GIFT]
    assert [(row.title, row.sentence, row.change) for row in gifts] == [
        ("2 × Free coffee", "A gift: A friend you brought", 0),
        ("Free coffee", "A gift, taken back: Purchase of SEK\xa030.00, cancelled", 0),
        ("Free coffee", "A gift: Purchase of SEK\xa050.00", 0),
    ]
    pages, before = [], None
    while True:
        page = story(ana.pk, before=before, limit=2)
        pages += page.rows
        before = page.next
        if before is None:
            break
    assert [row.id for row in pages] == [row.id for row in story(ana.pk).rows]


def test_gifts_are_exported_erased_and_follow_a_merge(ana, ben):
    coffee(stock=9)
    issue(ben, 2)
    [told_of] = holder.export(ben.pk)
    assert (told_of["quantity"], told_of["given_for"], len(told_of["codes"])) == (2, "referral", 2)
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    assert [row.quantity for row in redemptions(member=ana.pk)] == [2]
    erase_member(member=ana.pk, at=AT)
    assert set(Voucher.objects.values_list("code", "status")) == {("", "void")}
    assert verify() == []


def test_a_code_is_good_from_when_it_was_earned(ana):
    coffee(code_valid_days=10)
    issue(ana, at=AT - days(3))
    assert Voucher.objects.get().expires_at.date() == (AT + days(7)).date()
    assert person("late").status == "active"
