"""Points as money at the checkout, with the numbers of a shop that takes at most a quarter of an order in points."""

from datetime import timedelta

import pytest

from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.events.models import Event
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from members.models import Order
from members.operations.merging import merge
from members.operations.points import adjust_points
from members.operations.refunds import cancel_order, refund_order
from members.rules.shopping import NewRefund
from rewards.consumers import give_back_what_paid, spend_what_was_set_aside
from rewards.models import Redemption
from rewards.operations.checkout import (
    AlreadyPaid,
    CannotPay,
    pay_with_points,
    quote_payment,
    return_payment,
    settle_payment,
)
from rewards.operations.redemption import NotEligible, redeem_reward, release_redemption, release_stale
from rewards.rules.kinds.money import PayWithPoints
from tests.cast import AT, buy, days, publish
from tests.rewards.operations.test_kinds import make
from tests.rewards.operations.test_redemption import coffee


@pytest.fixture
def paying(cafe):
    """100 points are 10 kr, for at most 25 % of an order, from 50 points on."""
    return make(
        "pay_with_points", terms={"points": 100, "minor": 1000, "most_percent": 2500, "least_points": 50}
    )


@pytest.fixture
def rich(ana):
    adjust_points(member=ana.pk, amount=2000, reason="test", at=AT)
    return ana


def pay(member, reward, points=1000, order_minor=40_000, order="A", key="k", at=AT):
    return pay_with_points(
        member=member.pk, reward=reward.pk, points=points, order_minor=order_minor, order_external_id=order, key=key,
        at=at,
    )  # fmt: skip


def react():
    """What a worker does after the commit."""
    for event in list(Event.objects.filter(kind="order.paid_with_points")):
        spend_what_was_set_aside(event)
    for event in list(Event.objects.filter(kind__in=("order.refunded", "order.cancelled"))):
        give_back_what_paid(event)


def held(member):
    now = balance(member.pk)
    return now.available, now.reserved


def quote(member, reward, order_minor):
    return quote_payment(member=member.pk, reward=reward.pk, order_minor=order_minor, at=AT)


def test_a_quarter_of_the_order_at_most_and_no_more_points_than_it_takes(rich, paying):
    found = quote(rich, paying, 40_000)
    assert (found.points, found.minor, found.minor_left, found.missing) == (1000, 10_000, 30_000, ())
    assert quote(rich, paying, 400_000).points == 2000, "as many as there are"
    odd = quote(rich, paying, 4_567)  # a quarter is 11.41 kr
    assert (odd.points, odd.minor) == (114, 1140)
    assert Redemption.objects.count() == 0


def test_a_small_order_or_few_points_say_why_none(ana, paying):
    adjust_points(member=ana.pk, amount=60, reason="test", at=AT)
    assert [reason.code for reason in quote(ana, paying, 1000).missing] == ["order_too_small"]
    adjust_points(member=ana.pk, amount=-20, reason="test", at=AT)
    [reason] = quote(ana, paying, 100_000).missing
    assert (reason.code, reason.needed, reason.have) == ("not_enough_points", 50, 40)


@pytest.mark.parametrize(
    ("terms", "order_minor", "has", "expected"),
    [
        (PayWithPoints(1, 1), 100, 1000, (100, 100)), (PayWithPoints(1, 10), 25, 100, (2, 20)),
        (PayWithPoints(3, 10), 100, 100, (30, 100)), (PayWithPoints(3, 10), 99, 100, (29, 96)),
        (PayWithPoints(1, 1, most_points=40), 100, 1000, (40, 40)), (PayWithPoints(1, 1, 1), 100, 1000, (0, 0)),
        (PayWithPoints(100, 1), 5, 99, (0, 0)), (PayWithPoints(7, 3), 10, 20, (19, 8)),
    ],
)  # fmt: skip
def test_points_pay_whole_minor_units_and_no_point_is_lost_to_a_fraction(terms, order_minor, has, expected):
    found = terms.payable(order_minor, has)
    assert (found.points, found.minor) == expected
    assert found.minor <= order_minor
    if found.points:
        assert terms.worth(found.points - 1) < found.minor, "one fewer would not have paid it"


def test_points_are_set_aside_then_spent_with_the_order(rich, paying):
    row = pay(rich, paying)
    assert (row.status, row.value, held(rich)) == ("reserved", 10_000, (1000, 1000))
    assert pay(rich, paying).pk == row.pk
    buy(rich, 400, external_id="A", points_minor=10_000)
    react()
    react()
    row.refresh_from_db()
    assert (row.status, row.voucher) == ("committed", None)
    assert held(rich) == (1000 + 300, 0), "points are earned on what was paid with money"
    assert verify() == []


def test_a_refund_gives_points_back_in_proportion_and_never_money_for_them(rich, paying):
    pay(rich, paying)
    publish({"type": "fixed", "id": "none", "amount": 1})
    buy(rich, 400, external_id="A", points_minor=10_000)
    react()
    before = held(rich)[0]
    half = NewRefund(external_id="r1", amount_minor=20_000, refunded_at=AT)
    refund_order(source="api", order_external_id="A", refund=half, at=AT)
    react()
    react()
    assert held(rich)[0] in (before + 500, before + 499)
    [told] = [event.data for event in Event.objects.filter(kind="payment.returned")]
    assert (told["points"], told["minor"]) == (500, 5000)
    cancel_order(source="api", order_external_id="A", cancelled_at=AT, at=AT)
    react()
    row = Redemption.objects.get()
    assert (row.status, row.returned_points, held(rich)) == ("reversed", 1000, (2000, 0))
    assert verify() == []


def test_cancelled_before_anybody_looked_the_points_come_back_all_the_same(rich, paying):
    pay(rich, paying)
    buy(rich, 400, external_id="A", points_minor=10_000)
    cancel_order(source="api", order_external_id="A", cancelled_at=AT, at=AT)
    assert return_payment(order=Order.objects.get().pk, at=AT) == 1000
    assert settle_payment(order=Order.objects.get().pk, at=AT) is None
    assert held(rich) == (2000, 0)
    assert verify() == []


def test_an_order_that_says_another_amount_spends_nothing_and_it_is_said(rich, paying):
    pay(rich, paying)
    buy(rich, 400, external_id="A", points_minor=9_000)
    react()
    assert Redemption.objects.get().status == "reserved"
    [told] = [event.data for event in Event.objects.filter(kind="payment.mismatch")]
    assert (told["points_minor"], told["held_minor"]) == (9_000, 10_000)


def test_an_order_that_comes_too_late_finds_the_points_gone_back(rich, paying):
    pay(rich, paying)
    late = AT + timedelta(hours=25)
    assert release_stale(at=late) == 1
    buy(rich, 400, external_id="A", points_minor=10_000, at=late)
    react()
    assert held(rich) == (2300, 0)
    assert Event.objects.filter(kind="payment.mismatch").count() == 1


def test_an_order_is_paid_with_points_once(rich, paying):
    row = pay(rich, paying)
    with pytest.raises(AlreadyPaid):
        pay(rich, paying, key="again", points=100)
    release_redemption(redemption=row.pk, at=AT)
    assert pay(rich, paying, key="anew", points=100).status == "reserved"
    assert verify() == []


@pytest.mark.parametrize("points", [0, -5, 49, 1001, 10**15])
def test_more_than_the_cap_or_fewer_than_the_fewest_is_refused(rich, paying, points):
    with pytest.raises(CannotPay):
        pay(rich, paying, points=points)
    assert (held(rich), Redemption.objects.count()) == ((2000, 0), 0)


def test_what_makes_no_sense_is_refused(rich, paying):
    for order_minor in (0, -1, 10**13):
        with pytest.raises(InvalidInput):
            pay(rich, paying, order_minor=order_minor)
    with pytest.raises(InvalidInput):
        pay(rich, paying, order="")
    with pytest.raises(NotFound):
        pay(rich, coffee())
    with pytest.raises(NotEligible):
        redeem_reward(member=rich.pk, reward=paying.pk, key="x", at=AT)
    assert held(rich) == (2000, 0)


def test_points_of_a_merged_member_go_back_to_whoever_they_are_now(rich, ben, paying):
    pay(rich, paying)
    buy(rich, 400, external_id="A", points_minor=10_000)
    react()
    merge(keep=ben.pk, remove=rich.pk, at=AT + days(1))
    cancel_order(source="api", order_external_id="A", cancelled_at=AT, at=AT + days(1))
    assert return_payment(order=Order.objects.get().pk, at=AT + days(1)) == 1000
    assert (balance(ben.pk).available, balance(rich.pk).available) == (2000, 0)
    assert verify() == []
