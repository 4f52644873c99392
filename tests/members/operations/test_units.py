"""Units besides points: stamps, status credits and cash-back stand beside each other in the same books, each with a
life of its own, and a refund takes from each what its lines gave."""

import pytest

from loyalty.core.errors import InvalidInput
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance, lots
from loyalty.core.programme import operations as programmes
from members.models import Order, Refund
from members.operations.activities import record_activity
from members.operations.claiming import claim_order
from members.operations.deciding import TooManyPoints
from members.operations.merging import merge
from members.operations.orders import quote_order, record_orders
from members.operations.points import adjust_points, live_through
from members.operations.refunds import cancel_order, refund_order
from members.queries.story import story
from members.rules.doing import NewActivity
from members.rules.shopping import MemberRef, NewRefund, RefundedLine
from tests.cast import AT, ONE_POINT_PER_KRONA, buy, days, order, person, publish

CREDITS = {**ONE_POINT_PER_KRONA, "id": "credits", "unit": "credits", "per_minor": 1000}
FIVE_PERCENT = {**ONE_POINT_PER_KRONA, "id": "back", "unit": "cashback", "points": 5, "per_minor": 100}
STAMP = {"type": "fixed", "id": "stamp", "unit": "stamps", "amount": 1}


def has(member, unit: str) -> int:
    return balance(member.pk, unit=unit).available


def test_one_purchase_earns_in_several_units(cafe, ana):
    publish(ONE_POINT_PER_KRONA, CREDITS, FIVE_PERCENT)
    outcome = buy(ana, 120, 80)
    assert outcome.balance == 200
    assert (has(ana, "points"), has(ana, "credits"), has(ana, "cashback")) == (200, 20, 1000)
    assert verify() == []


def test_a_programme_without_points_earns_all_the_same(cafe, ana):
    publish(FIVE_PERCENT)
    assert buy(ana, 200).balance is None
    assert (has(ana, "points"), has(ana, "cashback")) == (0, 1000)
    assert verify() == []


def test_many_orders_at_once_earn_what_they_would_one_by_one(cafe, ana, ben):
    publish(ONE_POINT_PER_KRONA, CREDITS, STAMP)
    record_orders(orders=[order(who, 100) for who in (ana, ben, ana)], at=AT)
    assert [(has(who, "points"), has(who, "credits"), has(who, "stamps")) for who in (ana, ben)] == [
        (200, 20, 2), (100, 10, 1)
    ]  # fmt: skip
    assert verify() == []


def test_a_line_that_is_returned_gives_back_its_own_of_every_unit(cafe, ana):
    publish(ONE_POINT_PER_KRONA, CREDITS, {**STAMP, "amount": 2, "only": {"skus": ["item-2"]}})
    buy(ana, 100, 60, external_id="o1")
    refund_order(source="api", order_external_id="o1", at=AT,
                 refund=NewRefund("r1", AT, (RefundedLine(2, 60_00),)))  # fmt: skip
    assert (has(ana, "points"), has(ana, "credits"), has(ana, "stamps")) == (100, 10, 0)
    assert Refund.objects.get(external_id="r1").others == {"credits": [6, 0], "stamps": [2, 0]}
    cancel_order(source="api", order_external_id="o1", cancelled_at=AT, at=AT)
    assert (has(ana, "points"), has(ana, "credits"), has(ana, "stamps")) == (0, 0, 0)
    assert verify() == []


@pytest.mark.parametrize("policy", ["to_zero", "debt", "only_pending"])
def test_each_unit_takes_back_by_a_policy_of_its_own(cafe, ana, policy):
    """Cash-back that was used already: the purchase comes back, the points' policy is not asked."""
    life = {"on_shortfall": policy}
    publish(ONE_POINT_PER_KRONA, FIVE_PERCENT, side_units={"units": [{"id": "cashback", "life": life}]})
    buy(ana, 100, external_id="o1")
    adjust_points(member=ana.pk, amount=-400, unit="cashback", reason="Spent at the counter", at=AT)
    cancel_order(source="api", order_external_id="o1", cancelled_at=AT, at=AT)
    taken, short, left = {"to_zero": (100, 400, 0), "debt": (500, 0, -400), "only_pending": (0, 500, 100)}[
        policy
    ]
    assert Refund.objects.get().others == {"cashback": [taken, short]}
    assert (has(ana, "points"), has(ana, "cashback")) == (0, left)
    assert verify() == []


def test_units_live_as_long_as_the_programme_says_for_each(cafe, ana):
    publish(
        ONE_POINT_PER_KRONA, CREDITS, STAMP, points_life={"expiry": "rolling", "months": 1},
        side_units={"units": [{"id": "stamps", "life": {"expiry": "rolling", "months": 3}},
                              {"id": "credits", "life": {"hold_days": 14}}]},
    )  # fmt: skip
    buy(ana, 100)
    assert balance(ana.pk, unit="credits").pending == 10
    live_through(at=AT + days(40))
    assert (has(ana, "points"), has(ana, "credits"), has(ana, "stamps")) == (0, 10, 1)
    live_through(at=AT + days(100))
    assert (has(ana, "credits"), has(ana, "stamps")) == (10, 0)
    assert verify() == []


def test_an_activity_earns_in_any_unit(cafe, ana):
    when = [{"type": "activity", "kinds": ["review"]}]
    publish({**STAMP, "when": when}, {"type": "fixed", "id": "ten", "amount": 10, "when": when})
    done = record_activity(activity=NewActivity("rev-1", "review", AT, MemberRef(external_id="ana")), at=AT)
    assert done.balance == 10
    assert (has(ana, "points"), has(ana, "stamps")) == (10, 1)
    assert verify() == []


def test_a_guest_order_claimed_later_earns_in_every_unit_less_what_came_back(cafe, ana):
    publish(ONE_POINT_PER_KRONA, CREDITS)
    buy(None, 100, 50, external_id="g1")
    refund_order(source="api", order_external_id="g1", at=AT,
                 refund=NewRefund("r1", AT, (RefundedLine(2, 50_00),)))  # fmt: skip
    claim_order(order=Order.objects.get().pk, member=ana.pk, at=AT + days(1))
    assert (has(ana, "points"), has(ana, "credits")) == (100, 10)
    assert verify() == []


def test_merging_brings_every_unit_along(cafe, ana, ben):
    publish(ONE_POINT_PER_KRONA, CREDITS, STAMP)
    buy(ben, 100, external_id="b1")
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    assert (has(ana, "points"), has(ana, "credits"), has(ana, "stamps")) == (100, 10, 1)
    cancel_order(source="api", order_external_id="b1", cancelled_at=AT, at=AT)
    assert (has(ana, "points"), has(ana, "credits"), has(ana, "stamps")) == (0, 0, 0)
    assert [lot.remaining for lot in lots(ana.pk, unit="stamps", open_only=False)] == [0]
    assert verify() == []


def test_the_story_of_a_unit_speaks_of_it_by_its_name(cafe, ana):
    publish(ONE_POINT_PER_KRONA, STAMP)
    buy(ana, 100, external_id="o1")
    cancel_order(source="api", order_external_id="o1", cancelled_at=AT, at=AT)
    refund, purchase = story(ana.pk, unit="stamps").rows
    assert (purchase.change, refund.change) == (1, -1)
    assert "1 stamp taken back" in refund.sentence


def test_a_quote_of_several_units_writes_nothing(cafe, ana):
    publish(ONE_POINT_PER_KRONA, CREDITS, FIVE_PERCENT)
    decision = quote_order(order=order(ana, 100), at=AT).decision
    assert {unit: decision.earned(unit) for unit in decision.units()} == {
        "points": 100, "credits": 10, "cashback": 500
    }  # fmt: skip
    assert has(ana, "credits") == 0


@pytest.mark.parametrize(
    ("section", "field"),
    [
        ({"units": [{"id": "points"}]}, "side_units.units[0].id"),
        ({"units": [{"id": "gold"}]}, "side_units.units[0].id"),
        ({"units": [{"id": "stamps"}, {"id": "stamps"}]}, "side_units.units[1].id"),
        ({"units": [{"id": "stamps", "life": {"hold_event": "order.shipped"}}]}, "side_units.units[0].life.hold_event"),
        ({"units": [{"id": "stamps", "life": {"months": 0}}]}, "side_units.units[0].life.months"),
        ({"cards": [{"id": "c", "needed": 0, "reward": "coffee"}]}, "side_units.cards[0].needed"),
        ({"cards": [{"id": "c", "needed": 9, "reward": " "}]}, "side_units.cards[0].reward"),
        ({"cards": [{"id": "c", "needed": 9, "reward": "x", "unit": "points"}]}, "side_units.cards[0].unit"),
        ({"cards": [{"id": "c", "needed": 9, "reward": "x"}, {"id": "d", "needed": 9, "reward": "x"}]},
         "side_units.cards[1].unit"),
        ({"cards": [{"id": "c", "needed": 9, "reward": "x", "name": {"xx": "Kort"}}]}, "side_units.cards[0].name.xx"),
    ],
)  # fmt: skip
def test_units_and_cards_that_make_no_sense_are_refused_by_name(cafe, section, field):
    with pytest.raises(InvalidInput) as refusal:
        programmes.save_draft(content={"side_units": section}, at=AT)
    assert [error["field"] for error in refusal.value.errors] == [field]


def test_what_exceeds_the_books_in_any_unit_is_refused(cafe):
    eve = person("eve")
    publish({**FIVE_PERCENT, "points": 1_000_000, "per_minor": 1})
    with pytest.raises(TooManyPoints):
        buy(eve, 10**8)
    assert has(eve, "cashback") == 0
