"""Refunds: what goes back, from where, by which terms, and who it counts for."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.core.errors import InvalidInput, KeyReused
from loyalty.core.ledger.queries import balance, lots, totals
from members.models import Order, OrderLine, Refund, Stats
from members.operations.claiming import OrderCancelled, OrderTaken, claim_order
from members.operations.membership import NotActive, block
from members.operations.merging import merge
from members.operations.points import adjust_points, expire_due
from members.operations.privacy import erase_member
from members.operations.refunds import NoSuchLine, RefundTooLarge, cancel_order, refund_order
from members.rules.shopping import NewRefund, RefundedLine
from tests.cast import AT, ONE_POINT_PER_KRONA, buy, days, publish


def back(name, kronor=0, *, lines=(), order="A", at=AT):
    """Money back for order A: an amount on the whole, or (number, kronor) pairs for lines."""
    parts = tuple(RefundedLine(number, round(amount * 100)) for number, amount in lines)
    refund = NewRefund(name, at, parts, round(kronor * 100))
    return refund_order(source="api", order_external_id=order, refund=refund, at=at).refund


def cancel(order="A"):
    return cancel_order(source="api", order_external_id=order, cancelled_at=AT, at=AT).refund


def spendable(member):
    return balance(member.pk).available


def test_a_line_takes_its_own_points_and_an_amount_its_part_of_the_rest(ana):
    buy(ana, 80, 60, external_id="A")
    assert back("1", lines=[(1, 40)]).points_taken == 40
    assert back("2", 50).points_taken == 50
    assert back("3", lines=[(1, 40)]).points_taken + back("4", lines=[(2, 10)]).points_taken == 50
    assert spendable(ana) == 0
    assert Order.objects.get().refunded_minor == 140_00


def test_each_refund_counts_once_and_another_under_its_name_is_refused(ana):
    buy(ana, 100, external_id="A")
    assert back("1", 30).pk == back("1", 30).pk
    assert spendable(ana) == 70
    with pytest.raises(KeyReused):
        back("1", 31)
    assert cancel().pk == cancel().pk
    assert spendable(ana) == 0
    assert Refund.objects.count() == 2


@pytest.mark.parametrize(
    ("refund", "error", "left"),
    [
        ({"kronor": 100.01}, RefundTooLarge, 10000),
        ({"lines": [(1, 60.01)]}, RefundTooLarge, 6000),
        ({"kronor": 40.01, "lines": [(1, 60)]}, RefundTooLarge, 10000),
        ({"lines": [(3, 1)]}, NoSuchLine, None),
        ({}, InvalidInput, None),
        ({"lines": [(1, 1), (1, 1)]}, InvalidInput, None),
    ],
)
def test_a_refund_that_cannot_be_leaves_everything_as_it_was(ana, refund, error, left):
    buy(ana, 60, 40, external_id="A")
    with pytest.raises(error) as refused:
        back("1", refund.get("kronor", 0), lines=refund.get("lines", ()))
    assert refused.value.params.get("left_minor") == left
    assert (spendable(ana), Refund.objects.count(), Order.objects.get().refunded_minor) == (100, 0, 0)
    assert not OrderLine.objects.filter(refunded_minor__gt=0).exists()


def test_todays_rule_does_not_matter_for_yesterdays_order(ana):
    buy(ana, 100, external_id="A")
    publish({**ONE_POINT_PER_KRONA, "points": 10}, points_life={"on_shortfall": "debt"})
    assert back("1", 50).points_taken == 50
    adjust_points(member=ana.pk, amount=-50, reason="spent", at=AT)
    assert (cancel().shortfall, balance(ana.pk).debt) == (50, 0)  # nothing owed: that policy came later


@pytest.mark.parametrize(
    ("policy", "pending", "spent", "other", "expected"),
    [
        # policy, held?, spent of 100, other points → taken, shortfall, spendable, owed
        ("to_zero", False, 60, 0, (40, 60, 0, 0)),
        ("to_zero", False, 60, 25, (65, 35, 0, 0)),
        ("debt", False, 60, 25, (100, 0, -35, 35)),
        ("only_pending", False, 60, 25, (0, 100, 65, 0)),
        ("only_pending", True, 0, 25, (100, 0, 25, 0)),
    ],
)
def test_what_is_missing_follows_the_policy_it_was_earned_under(ana, policy, pending, spent, other, expected):
    publish(points_life={"on_shortfall": policy, "hold_days": 5 if pending else 0, "grace_days": 31})
    buy(ana, 100, external_id="A")
    if spent:
        adjust_points(member=ana.pk, amount=-spent, reason="spent", at=AT)
    if other:
        adjust_points(member=ana.pk, amount=other, reason="given", at=AT)
    refund, held = cancel(), balance(ana.pk)
    assert (refund.points_taken, refund.shortfall, held.available, held.debt) == expected


def test_what_is_owed_is_settled_by_the_next_points(ana):
    publish(points_life={"on_shortfall": "debt"})
    buy(ana, 100, external_id="A")
    adjust_points(member=ana.pk, amount=-100, reason="spent", at=AT)
    cancel()
    assert spendable(ana) == -100
    assert buy(ana, 130).balance == 30
    assert balance(ana.pk).debt == 0


def test_points_that_expired_unused_are_not_taken_a_second_time(ana):
    publish(points_life={"expiry": "rolling", "months": 1, "on_shortfall": "debt"})
    buy(ana, 100, external_id="A")
    adjust_points(member=ana.pk, amount=-30, reason="spent", at=AT)
    late = AT + days(50)
    assert expire_due(at=late) == 1
    refund = cancel()
    assert (refund.points_taken, refund.shortfall, balance(ana.pk).debt) == (30, 70, 30)


def test_a_cancelled_order_counts_for_nothing_and_a_late_refund_of_it_for_no_more(ana):
    buy(ana, 100, external_id="A")
    cancel()
    back("late", 30)
    stats = Stats.objects.get(member=ana)
    assert (stats.orders_count, stats.spend_minor, spendable(ana)) == (0, 0, 0)
    assert Refund.objects.get(external_id="late").points_taken == 0


# --- refunds of someone who is no longer who they were


@pytest.mark.parametrize(
    ("policy", "expected"),
    # Ben earned 100, spent 40, was merged into Ana, who has 500: what is taken, and what she is left with
    [("to_zero", (100, 0, 460)), ("debt", (100, 0, 460)), ("only_pending", (0, 100, 560))],
)
def test_a_merged_members_refund_follows_the_points(ana, ben, policy, expected):
    publish(points_life={"on_shortfall": policy, "grace_days": 31})
    buy(ben, 100, external_id="A")
    adjust_points(member=ben.pk, amount=-40, reason="spent", at=AT)
    adjust_points(member=ana.pk, amount=500, reason="given", at=AT)
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    refund = cancel()
    assert (refund.points_taken, refund.shortfall, spendable(ana)) == expected
    assert spendable(ben) == 0
    stats = Stats.objects.get(member=ana)
    assert (stats.orders_count, stats.spend_minor) == (0, 0)


def test_what_a_merged_member_spent_is_recorded_as_missing_when_the_keeper_has_nothing(ana, ben):
    buy(ben, 100, external_id="A")
    adjust_points(member=ben.pk, amount=-40, reason="spent", at=AT)
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    halves = [back("1", 50), back("2", 50)]
    assert [(half.points_taken, half.shortfall) for half in halves] == [(50, 0), (10, 40)]
    assert spendable(ana) == 0


def test_a_refund_of_an_erased_members_order_takes_nothing_from_nobody(ana):
    buy(ana, 100, external_id="A")
    erase_member(member=ana.pk, at=AT)
    refund = cancel()
    assert (refund.status, refund.points_taken, spendable(ana)) == ("applied", 0, 0)
    assert totals() == {"issued": 100, "expired": -100}


# --- a guest's order finds its member


def test_a_guests_order_can_be_claimed_once(ana, ben):
    guest = buy(None, 80, 60, external_id="A")
    claimed = claim_order(order=guest.order, member=ana.pk, at=AT + days(1))
    assert (claimed.points, claimed.replayed, spendable(ana)) == (140, False, 140)
    assert list(OrderLine.objects.order_by("number").values_list("points", flat=True)) == [80, 60]
    again = claim_order(order=guest.order, member=ana.pk, at=AT + days(2))
    assert (again.points, again.replayed, spendable(ana)) == (140, True, 140)
    with pytest.raises(OrderTaken):
        claim_order(order=guest.order, member=ben.pk, at=AT)
    stats = Stats.objects.get(member=ana)
    assert (stats.orders_count, stats.spend_minor, stats.last_order_at) == (1, 140_00, AT)
    assert cancel().points_taken == 140


def test_claiming_earns_by_the_rules_and_dates_of_the_purchase(ana):
    publish(points_life={"expiry": "rolling", "months": 2, "hold_days": 7})
    guest = buy(None, 100, external_id="A")
    publish({**ONE_POINT_PER_KRONA, "points": 10}, points_life={})
    claim_order(order=guest.order, member=ana.pk, at=AT + days(10))
    [lot] = lots(ana.pk)
    assert (lot.granted, lot.pending) == (100, False)  # the hold is over by now
    assert lot.expires_at.isoformat()[:10] == "2026-05-09"  # end of 9 May in Stockholm


def test_claiming_gives_what_refunds_have_left(ana):
    guest = buy(None, 100, external_id="A")
    back("early", 30)
    claimed = claim_order(order=guest.order, member=ana.pk, at=AT)
    assert (claimed.points, spendable(ana)) == (70, 70)
    assert back("later", 20).points_taken == 20
    assert Stats.objects.get(member=ana).spend_minor == 50_00


def test_what_cannot_be_claimed(ana, ben):
    guest = buy(None, 100, external_id="A")
    block(member=ben.pk, at=AT, reason="x")
    with pytest.raises(NotActive):
        claim_order(order=guest.order, member=ben.pk, at=AT)
    cancel()
    with pytest.raises(OrderCancelled):
        claim_order(order=guest.order, member=ana.pk, at=AT)
    own = buy(ana, 10, external_id="B")
    with pytest.raises(OrderTaken):
        claim_order(order=own.order, member=ben.pk, at=AT)
    assert claim_order(order=own.order, member=ana.pk, at=AT).points == 10


# --- partial refunds with rounding, to the last point


@given(
    amounts=st.lists(st.integers(1, 3000), min_size=1, max_size=4), per_minor=st.integers(1, 700),
    cuts=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 100)), max_size=6),
)  # fmt: skip
def test_bit_by_bit_never_takes_more_than_it_gave_and_a_full_refund_takes_all(amounts, per_minor, cuts):
    """Pure twin of the operations: the order's points over its lines, taken line by line."""
    from members.rules.clawback import LineState, points_to_take
    from members.rules.earning import Earning, PointsPerAmount
    from members.rules.engine import decide
    from members.rules.facts import Facts, LineFacts, OrderFacts

    lines = tuple(LineFacts(n, "x", amount) for n, amount in enumerate(amounts, 1))
    decision = decide(Earning((PointsPerAmount("b", 1, per_minor),)), Facts(OrderFacts("SEK", lines)), AT)
    refunded, taken = [0] * len(amounts), 0

    def target():
        states = [
            LineState(a, r, decision.lines.get(n, 0))
            for n, (a, r) in enumerate(zip(amounts, refunded, strict=True), 1)
        ]
        return points_to_take(states, unassigned_minor=0, cancelled=False)

    for which, percent in cuts:
        index = which % len(amounts)
        refunded[index] += (amounts[index] - refunded[index]) * percent // 100
        assert target() - taken >= 0
        taken = target()
        assert taken <= decision.earned()
    refunded = list(amounts)
    assert target() == decision.earned()


def test_refunds_are_kept_at_their_own_time(ana):
    buy(ana, 100, external_id="A")
    refund = back("1", 10, at=AT + timedelta(hours=5))
    assert (refund.refunded_at, refund.amount_minor) == (AT + timedelta(hours=5), 10_00)


def test_what_expired_before_a_merge_is_not_taken_from_the_keeper(ana, ben):
    publish(points_life={"expiry": "rolling", "months": 1})
    buy(ben, 100, external_id="A", at=AT - days(40))
    adjust_points(member=ana.pk, amount=500, reason="given", at=AT)
    assert expire_due(at=AT) == 1
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    refund = cancel()
    assert (refund.points_taken, refund.shortfall, spendable(ana)) == (0, 100, 500)
