"""Caps, cool-downs, budgets and counted purchases: what is decided is decided on what has really been given."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from members.models import BudgetUse, Order, RuleUse, Stats
from members.operations import counting
from members.operations.claiming import claim_order
from members.operations.membership import block
from members.operations.merging import merge
from members.operations.orders import quote_order, record_order, record_orders
from members.operations.privacy import erase_member, export_member
from members.operations.refunds import cancel_order, refund_order
from members.rules.shopping import NewRefund, RefundedLine
from tests.cast import AT, ONE_POINT_PER_KRONA, buy, days, order, person, publish

FIRST = {"type": "fixed", "id": "first", "amount": 100, "when": [{"type": "order_number", "number": 1}]}


def bonus(amount=10, **more):
    return {"type": "fixed", "id": "bonus", "amount": amount, **more}


def capped(amount=10, *, period="day", **limit):
    return bonus(amount, limits={"per": [{"period": period, **limit}]})


def budgeted(amount=10, **budget):
    rule = bonus(amount, limits={"budget": "pot"})
    return publish(rule, earning={"budgets": [{"id": "pot", **budget}]})


def gave(*outcomes):
    return [outcome.points for outcome in outcomes]


def spent():
    return BudgetUse.objects.values_list("units", "cost_minor").get(budget="pot")


def cancel(name, at=AT):
    return cancel_order(source="api", order_external_id=name, cancelled_at=at, at=at)


def refund(name, minor, external_id="r", at=AT, lines=()):
    asked = NewRefund(external_id, at, lines, minor)
    return refund_order(source="api", order_external_id=name, refund=asked, at=at)


@pytest.fixture(autouse=True)
def _books(request, cafe):
    """After each test the counters say what the decisions say."""
    yield
    if "check" not in request.fixturenames:
        assert verify() == []


def test_a_rule_that_gives_once_a_day_gives_once_a_day(ana, ben):
    publish(capped(times=1))
    found = [
        buy(ana, 50),
        buy(ana, 50, at=AT + timedelta(hours=3)),
        buy(ben, 50),
        buy(ana, 50, at=AT + days(1)),
    ]
    assert gave(*found) == [10, 0, 10, 10]
    [reason] = found[1].decision.reasons
    assert (reason.code, reason.values["limit"], reason.values["period"]) == ("used_up", "times", "day")
    assert found[0].decision.counted == ("bonus",) and found[1].decision.counted == ()


def test_units_are_cut_to_what_the_month_has_left_and_the_month_is_the_shops(ana):
    publish(capped(30, period="month", units=50))
    # 23:30 UTC on the 31st is the next month in Stockholm.
    late = AT.replace(month=3, day=31, hour=22, minute=30)
    assert gave(buy(ana, 1), buy(ana, 1), buy(ana, 1), buy(ana, 1, at=late)) == [30, 20, 0, 30]


def test_an_order_that_arrives_late_counts_in_the_period_it_was_made_in(ana):
    publish(capped(times=1))
    today, now = buy(ana, 50), AT + days(3)
    late = record_order(order=order(ana, 50, at=AT - days(1)), at=now)
    same = record_order(order=order(ana, 50, at=AT - days(1) + timedelta(hours=2)), at=now)
    assert gave(today, late, same, buy(ana, 50, at=now)) == [10, 10, 0, 10]


def test_a_cap_that_is_changed_from_a_day_to_a_week_still_knows_what_was_given(ana):
    publish(capped(times=1))
    assert gave(buy(ana, 50)) == [10]
    publish(capped(times=1, period="week"))
    assert gave(buy(ana, 50, at=AT + days(2)), buy(ana, 50, at=AT + days(7))) == [0, 10]


def test_no_stamp_within_the_hour_and_none_beside_one_that_came_in_late(ana):
    publish(bonus(1, when=[{"type": "cool_down", "minutes": 60}]))
    minutes = [0, 59, 60, 300]
    assert gave(*(buy(ana, 30, at=AT + timedelta(minutes=n)) for n in minutes)) == [1, 0, 1, 1]
    beside, between = (order(ana, 30, at=AT + timedelta(minutes=n)) for n in (20, 180))
    assert gave(*record_orders(orders=[beside, between], at=AT + days(1))) == [0, 1]


def test_another_rules_cool_down_is_kept_although_that_rule_has_no_limit(ana):
    waits = {"type": "cool_down", "minutes": 60, "rule": "base"}
    publish(ONE_POINT_PER_KRONA, bonus(7, when=[waits]))
    assert gave(buy(ana, 50), buy(ana, 50), buy(ana, 50, at=AT + days(1))) == [57, 50, 57]


def test_a_first_purchase_is_the_first_in_one_batch_whatever_the_order_of_its_names(ana, ben):
    publish(FIRST, ONE_POINT_PER_KRONA)
    batch = [
        order(ana, 10, at=AT + days(1), external_id="a"),
        order(ben, 10, at=AT, external_id="b"),
        order(ana, 10, at=AT, external_id="z"),
        order(ana, 10, at=AT, external_id="z"),
    ]
    found = record_orders(orders=batch, at=AT + days(2))
    assert gave(*found) == [10, 110, 110, 110] and found[3].replayed
    again = record_orders(orders=[*batch, order(ana, 10, at=AT + days(2))], at=AT + days(2))
    assert gave(*again) == [10, 110, 110, 110, 10]
    assert [outcome.replayed for outcome in again] == [True, True, True, True, False]
    assert Stats.objects.get(member=ana).orders_count == 3


def test_a_repetition_in_a_batch_does_not_make_the_next_the_second(ana):
    publish(
        FIRST, {"type": "fixed", "id": "second", "amount": 7, "when": [{"type": "order_number", "number": 2}]}
    )
    first = order(ana, 10, external_id="a")
    assert gave(record_order(order=first, at=AT)) == [100]
    found = record_orders(orders=[first, order(ana, 10, external_id="b")], at=AT)
    assert gave(*found) == [100, 7]


def test_a_batch_shares_one_budget_and_stops_when_it_is_spent(ana, ben):
    budgeted(units=25)
    batch = [order(member, 50, external_id=f"o{n}") for n, member in enumerate((ana, ben, ana, ben, None))]
    found = record_orders(orders=batch, at=AT)
    assert sorted(gave(*found)) == [0, 0, 5, 10, 10]
    assert spent() == (25, 0)
    [reason] = buy(ana, 50).decision.reasons
    assert (reason.code, reason.values["limit"]) == ("used_up", "budget")


def test_a_budget_of_money_counts_what_the_points_cost_then(ana):
    budgeted(100, money_minor=60, unit_cost_minor="0.25")
    assert gave(buy(ana, 1), buy(ana, 1)) == [100, 100]
    budgeted(
        100, money_minor=60, unit_cost_minor="0.1"
    )  # a point has become cheaper; what is spent stays spent
    assert gave(buy(ana, 1, external_id="cheap"), buy(ana, 1)) == [100, 0]
    assert spent() == (300, 60)
    cancel("cheap")
    assert spent() == (200, 50)


def test_a_guests_order_draws_nothing_until_someone_claims_it(ana):
    budgeted(10, units=15)
    guest = buy(None, 50)
    assert (guest.points, BudgetUse.objects.count(), RuleUse.objects.count()) == (0, 0, 0)
    buy(ana, 50)
    assert claim_order(order=guest.order, member=ana.pk, at=AT).points == 5
    assert spent() == (15, 0)


def test_a_claimed_order_counts_where_it_was_made_and_what_came_back_before_does_not(ana):
    publish(capped(times=1))
    guest = buy(None, 50, external_id="guest")
    refund("guest", 50_00)
    assert claim_order(order=guest.order, member=ana.pk, at=AT + days(5)).points == 0
    assert RuleUse.objects.get().units == 0
    other = buy(None, 50, external_id="other")
    assert claim_order(order=other.order, member=ana.pk, at=AT + days(5)).points == 10
    assert gave(buy(ana, 50)) == [0]


@pytest.mark.parametrize("parked", [False, True])
def test_a_cancelled_order_gives_back_what_it_took_once(ana, parked):
    publish(bonus(10, limits={"per": [{"period": "day", "times": 1}], "budget": "pot"}),
            earning={"budgets": [{"id": "pot", "units": 100, "unit_cost_minor": "0.5"}]})  # fmt: skip
    if parked:
        cancel("a")
    buy(ana, 50, external_id="a")
    if not parked:
        assert spent() == (10, 5)
    cancel("a")
    cancel("a", AT + days(1))
    assert (spent(), RuleUse.objects.get().units) == ((0, 0), 0)
    assert gave(buy(ana, 50), buy(ana, 50)) == [10, 0]
    assert record_order(order=order(ana, 50, external_id="a"), at=AT + days(1)).replayed
    assert spent() == (10, 5)


@pytest.mark.parametrize("turn", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_refunds_give_back_their_part_in_any_order_of_arrival(ana, turn):
    publish(ONE_POINT_PER_KRONA | {"limits": {"budget": "pot", "per": [{"period": "day", "units": 100}]}},
            earning={"budgets": [{"id": "pot", "units": 1000}]})  # fmt: skip
    buy(ana, 30, 70, external_id="a")
    parts = [(0, (RefundedLine(1, 10_00),)), (21_00, ()), (0, (RefundedLine(2, 20_00),))]
    for number in turn:
        minor, lines = parts[number]
        refund("a", minor, f"r{number}", lines=lines)
        refund("a", minor, f"r{number}", lines=lines)
    assert (balance(ana.pk).available, RuleUse.objects.get().units, spent()) == (49, 49, (49, 0))
    assert gave(buy(ana, 200)) == [51]
    cancel("a")
    assert spent() == (51, 0)


def test_a_merged_member_brings_what_was_counted_and_a_later_refund_finds_it(ana, ben):
    publish(capped(times=2, period="month"), FIRST)
    buy(ana, 50, external_id="a")
    buy(ben, 50, external_id="b")
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    assert gave(buy(ana, 50)) == [0]
    cancel("b")
    assert gave(buy(ana, 50), buy(ana, 50)) == [10, 0]


def test_an_erased_member_leaves_a_budget_spent_and_nothing_else(ana, ben):
    publish(capped(times=1), bonus(5, limits={"budget": "pot"}) | {"id": "drawn"},
            earning={"budgets": [{"id": "pot", "units": 8}]})  # fmt: skip
    buy(ana, 50, external_id="a")
    held = export_member(member=ana.pk, at=AT)["membership"]["counted"]
    assert [(one["rule"], one["units"]) for one in held] == [("bonus", 10), ("drawn", 5)]
    erase_member(member=ana.pk, at=AT)
    assert list(RuleUse.objects.values_list("rule", "member")) == [("drawn", None)]
    assert gave(buy(ben, 50)) == [13]
    cancel("a")
    assert spent() == (3, 0)


def test_giving_back_says_how_much_in_all_and_not_how_much_more(ana):
    budgeted(7, units=100, unit_cost_minor="0.5")
    bought = buy(ana, 50)
    for part, left in ((3, 4), (3, 4), (7, 0), (7, 0)):
        counting.give_back(source=bought.order, undone={"points": (part, 7)})
        assert (RuleUse.objects.get().units, spent()) == (left, (left, left * Decimal("0.5")))
    counting.give_back(source=bought.order, undone={})
    assert spent() == (7, Decimal("3.5"))


def test_a_birthday_is_known(cafe):
    born = person("cleo", birthday=date(1990, 3, 2))
    publish(bonus(when=[{"type": "birthday", "days_after": 3}]))
    assert gave(buy(born, 50), buy(born, 50, at=AT + days(4)), buy(person("dan"), 50)) == [10, 0, 0]


def test_since_the_last_order(ana):
    publish(bonus(when=[{"type": "since_order", "at_least_days": 30}]))
    assert gave(buy(ana, 5), buy(ana, 5, at=AT + days(29)), buy(ana, 5, at=AT + days(59))) == [0, 0, 10]


def test_a_quote_sees_what_is_left_and_takes_nothing(ana):
    publish(bonus(10, limits={"per": [{"period": "day", "times": 1}], "budget": "pot"}),
            earning={"budgets": [{"id": "pot", "units": 100}]})  # fmt: skip
    asked = order(ana, 50, external_id="a")
    assert gave(quote_order(order=asked, at=AT), quote_order(order=asked, at=AT)) == [10, 10]
    assert (RuleUse.objects.count(), BudgetUse.objects.count()) == (0, 0)
    record_order(order=asked, at=AT)
    assert gave(quote_order(order=asked, at=AT), quote_order(order=asked, at=AT, when=AT + days(1))) == [
        0,
        10,
    ]


def test_blocked_members_use_nothing_up(ana):
    publish(capped(times=1))
    block(member=ana.pk, at=AT, reason="trouble")
    assert gave(buy(ana, 50)) == [0]
    assert RuleUse.objects.count() == 0


def test_what_no_limit_looks_at_is_not_counted(ana):
    publish(ONE_POINT_PER_KRONA, capped(times=1))
    buy(ana, 50)
    assert list(RuleUse.objects.values_list("rule", "amount", "units")) == [("bonus", 10, 10)]
    assert Order.objects.get().decision["counted"] == ["bonus"]


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (lambda: BudgetUse.objects.update(units=11), "budgets_add_up"),
        (lambda: BudgetUse.objects.update(cost_minor=Decimal("4.9")), "budgets_add_up"),
        (lambda: BudgetUse.objects.all().delete(), "budgets_add_up"),
        (lambda: RuleUse.objects.update(units=9), "uses_follow_decisions"),
        (lambda: RuleUse.objects.update(at=AT + days(1)), "uses_follow_decisions"),
        (lambda: RuleUse.objects.update(member=None), "uses_follow_decisions"),
        (lambda: RuleUse.objects.all().delete(), "uses_follow_decisions"),
        (lambda: Order.objects.update(status="cancelled"), "uses_follow_decisions"),
    ],
)
def test_the_checks_find_counters_that_say_something_else(ana, change, check):
    publish(bonus(10, limits={"budget": "pot"}),
            earning={"budgets": [{"id": "pot", "units": 100, "unit_cost_minor": "0.5"}]})  # fmt: skip
    buy(ana, 50)
    assert verify() == []
    change()
    assert check in {breach.check for breach in verify()}
