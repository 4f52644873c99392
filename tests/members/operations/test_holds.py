"""Points that wait: for an event, for days, for a day of the calendar, for whichever comes last; and set free in part."""

import itertools
from datetime import date

import pytest

from loyalty.core.errors import InvalidInput
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance, lots
from members.models import HoldEvent
from members.operations import following
from members.operations.activities import record_activity
from members.operations.claiming import claim_order
from members.operations.holds import activate_order, release_due, report_event
from members.operations.merging import merge
from members.operations.orders import record_order
from members.operations.points import activate_due, adjust_points, expire_due
from members.operations.refunds import cancel_order, refund_order
from members.queries.story import Kind, story
from members.rules.doing import NewActivity, Product
from members.rules.points_life import PointsLife, check, held_until
from members.rules.shopping import MemberRef, NewLine, NewRefund, RefundedLine
from tests.cast import AT, buy, days, order, person, publish

SHIPPED = {"hold_event": "order.shipped"}


def shipped(name="o", *, lines=(), when=AT, at=None, event="order.shipped", about="order"):
    return report_event(about=about, source="api", external_id=name, event=event, happened_at=when, lines=lines,
                        at=at or when)  # fmt: skip


def has(member):
    now = balance(member.pk)
    return now.available, now.pending


_names = itertools.count()


def refund(name, *lines, amount=0):
    parts = tuple(RefundedLine(number, kronor * 100) for number, kronor in lines)
    asked = NewRefund(f"r{next(_names)}", AT, parts, amount * 100)
    return refund_order(source="api", order_external_id=name, refund=asked, at=AT).refund


def test_an_order_that_is_shipped_sets_its_points_free_and_their_life_starts_then(cafe, ana):
    publish(points_life={**SHIPPED, "expiry": "rolling", "months": 1})
    buy(ana, 100, external_id="o")
    buy(ana, 50, external_id="other")
    assert has(ana) == (0, 150)
    told = shipped(when=AT + days(20), at=AT + days(21))
    assert (told.event.status, told.event.points, told.replayed) == ("applied", 100, False)
    assert has(ana) == (100, 50)
    (free,) = lots(ana.pk).filter(pending=False)
    assert free.expires_at.date() == date(2026, 4, 22)  # the end of the 22nd of April in Stockholm
    again = shipped(when=AT + days(20), at=AT + days(22))
    assert (again.replayed, again.event.pk) == (True, told.event.pk)
    assert has(ana) == (100, 50)
    assert verify() == []


def test_another_event_and_points_that_wait_for_none_stay_as_they_are(cafe, ana):
    publish(points_life=SHIPPED)
    buy(ana, 100, external_id="o")
    assert shipped(event="order.packed").event.points == 0
    assert has(ana) == (0, 100)
    publish(points_life={"hold_days": 5})
    buy(ana, 10, external_id="p")
    assert shipped("p").event.points == 0
    assert has(ana) == (0, 110)


# --- before the order, before its member --------------------------------------------------------------------------


def test_an_event_that_comes_before_its_order_counts_with_it(cafe, ana):
    publish(points_life=SHIPPED)
    assert shipped().event.status == "parked"
    buy(ana, 100, external_id="o")
    assert has(ana) == (100, 0)
    assert HoldEvent.objects.get().status == "applied"
    assert verify() == []


def test_a_guests_shipped_order_gives_its_points_at_once_when_it_is_claimed(cafe, ana):
    publish(points_life=SHIPPED)
    bought = record_order(order=order(None, 60, 40, external_id="o"), at=AT)
    assert shipped(lines=[1]).event.points == 0
    claim_order(order=bought.order, member=ana.pk, at=AT)
    assert has(ana) == (60, 40)
    assert verify() == []


def test_many_orders_at_once_each_find_their_own_event(cafe, ana, ben):
    from members.operations.orders import record_orders

    publish(points_life=SHIPPED)
    shipped("a")
    shipped("c")
    record_orders(orders=[order(ana, 10, external_id="a"), order(ben, 20, external_id="b"),
                          order(ben, 30, external_id="c")], at=AT)  # fmt: skip
    assert (has(ana), has(ben)) == ((10, 0), (30, 20))


# --- in part ------------------------------------------------------------------------------------------------------


def test_a_partial_shipment_sets_free_what_its_lines_earned_and_the_last_one_the_rest(cafe, ana):
    publish(points_life={**SHIPPED, "expiry": "rolling", "months": 1})
    buy(ana, 60, 30, 10, external_id="o")
    assert shipped(lines=[1]).event.points == 60
    assert has(ana) == (60, 40)
    assert shipped(lines=[1, 3], when=AT + days(1)).event.points == 10
    assert has(ana) == (70, 30)
    assert shipped(lines=[2], when=AT + days(2)).event.points == 30
    assert has(ana) == (100, 0)
    rows = [row for row in story(ana.pk, plain=True).rows if row.kind is Kind.ACTIVATION]
    assert [row.change for row in rows] == [30, 10, 60]
    assert rows[1].sentence == "10 points that waited can be spent now"
    assert verify() == []


def test_the_whole_after_a_part_sets_free_what_is_left(cafe, ana):
    publish(points_life=SHIPPED)
    buy(ana, 60, 40, external_id="o")
    shipped(lines=[2])
    assert shipped().event.points == 60
    assert has(ana) == (100, 0)


def test_a_refund_while_points_are_held_takes_those_first(cafe, ana):
    publish(points_life=SHIPPED)
    buy(ana, 60, 40, external_id="o")
    shipped(lines=[1])
    found = refund("o", (1, 30))
    assert (found.points_taken, found.shortfall) == (30, 0)
    assert has(ana) == (60, 10)
    assert refund("o", (1, 30)).points_taken == 30  # ten that wait, then twenty that do not
    assert has(ana) == (40, 0)
    assert shipped(lines=[2]).event.points == 0
    assert verify() == []


@pytest.mark.parametrize("first", ["refund", "shipment"])
def test_a_line_that_came_back_sets_nothing_free_in_either_order(cafe, ana, first):
    publish(points_life=SHIPPED)
    buy(ana, 60, 40, external_id="o")
    if first == "refund":
        refund("o", (1, 60))
        shipped(lines=[1])
    else:
        shipped(lines=[1])
        refund("o", (1, 60))
    shipped(lines=[2])
    assert has(ana) == (40, 0)
    assert verify() == []


def test_cancelled_after_a_part_was_shipped_nothing_is_left(cafe, ana):
    publish(points_life=SHIPPED)
    buy(ana, 60, 40, external_id="o")
    shipped(lines=[1])
    cancelled = cancel_order(source="api", order_external_id="o", cancelled_at=AT, at=AT).refund
    assert (cancelled.points_taken, cancelled.shortfall) == (100, 0)
    assert has(ana) == (0, 0)
    assert shipped().event.points == 0
    assert verify() == []


def test_a_part_that_was_spent_is_recorded_when_the_order_comes_back(cafe, ana):
    publish(points_life={**SHIPPED, "on_shortfall": "only_pending"})
    buy(ana, 60, 40, external_id="o")
    shipped(lines=[1])
    adjust_points(member=ana.pk, amount=-60, reason="spent", at=AT)
    cancelled = cancel_order(source="api", order_external_id="o", cancelled_at=AT, at=AT).refund
    assert (cancelled.points_taken, cancelled.shortfall) == (40, 60)
    assert has(ana) == (0, 0)
    assert verify() == []


def test_after_a_merge_both_parts_are_found(cafe, ana, ben):
    publish(points_life=SHIPPED)
    buy(ana, 60, 40, external_id="o")
    shipped(lines=[1])
    merge(keep=ben.pk, remove=ana.pk, at=AT)
    assert has(ben) == (60, 40)
    assert shipped(lines=[2]).event.points == 40
    assert (
        cancel_order(source="api", order_external_id="o", cancelled_at=AT, at=AT).refund.points_taken == 100
    )
    assert (has(ana), has(ben)) == ((0, 0), (0, 0))
    assert verify() == []


@pytest.mark.parametrize("lines", [[3], [1, 9]])
def test_lines_the_order_has_not_are_refused_and_nothing_is_kept(cafe, ana, lines):
    publish(points_life=SHIPPED)
    buy(ana, 60, 40, external_id="o")
    with pytest.raises(InvalidInput) as refused:
        shipped(lines=lines)
    assert refused.value.errors[0]["code"] == "no_such_line"
    with pytest.raises(InvalidInput):
        shipped(when=AT + days(5), at=AT)
    assert not HoldEvent.objects.exists()
    assert has(ana) == (0, 100)


# --- days, a day, and both ----------------------------------------------------------------------------------------


def test_points_wait_until_a_day_begins(cafe, ana):
    publish(points_life={"hold_until": "2026-06-01", "expiry": "rolling", "months": 1})
    buy(ana, 100)
    (lot,) = lots(ana.pk)
    assert lot.available_from.isoformat() == "2026-05-31T22:00:00+00:00"  # midnight in Stockholm
    assert activate_due(at=lot.available_from - days(0.001)) == 0
    assert activate_due(at=lot.available_from) == 1
    assert has(ana) == (100, 0)
    assert lots(ana.pk).get().expires_at.isoformat() == "2026-07-01T22:00:00+00:00"
    buy(ana, 10, at=lot.available_from + days(1))
    assert has(ana) == (110, 0)  # the day has come: nothing waits any more


@pytest.mark.parametrize(
    ("life", "until"),
    [
        ({"hold_days": 14, "hold_until": date(2026, 3, 10)}, "2026-03-15T23:00:00+00:00"),
        ({"hold_days": 3, "hold_until": date(2026, 3, 10)}, "2026-03-09T23:00:00+00:00"),
        ({"hold_until": date(2026, 3, 2)}, None),
        ({}, None),
    ],
)
def test_of_days_and_a_day_the_later_counts(cafe, life, until):
    from zoneinfo import ZoneInfo

    found = held_until(PointsLife(**life), AT, ZoneInfo("Europe/Stockholm"))
    assert (found.astimezone(AT.tzinfo).isoformat() if found else None) == until


@pytest.mark.parametrize("lines", [[], [1]])
def test_of_days_and_an_event_the_later_counts(cafe, ana, lines):
    publish(points_life={**SHIPPED, "hold_days": 14, "expiry": "rolling", "months": 1})
    buy(ana, 60, 40, external_id="early")
    buy(ana, 70, external_id="late")
    early = shipped("early", lines=lines, when=AT + days(1)).event
    assert (early.status, early.points) == ("waiting", 0)
    assert has(ana) == (0, 170)
    assert activate_due(at=AT + days(60)) == 0  # only the event's own task sets these free
    assert release_due(at=early.due_at - days(0.01), most=100) == 0
    for done in (1, 0):
        assert release_due(at=early.due_at, most=100) == done
    freed = 60 if lines else 100
    assert has(ana) == (freed, 170 - freed)
    (free,) = lots(ana.pk).filter(pending=False)
    assert free.expires_at.date() == date(2026, 4, 16)  # a month from when both had come
    late = shipped("late", when=AT + days(20)).event
    assert (late.status, late.points) == ("applied", 70)
    assert expire_due(at=AT + days(90)) == 2
    assert verify() == []


def test_days_are_over_when_a_cancelled_order_is_due(cafe, ana):
    publish(points_life={**SHIPPED, "hold_days": 14})
    buy(ana, 60, external_id="o")
    due = shipped(when=AT).event.due_at
    cancel_order(source="api", order_external_id="o", cancelled_at=AT, at=AT)
    assert release_due(at=due, most=100) == 1
    assert has(ana) == (0, 0)


def test_staff_let_points_go_before(cafe, ana):
    publish(points_life={**SHIPPED, "hold_days": 14, "expiry": "rolling", "months": 1})
    bought = buy(ana, 60, external_id="o")
    shipped(when=AT)
    assert activate_order(order=bought.order, at=AT + days(2)) == 60
    assert activate_order(order=bought.order, at=AT + days(2)) == 0
    assert lots(ana.pk).get().expires_at.date() == date(2026, 4, 4)
    assert release_due(at=AT + days(20), most=100) == 1
    assert has(ana) == (60, 0)
    assert verify() == []


@pytest.mark.parametrize(
    ("field", "value"), [("hold_until", date(1999, 1, 1)), ("hold_event", "x" * 61), ("hold_event", "a\nb")]
)
def test_holds_that_cannot_be_are_refused_in_the_document(field, value):
    assert [path for path, _message in check(PointsLife(**{field: value}))] == [field]


# --- attended -----------------------------------------------------------------------------------------------------


def came(member, name="came", **more):
    doing = NewActivity(name, "event_attended", AT, MemberRef(id=f"{_id(member)}"), **more)
    return record_activity(activity=doing, at=AT)


def _id(member):
    from loyalty.core import ids

    return ids.encode("mbr", member.pk)


ATTENDED = {"hold_event": "event_attended"}


def test_who_attends_gets_what_waited_for_it(cafe, ana, ben):
    publish(points_life=ATTENDED)
    buy(ana, 100)
    buy(ben, 100)
    came(ana)
    came(ana)
    assert (has(ana), has(ben)) == ((100, 0), (0, 100))
    assert verify() == []


def test_about_a_product_it_is_only_about_the_lines_that_have_it(cafe, ana):
    publish(points_life=ATTENDED)
    lines = (NewLine(sku="ticket", amount_minor=60_00), NewLine(sku="cup", amount_minor=40_00))
    record_order(order=order(ana, lines=lines, external_id="o"), at=AT)
    buy(ana, 20, external_id="else")
    came(ana, product=Product("another"))
    assert has(ana) == (0, 120)
    came(ana, "again", product=Product("ticket"))
    assert has(ana) == (60, 60)
    assert verify() == []


def test_what_an_activity_itself_earns_waits_for_its_own_event(cafe, ana):
    given = {"type": "fixed", "id": "r", "amount": 50, "when": [{"type": "activity", "kinds": ["review"]}]}
    publish(given, points_life={"hold_event": "review.approved"})
    shipped("before", event="review.approved", about="activity")
    for name in ("before", "after"):
        doing = NewActivity(name, "review", AT, MemberRef(id=_id(ana)))
        record_activity(activity=doing, at=AT)
    assert has(ana) == (50, 50)
    assert shipped("after", event="review.approved", about="activity").event.points == 50
    assert has(ana) == (100, 0)
    assert verify() == []


def test_what_follows_an_order_without_a_hold_asks_for_no_event(cafe, ana, monkeypatch):
    """Only orders whose points wait for an event cost the look at what has happened to them."""
    asked = []
    monkeypatch.setattr(following.holds, "catch_up", lambda **named: asked.append(named["external_id"]))
    buy(ana, 100, external_id="plain")
    publish(points_life={"hold_days": 3})
    buy(ana, 100, external_id="days")
    publish(points_life=SHIPPED)
    buy(ana, 100, external_id="event")
    assert asked == ["event"]


def test_people_who_join_are_not_held_up(cafe):
    publish(points_life=ATTENDED)
    assert has(person("cleo")) == (0, 0)
