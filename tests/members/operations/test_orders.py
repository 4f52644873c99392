"""Recording orders: once each, one or many, with all the books beside them."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from loyalty.core.errors import InvalidInput, KeyReused
from loyalty.core.events.models import Event
from loyalty.core.ledger.queries import balance, lots, outstanding, totals
from members.models import Order, OrderLine, Refund, Stats
from members.operations.holds import activate_order
from members.operations.membership import block, edit, join
from members.operations.orders import (
    MemberNotFound,
    TooManyPoints,
    quote_order,
    record_order,
    record_orders,
)
from members.operations.points import activate_due, adjust_points, expire_due, live_through
from members.operations.privacy import erase_member
from members.operations.refunds import cancel_order, refund_order
from members.rules.facts import LineKind
from members.rules.shopping import MemberRef, NewLine, NewRefund
from tests.cast import AT, ONE_POINT_PER_KRONA, buy, days, order, person, publish


def figures(member):
    held, stats = balance(member.pk), Stats.objects.get(member=member)
    return held.available, held.pending, stats.orders_count, stats.spend_minor


def test_an_order_is_written_with_its_lines_points_counts_and_event(ana):
    lines = (
        NewLine("latte", 98_00, "2", name="Latte", category="coffee", brand="Luna", tags=("hot",)),
        NewLine("gift", 500_00, kind=LineKind.GIFT_CARD, discount_minor=10_00),
    )
    outcome = record_order(order=order(ana, lines=lines, discount_minor=59_80, channel="pos", location="main",
                                       payment_method="card"), at=AT)  # fmt: skip
    assert (outcome.points, outcome.balance, outcome.replayed) == (88, 88, False)
    row = Order.objects.get()
    assert (row.total_minor, row.discount_minor, row.eligible_minor, row.points_earned) == (
        538_20,
        59_80,
        88_20,
        88,
    )
    assert (row.channel, row.location, row.payment_method) == ("pos", "main", "card")
    kept = list(
        OrderLine.objects.order_by("number").values_list("kind", "sku", "tags", "paid_minor", "points")
    )
    assert kept == [("product", "latte", ["hot"], 88_20, 88), ("gift_card", "gift", [], 450_00, 0)]
    assert figures(ana) == (88, 0, 1, 538_20)
    assert Event.objects.filter(kind="order.recorded").get().data["points"] == 88


def test_the_same_order_again_answers_again_and_changes_nothing(ana):
    one = order(ana, 100, external_id="A")
    first = record_order(order=one, at=AT)
    again = record_order(order=one, at=AT + days(1))
    assert (again.order, again.points, again.replayed, again.balance) == (first.order, 100, True, 100)
    assert again.decision == first.decision
    assert figures(ana) == (100, 0, 1, 100_00)


def test_another_order_under_the_same_name_is_refused(ana, ben):
    buy(ana, 100, external_id="A")
    for other in (order(ana, 101, external_id="A"), order(ben, 100, external_id="A")):
        with pytest.raises(KeyReused):
            record_order(order=other, at=AT)
    assert (
        buy(ana, 101, external_id="A", source="web").points == 101
    )  # another system may use the same number
    assert figures(ana) == (201, 0, 2, 201_00)


def test_a_replay_still_answers_when_the_members_name_has_changed_or_gone(ana):
    edit(member=ana.pk, at=AT, identities={"email": "ana@example.com"})
    one = order(None, 100, external_id="A", lines=(NewLine("x", 100_00),))
    named = replace(one, member=MemberRef(email="ana@example.com"))
    first = record_order(order=named, at=AT)
    edit(member=ana.pk, at=AT, identities={"email": "anna@example.com"})
    assert record_order(order=named, at=AT).order == first.order
    erase_member(member=ana.pk, at=AT)
    again = record_order(order=named, at=AT)
    assert (again.order, again.replayed) == (first.order, True)


def test_a_guests_order_counts_for_nobody_and_says_what_a_member_would_have_got(cafe):
    outcome = buy(None, 100)
    assert (outcome.points, outcome.member, outcome.balance) == (0, None, None)
    assert outcome.decision.earned() == 100
    assert (OrderLine.objects.get().points, outstanding()) == (0, 0)


@pytest.mark.parametrize(
    "ref",
    [MemberRef(external_id="nobody"), MemberRef(id="mbr_00000000000000000000000000"), MemberRef(id="mbr_nonsense"),
     MemberRef(email="no@example.com"), MemberRef(phone="+46701740600"), MemberRef(card="NOCARD")],
)  # fmt: skip
def test_an_unknown_member_is_an_error_and_nothing_is_written(cafe, ref):
    asked = order(None, 10)
    asked = replace(asked, member=ref)
    with pytest.raises(MemberNotFound):
        record_order(order=asked, at=AT)
    assert (Order.objects.count(), Event.objects.filter(kind__startswith="order").count()) == (0, 0)


@pytest.mark.parametrize("kind", ["external_id", "email", "phone", "card"])
def test_a_member_is_found_by_every_name_however_it_is_written(cafe, kind):
    typed = {"external_id": " kund 1 ", "email": "Ana@Example.com", "phone": "0701740605", "card": "ab-12-cd"}
    member = join(
        at=AT, identities={"external" if k == "external_id" else k: v for k, v in typed.items()}
    ).member
    wanted = typed[kind].upper() if kind == "email" else typed[kind]
    asked = replace(order(None, 10), member=MemberRef(**{kind: wanted}))
    assert record_order(order=asked, at=AT).member == member.pk


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"currency": "EUR"}, "currency"),
        ({"placed_at": AT + days(1) + timedelta(seconds=1)}, "placed_at"),
        ({"placed_at": AT - days(365 * 30)}, "placed_at"),
        ({"discount_minor": 10_01}, "discount_minor"),
        ({"points_minor": 10_01}, "points_minor"),
        ({"discount_minor": 5_00, "points_minor": 5_01}, "points_minor"),
        ({"member": MemberRef()}, "member"),
        ({"member": MemberRef(external_id="a", email="a@example.com")}, "member"),
        ({"member": MemberRef(email="not an address")}, "member.email"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_by_its_field(cafe, fields, field):
    asked = order(None, 10)
    asked = replace(asked, **fields)
    with pytest.raises(InvalidInput) as refused:
        record_order(order=asked, at=AT)
    assert [error["field"] for error in refused.value.errors] == [field]
    assert not Order.objects.exists()


def test_more_points_than_the_books_take_are_refused_alone(ana):
    publish({**ONE_POINT_PER_KRONA, "points": 1_000_000, "per_minor": 1})
    huge, small = record_orders(orders=[order(ana, 10**10), order(ana, 1)], at=AT)
    assert isinstance(huge, TooManyPoints)
    assert small.points == 100_000_000
    assert Order.objects.count() == 1


def test_a_batch_answers_in_its_order_and_a_refused_one_does_not_stop_the_rest(ana, ben):
    buy(ben, 5, external_id="known")
    asked = [
        order(ana, 30, external_id="z"), order(ben, 5, external_id="known"), order(None, 7, external_id="g"),
        order(ana, 1, external_id="bad", discount_minor=200), order(ana, 20, external_id="a"),
        order(ana, 30, external_id="z"), order(ana, 31, external_id="z"),
    ]  # fmt: skip
    found = record_orders(orders=asked, at=AT)
    assert [getattr(one, "code", None) or (one.points, one.replayed) for one in found] == [
        (30, False), (5, True), (0, False), "invalid_input", (20, False), (30, True), "key_reused",
    ]  # fmt: skip
    assert found[5].order == found[0].order
    assert found[5].balance == 50  # what is there after the batch, not before it
    assert figures(ana) == (50, 0, 2, 50_00)


def test_one_by_one_or_as_a_batch_comes_to_the_same(cafe):
    publish(
        ONE_POINT_PER_KRONA, {"type": "multiplier", "id": "x", "factor": "1.5"}, points_life={"hold_days": 3}
    )
    people = {name: [person(f"{name}{n}") for n in range(4)] for name in ("single", "batch")}
    amounts = [(n * 7) % 4 for n in range(24)]
    asked = {
        name: [order(found[who], 10 + n, 3, external_id=f"{name}-{n}") for n, who in enumerate(amounts)]
        for name, found in people.items()
    }
    singles = [record_order(order=one, at=AT) for one in asked["single"]]
    batch = record_orders(orders=asked["batch"], at=AT)
    assert [(one.points, one.terms, one.decision) for one in singles] == [
        (one.points, one.terms, one.decision) for one in batch
    ]
    for first, second in zip(people["single"], people["batch"], strict=True):
        assert figures(first) == figures(second)
        columns = ("total_minor", "eligible_minor", "points_earned", "decision", "lines__points",
                   "lines__paid_minor")  # fmt: skip
        kept = [
            Order.objects.filter(member=member).order_by("total_minor", "lines__number").values_list(*columns)
            for member in (first, second)
        ]
        assert list(kept[0]) == list(kept[1])


def test_an_order_costs_a_fixed_number_of_statements(ana, django_assert_num_queries):
    buy(ana, 1)  # warm: programme and shop are known now
    with django_assert_num_queries(2):  # who, and all that is written
        buy(ana, 10, 20, 30)
    with django_assert_num_queries(2):
        record_orders(orders=[order(ana, 10) for _n in range(50)], at=AT)


def test_a_quote_writes_nothing_and_can_look_into_another_day(ana, django_assert_num_queries):
    rule = {**ONE_POINT_PER_KRONA, "id": "later", "window": {"from": "2026-04-01T00:00:00+02:00"}}
    publish(ONE_POINT_PER_KRONA, rule)
    asked = order(ana, 100)
    buy(ana, 1)
    with django_assert_num_queries(1):
        quoted = quote_order(order=asked, at=AT)
    assert (quoted.points, quoted.balance) == (100, None)
    assert quote_order(order=asked, at=AT, when=AT + days(40)).points == 200
    assert not Order.objects.filter(external_id=asked.external_id).exists()
    with pytest.raises(InvalidInput):
        quote_order(order=order(ana, 1, discount_minor=500), at=AT)


def test_without_a_programme_orders_are_kept_and_earn_nothing(luna):
    from loyalty.core.tenancy.scope import acting_for
    from tests.cast import MARA

    with acting_for(luna, by=MARA):
        outcome = buy(person("ana"), 100)
        assert (outcome.points, outcome.version, Order.objects.count()) == (0, None, 1)


# --- the life of what was earned


def test_held_points_wait_count_and_end_by_the_terms_they_were_earned_under(ana):
    publish(points_life={"hold_days": 14, "expiry": "rolling", "months": 1})
    outcome = buy(ana, 100)
    assert outcome.terms.pending
    assert figures(ana)[:2] == (0, 100)
    publish(points_life={"hold_days": 0, "expiry": "never"})
    assert live_through(at=AT + days(13)) == {"activated": 0, "expired": 0}
    assert live_through(at=AT + days(14)) == {"activated": 1, "expired": 0}
    assert figures(ana)[:2] == (100, 0)
    assert live_through(at=AT + days(44)) == {"activated": 0, "expired": 0}
    assert live_through(at=AT + days(46)) == {"activated": 0, "expired": 1}
    assert figures(ana)[:2] == (0, 0)
    assert totals()["expired"] == -100


def test_expiring_and_activating_twice_is_once(ana):
    publish(points_life={"hold_days": 1, "expiry": "rolling", "months": 1})
    for _n in range(5):
        buy(ana, 10)
    assert [activate_due(at=AT + days(3), most=2) for _n in range(4)] == [2, 2, 1, 0]
    assert [expire_due(at=AT + days(60)), expire_due(at=AT + days(60))] == [5, 0]
    assert (figures(ana)[:2], totals()["expired"]) == ((0, 0), -50)


def test_what_waits_for_an_event_lives_from_then_on_by_its_own_terms(ana):
    publish(points_life={"hold_event": "order.shipped", "expiry": "rolling", "months": 6})
    outcome = buy(ana, 100)
    publish(points_life={"expiry": "rolling", "months": 1})
    shipped = AT + days(10)
    assert live_through(at=shipped) == {"activated": 0, "expired": 0}
    assert activate_order(order=outcome.order, at=shipped) == 100
    assert activate_order(order=outcome.order, at=shipped) == 0
    [lot] = lots(ana.pk)
    assert (lot.pending, lot.expires_at.isoformat()[:10]) == (False, "2026-09-12")


def test_spent_points_do_not_expire_and_the_soonest_go_first(ana):
    publish(points_life={"expiry": "rolling", "months": 1})
    buy(ana, 60)
    buy(ana, 40, at=AT - days(10))
    adjust_points(member=ana.pk, amount=-50, reason="test", at=AT)
    assert expire_due(at=AT + days(25)) == 0  # the older 40 are gone
    assert expire_due(at=AT + days(60)) == 1
    assert totals() == {"issued": 100, "adjusted": -50, "expired": -50}


def test_adjusting_needs_a_reason_and_points_to_take(ana):
    from loyalty.core.ledger.operations import NotEnoughPoints
    from members.operations.membership import NotActive

    adjust_points(member=ana.pk, amount=10, reason="Welcome", at=AT, key="once")
    adjust_points(member=ana.pk, amount=10, reason="Welcome", at=AT, key="once")
    assert figures(ana)[0] == 10
    for amount, reason in ((0, "x"), (1, " "), (1, "x" * 301), (10**13, "x")):
        with pytest.raises(InvalidInput):
            adjust_points(member=ana.pk, amount=amount, reason=reason, at=AT)
    with pytest.raises(NotEnoughPoints):
        adjust_points(member=ana.pk, amount=-11, reason="x", at=AT)
    with pytest.raises(KeyReused):
        adjust_points(member=ana.pk, amount=11, reason="x", at=AT, key="once")
    block(member=ana.pk, at=AT, reason="x")
    adjust_points(member=ana.pk, amount=-10, reason="Given by mistake", at=AT)
    erase_member(member=ana.pk, at=AT)
    with pytest.raises(NotActive):
        adjust_points(member=ana.pk, amount=1, reason="x", at=AT)


# --- refunds that arrive first


def test_a_refund_that_comes_first_waits_for_its_order(ana):
    waiting = refund_order(source="api", order_external_id="A", refund=NewRefund("r", AT, (), 30_00), at=AT)
    assert waiting.refund.status == "parked"
    outcome = buy(ana, 100, external_id="A")
    assert (outcome.points, outcome.balance) == (100, 70)
    assert figures(ana) == (70, 0, 1, 70_00)
    assert Refund.objects.get().status == "applied"


def test_a_waiting_refund_nobody_can_apply_does_not_keep_its_order_out(ana):
    from members.rules.shopping import RefundedLine

    for name, refund in (("big", NewRefund("big", AT, (), 101_00)),
                         ("line", NewRefund("line", AT, (RefundedLine(9, 100),)))):  # fmt: skip
        refund_order(source="api", order_external_id="A", refund=refund, at=AT)
        assert Refund.objects.get(external_id=name).status == "parked"
    assert buy(ana, 100, external_id="A").balance == 100
    refused = {row.external_id: (row.status, row.note) for row in Refund.objects.all()}
    assert refused == {
        "big": ("refused", "More is refunded than was paid: 10000 minor units are left to refund here."),
        "line": ("refused", "The order has no line 9."),
    }
    cancel_order(source="api", order_external_id="A", cancelled_at=AT, at=AT)
    assert figures(ana) == (0, 0, 0, 0)


def test_conditions_bonuses_and_caps_decide_what_is_posted(ana):
    morning = {"type": "hours", "days": ["mon"], "from": "08:00", "until": "10:00"}
    least = {"type": "order_amount", "at_least_minor": 50_00}
    publish(
        {**ONE_POINT_PER_KRONA, "limits": {"per_order": 60}},
        {"type": "fixed", "id": "early", "amount": 20, "when": [morning, least]},
        {"type": "fixed", "id": "late", "amount": 90, "when": [{**morning, "days": ["tue"]}]},
    )
    found = buy(ana, 70, 30, external_id="morning")
    assert (found.points, found.balance) == (80, 80)
    row = Order.objects.get(external_id="morning")
    assert list(row.lines.order_by("number").values_list("points", flat=True)) == [56, 24]
    assert [(one["rule"], one["code"], one["amount"]) for one in row.decision["reasons"]] == [
        ("base", "capped", 60), ("early", "fixed", 20), ("late", "other_hours", 0),
    ]  # fmt: skip
    again = record_order(order=order(ana, 70, 30, external_id="morning"), at=AT + days(1))
    assert (again.replayed, again.points, again.decision) == (True, 80, found.decision)
    assert buy(ana, 30, at=AT + days(0.5)).points == 30
