"""Quote, reserve, commit, release, reverse: what each does to points, stock and code, once."""

from datetime import timedelta

import pytest

from loyalty.core.errors import KeyReused, NotFound
from loyalty.core.events.models import Event
from loyalty.core.ledger.queries import balance, lots
from members.operations.membership import NotActive, block
from members.operations.merging import merge
from members.operations.points import adjust_points, expire_due
from members.operations.privacy import erase_member
from rewards.models import Redemption, Reward, Voucher
from rewards.operations.catalogue import create_reward, edit_reward, retire_reward
from rewards.operations.redemption import (
    NotEligible,
    Overdue,
    WrongState,
    commit_redemption,
    quote_redemption,
    redeem_reward,
    release_redemption,
    release_stale,
    reserve_reward,
    reverse_redemption,
    use_voucher,
)
from rewards.operations.vouchers import CodeNotValid
from tests.cast import AT, buy, days, person, publish


def coffee(**details):
    return create_reward(
        at=AT, details={"kind": "free_product", "name": {"en": "Free coffee"}, "cost_points": 100, **details}
    )


def reserve(member, reward, key="k1", at=AT, **more):
    return reserve_reward(member=member.pk, reward=reward.pk, key=key, at=at, **more)


@pytest.fixture
def rich(ana):
    buy(ana, 500)
    return ana


def points(member):
    held = balance(member.pk)
    return held.available, held.reserved


def test_reserving_sets_points_stock_and_a_code_aside(rich):
    reward = coffee(stock=5)
    row = reserve(rich, reward)
    assert row.status == "reserved"
    assert points(rich) == (400, 100)
    assert Reward.objects.get().taken == 1
    voucher = Voucher.objects.get(redemption=row)
    assert (len(voucher.code), voucher.status) == (12, "active")


def test_committing_spends_for_good_and_twice_is_once(rich):
    row = reserve(rich, coffee())
    commit_redemption(redemption=row.pk, at=AT)
    again = commit_redemption(redemption=row.pk, at=AT)
    assert again.status == "committed"
    assert points(rich) == (400, 0)
    assert Event.objects.filter(kind="reward.redeemed").count() == 1


def test_releasing_gives_back_points_stock_and_kills_the_code(rich):
    reward = coffee(stock=1)
    row = reserve(rich, reward)
    release_redemption(redemption=row.pk, at=AT, reason="basket given up")
    release_redemption(redemption=row.pk, at=AT, reason="again")
    assert points(rich) == (500, 0)
    assert Reward.objects.get().taken == 0
    with pytest.raises(CodeNotValid):
        use_voucher(code=Voucher.objects.get(redemption=row).code, at=AT)
    with pytest.raises(WrongState):
        commit_redemption(redemption=row.pk, at=AT)


def test_reversing_returns_the_points_to_the_lot_they_came_from(rich):
    [lot] = lots(rich.pk)
    row = redeem_reward(member=rich.pk, reward=coffee(stock=1).pk, key="k", at=AT)
    reverse_redemption(redemption=row.pk, at=AT, reason="order cancelled")
    reverse_redemption(redemption=row.pk, at=AT, reason="again")
    assert points(rich) == (500, 0)
    assert [(found.pk, found.remaining) for found in lots(rich.pk)] == [(lot.pk, 500)]
    assert Reward.objects.get().taken == 0


@pytest.mark.parametrize("call", [release_redemption, commit_redemption])
def test_a_reversed_redemption_is_over(rich, call):
    row = redeem_reward(member=rich.pk, reward=coffee().pk, key="k", at=AT)
    reverse_redemption(redemption=row.pk, at=AT, reason="r")
    with pytest.raises(WrongState):
        call(redemption=row.pk, at=AT)


def test_an_open_reservation_cannot_be_reversed(rich):
    row = reserve(rich, coffee())
    with pytest.raises(WrongState):
        reverse_redemption(redemption=row.pk, at=AT, reason="r")


def test_the_same_key_answers_again_and_another_request_is_refused(rich, ben):
    reward, other = coffee(), coffee()
    first = reserve(rich, reward)
    assert reserve(rich, reward).pk == first.pk
    assert points(rich) == (400, 100)
    for attempt in (lambda: reserve(rich, other), lambda: reserve(ben, reward)):
        with pytest.raises(KeyReused):
            attempt()


def test_redeeming_at_once_replays_whatever_came_of_it(rich):
    reward = coffee()
    first = redeem_reward(member=rich.pk, reward=reward.pk, key="k", at=AT)
    reverse_redemption(redemption=first.pk, at=AT, reason="r")
    again = redeem_reward(member=rich.pk, reward=reward.pk, key="k", at=AT)
    assert (again.pk, again.status) == (first.pk, "reversed")
    assert points(rich) == (500, 0)


def test_a_refusal_says_everything_that_is_missing_and_sets_nothing_aside(ana):
    buy(ana, 30)
    reward = coffee(stock=0, available_from=AT + days(1), channels=["web"])
    with pytest.raises(NotEligible) as refused:
        reserve(ana, reward, channel="pos")
    assert [reason.code for reason in refused.value.reasons] == [
        "not_yet", "out_of_stock", "other_channel", "not_enough_points",
    ]  # fmt: skip
    assert quote_redemption(member=ana.pk, reward=reward.pk, at=AT, channel="pos") == refused.value.reasons
    assert (points(ana), Redemption.objects.count(), Voucher.objects.count()) == ((30, 0), 0, 0)


def test_a_quote_writes_nothing(rich, django_assert_max_num_queries):
    reward = coffee()
    before = Event.objects.count()
    with django_assert_max_num_queries(6):
        assert quote_redemption(member=rich.pk, reward=reward.pk, at=AT) == ()
    assert (Event.objects.count(), points(rich)) == (before, (500, 0))


def test_who_is_blocked_or_gone_gets_nothing(rich):
    reward = coffee()
    block(member=rich.pk, at=AT, reason="test")
    with pytest.raises(NotEligible):
        reserve(rich, reward)
    with pytest.raises(NotFound):
        reserve_reward(member=reward.pk, reward=reward.pk, key="x", at=AT)
    with pytest.raises(NotFound):
        reserve_reward(member=rich.pk, reward=rich.pk, key="y", at=AT)


def test_a_limit_counts_open_and_used_ones_and_forgets_what_came_back(rich):
    reward = coffee(limit_per_member=1)
    first = reserve(rich, reward, "a")
    with pytest.raises(NotEligible):
        reserve(rich, reward, "b")
    release_redemption(redemption=first.pk, at=AT)
    second = redeem_reward(member=rich.pk, reward=reward.pk, key="c", at=AT)
    with pytest.raises(NotEligible):
        reserve(rich, reward, "d")
    reverse_redemption(redemption=second.pk, at=AT, reason="r")
    assert reserve(rich, reward, "e").status == "reserved"


def test_merging_does_not_reset_a_limit(rich, ben):
    buy(ben, 500)
    reward = coffee(limit_per_member=1)
    redeem_reward(member=ben.pk, reward=reward.pk, key="b", at=AT)
    merge(keep=rich.pk, remove=ben.pk, at=AT)
    assert [reason.code for reason in quote_redemption(member=rich.pk, reward=reward.pk, at=AT)] == [
        "limit_reached"
    ]


def test_a_reversal_after_a_merge_goes_to_the_keeper(rich, ben):
    buy(ben, 150)
    row = redeem_reward(member=ben.pk, reward=coffee().pk, key="b", at=AT)
    merge(keep=rich.pk, remove=ben.pk, at=AT)
    assert balance(rich.pk).available == 550
    reverse_redemption(redemption=row.pk, at=AT, reason="order cancelled")
    assert (balance(rich.pk).available, balance(ben.pk).available) == (650, 0)


def test_nothing_is_given_back_to_nobody(rich):
    row = redeem_reward(member=rich.pk, reward=coffee().pk, key="b", at=AT)
    erase_member(member=rich.pk, at=AT)
    with pytest.raises(NotActive):
        reverse_redemption(redemption=row.pk, at=AT, reason="r")
    assert balance(rich.pk).available == 0


def test_a_reservation_ends_with_its_time(rich):
    reward = coffee(stock=1)
    row = reserve(rich, reward, hold=timedelta(minutes=10))
    late = AT + timedelta(minutes=11)
    with pytest.raises(Overdue):
        commit_redemption(redemption=row.pk, at=late)
    assert release_stale(at=AT + timedelta(minutes=10)) == 0
    assert release_stale(at=late) == 1
    assert release_stale(at=late) == 0
    assert (points(rich), Reward.objects.get().taken) == ((500, 0), 0)


def test_stale_reservations_of_many_members_are_released_in_portions(rich, ben):
    buy(ben, 500)
    reward = coffee()
    for number in range(3):
        reserve(rich, reward, f"a{number}")
        reserve(ben, reward, f"b{number}")
    late = AT + days(1)
    assert [release_stale(at=late, limit=4), release_stale(at=late, limit=4), release_stale(at=late)] == [
        4,
        2,
        0,
    ]
    assert (points(rich), points(ben)) == ((500, 0), (500, 0))


def test_setting_points_aside_does_not_make_them_live_longer(ana):
    publish(points_life={"expiry": "rolling", "months": 1, "grace_days": 7})
    buy(ana, 100)
    row = reserve(ana, coffee(), hold=days(30), at=AT + days(20))
    [before] = lots(ana.pk, open_only=False)
    later = AT + days(40)
    assert expire_due(at=later) == 0
    release_redemption(redemption=row.pk, at=later)
    [lot] = lots(ana.pk)
    assert (lot.remaining, lot.expires_at) == (100, before.expires_at)
    assert expire_due(at=later) == 1
    assert balance(ana.pk).available == 0


def test_an_edited_price_does_not_change_an_open_redemption(rich):
    reward = coffee()
    row = reserve(rich, reward)
    edit_reward(reward=reward.pk, at=AT, details={"cost_points": 300})
    commit_redemption(redemption=row.pk, at=AT)
    assert points(rich) == (400, 0)


def test_codes_already_out_stay_good_when_a_reward_is_retired(rich):
    reward = coffee()
    row = redeem_reward(member=rich.pk, reward=reward.pk, key="k", at=AT)
    retire_reward(reward=reward.pk, at=AT)
    used = use_voucher(code=Voucher.objects.get(redemption=row).code, at=AT)
    assert used.status == "used"
    with pytest.raises(NotEligible):
        reserve(rich, reward, "later")


def test_using_a_code_commits_an_open_redemption_and_works_once(rich):
    row = reserve(rich, coffee())
    code = Voucher.objects.get(redemption=row).code
    used = use_voucher(code=code, at=AT)
    assert (used.status, used.used_by) == ("used", "staff:mara")
    assert Redemption.objects.get(pk=row.pk).status == "committed"
    assert points(rich) == (400, 0)
    with pytest.raises(CodeNotValid):
        use_voucher(code=code, at=AT)
    assert Event.objects.filter(kind="voucher.used").count() == 1


def test_points_owed_cannot_be_spent(rich):
    publish(points_life={"on_shortfall": "debt"})
    assert adjust_points(member=rich.pk, amount=-450, reason="test", at=AT).balance == 50
    with pytest.raises(NotEligible):
        reserve(rich, coffee())


def test_a_repetition_after_a_merge_is_still_the_same_request(rich):
    keeper = person("keeper")
    asked = {"member": rich.pk, "reward": coffee().pk, "key": "pressed twice"}
    first = redeem_reward(**asked, at=AT)
    merge(keep=keeper.pk, remove=rich.pk, at=AT)
    assert redeem_reward(**asked, at=AT).pk == first.pk
    assert Redemption.objects.count() == 1
