"""What affiliates get of what friends buy, in proportion and within caps; and who is locked for it."""

import pytest

from loyalty.core.ledger.chart import Shortfall
from loyalty.core.ledger.checks import verify
from members.models import Order, Referral, ReferralPayout
from members.operations import following
from members.operations.locking import hold_pair
from members.operations.merging import merge
from members.operations.points import adjust_points
from members.operations.privacy import erase_member
from members.operations.refunds import cancel_order
from members.operations.taking_back import Claim, Taken, take_back
from members.queries import referrals as queries
from members.rules.decision import Decision
from rewards.models import Redemption, Voucher
from rewards.operations.catalogue import create_reward
from rewards.operations.redemption import use_voucher
from tests.cast import AT, buy, days, publish
from tests.members.operations.test_referrals import AFFILIATES, BOTH, available, back, friend_of, pay, state


@pytest.fixture(autouse=True)
def _books(cafe):
    """After each test books, payouts and referrals are right."""
    yield
    assert verify() == []


# --- other gifts, caps ----------------------------------------------------------------------------------------


def test_a_side_can_get_a_reward_which_is_withdrawn_if_nobody_used_it(ana):
    for handle in ("cut10", "gift"):
        create_reward(at=AT, details={"kind": "custom", "name": {"en": handle}, "cost_points": 1})
    publish(
        referrals={"on": True, "referrer": {"reward": "cut10"}, "friend": {"reward": "gift", "quantity": 2}}
    )
    cleo = friend_of(ana)
    buy(cleo, 300, external_id="a")
    pay()
    given = Redemption.objects.order_by("reward__handle")
    assert [(row.reward.handle, row.quantity, row.member_id) for row in given] == [
        ("cut10", 1, ana.pk), ("gift", 2, cleo.pk)
    ]  # fmt: skip
    for voucher in Voucher.objects.filter(redemption__member=cleo):
        use_voucher(code=voucher.code, at=AT)
    back("a", 300)
    pay()
    assert [row.status for row in given.all()] == ["reversed", "committed"]
    missing = dict(ReferralPayout.objects.values_list("role", "shortfall"))
    assert missing == {"referrer": 0, "friend": 2}


def test_several_units_are_given_side_by_side(ana):
    side = {
        "units": [{"amount": 10}, {"amount": 500, "unit": "cashback"}, {"amount": 2, "unit": "stamps-coffee"}]
    }
    publish(referrals={"on": True, "referrer": side}, side_units={"units": [{"id": "stamps-coffee"}]})
    cleo = friend_of(ana)
    buy(cleo, 300, external_id="a")
    pay()
    assert [available(ana, unit) for unit in ("points", "cashback", "stamps-coffee")] == [10, 500, 2]
    back("a", 300)
    pay()
    assert [available(ana, unit) for unit in ("points", "cashback", "stamps-coffee")] == [0, 0, 0]


def test_a_member_is_rewarded_for_so_many_friends_and_each_friend_all_the_same(ana):
    publish(referrals=BOTH | {"per": [{"period": "month", "most": 2}]})
    friends = [friend_of(ana) for _one in range(3)]
    for cleo in friends:
        buy(cleo, 100)
        pay()
    assert (available(ana), [available(cleo) for cleo in friends]) == (200, [150, 150, 150])
    assert ReferralPayout.objects.get(cut__gt=0).cut == 100
    late = friend_of(ana, at=AT + days(31))
    buy(late, 100, at=AT + days(31))
    pay(AT + days(31))
    assert available(ana) == 300
    assert queries.counted([ana.pk], until=AT + days(99)) == {ana.pk: 4}
    assert queries.counted([ana.pk], since=AT + days(1), until=AT + days(99)) == {ana.pk: 1}


# --- commission -----------------------------------------------------------------------------------------------


def test_an_affiliate_gets_a_part_of_every_purchase_for_some_months(ana):
    publish(referrals=AFFILIATES)
    cleo = friend_of(ana)
    for after, kronor in ((0, 200), (10, 99.95), (92, 100), (93, 100)):  # the last two: 2 and 3 June
        buy(cleo, kronor, at=AT + days(after))
    pay(AT + days(100))
    assert available(ana, "cashback") == 20_00 + 9_99 + 10_00
    assert state(cleo) == "rewarded"


def test_commission_on_the_first_purchase_only_in_points(ana):
    publish(
        referrals={"on": True, "commission": {"basis_points": 500, "unit": "points", "minor_per_point": 50}}
    )
    cleo = friend_of(ana)
    buy(cleo, 255)
    buy(cleo, 999)
    pay()
    assert available(ana) == 25  # 12.75 kr, in points of 50 öre


def test_commission_goes_back_in_proportion_refund_by_refund(ana):
    publish(referrals=AFFILIATES)
    cleo = friend_of(ana)
    buy(cleo, 200, external_id="a")
    buy(cleo, 100, external_id="b")
    pay()
    back("b", 25)
    pay()
    assert available(ana, "cashback") == 30_00 - 2_50
    back("b", 25, again="r2")
    back("a", 200)
    pay()
    assert available(ana, "cashback") == 5_00
    cancel_order(source="api", order_external_id="b", cancelled_at=AT, at=AT)
    pay()
    assert available(ana, "cashback") == 0
    [found] = queries.figures(member=ana.pk)
    assert (found.purchases, found.revenue_minor, found.commission) == (1, 0, {"cashback": 0})


def test_commission_stops_at_its_cap_and_a_refund_makes_room(ana):
    publish(
        referrals={
            "on": True,
            "commission": {"basis_points": 1000, "on": "every", "per": [{"period": "month", "most": 15_00}]},
        }
    )
    cleo, dora = friend_of(ana), friend_of(ana)
    buy(cleo, 100, external_id="a")
    pay()
    buy(dora, 100, external_id="b")
    pay()
    assert available(ana, "cashback") == 15_00
    back("a", 100)
    pay()
    assert available(ana, "cashback") == 5_00
    buy(dora, 200)
    pay()
    assert available(ana, "cashback") == 15_00
    buy(dora, 100, at=AT + days(31))
    pay(AT + days(31))
    assert available(ana, "cashback") == 25_00


# --- whom it concerns -----------------------------------------------------------------------------------------


def test_both_are_who_they_are_today(ana, ben):
    publish(referrals=BOTH)
    cleo, dora = friend_of(ben), friend_of(ben)
    row = Referral.objects.get(friend=cleo)
    assert hold_pair(row.pk)[1] == {ben.pk: ben.pk, cleo.pk: cleo.pk}
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    merge(keep=dora.pk, remove=cleo.pk, at=AT)  # brought once already: the row stays with who she was
    erase_member(member=ana.pk, at=AT)
    assert hold_pair(row.pk)[1] == {ana.pk: None, cleo.pk: dora.pk}


def test_what_follows_an_order_does_not_wait_for_the_books_of_others(ana):
    """A purchase only notes what is due: nothing is posted to the referrer in the friend's transaction."""
    publish(referrals=BOTH)
    cleo = friend_of(ana)
    row = Order.objects.get(pk=buy(cleo, 100).order)
    assert available(ana) == 0 and ReferralPayout.objects.filter(paid_at=None).count() == 2
    following.after_refund(
        row, decision=Decision(), owner=cleo.pk, part=0, whole=100, at=AT
    )  # nothing came back
    assert state(cleo) == "qualified"


def test_taking_back_adds_up_whatever_is_left(ana):
    publish(referrals=BOTH)
    cleo = friend_of(ana)
    buy(cleo, 100, external_id="a")
    pay()
    adjust_points(member=ana.pk, amount=-70, reason="spent", at=AT)
    payout = ReferralPayout.objects.get(role="referrer")
    claim = Claim(kind="referral", key="by-hand", source_kind="referral", source=payout.pk, owner=ana.pk, owed=100,
                  policy=Shortfall.TO_ZERO, at=AT, now=AT)  # fmt: skip
    assert take_back(claim) == Taken(30, 70)
    ReferralPayout.objects.filter(pk=payout.pk).update(taken=30, shortfall=70, undone=100)
    cancel_order(source="api", order_external_id="a", cancelled_at=AT, at=AT)
    pay(AT + days(1))
    assert available(ana) == 0
