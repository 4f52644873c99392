"""Events with places: booking, waiting, moving up, giving up, checking in."""

from datetime import timedelta

import pytest

from loyalty.core.errors import InvalidInput, KeyReused
from loyalty.core.events.models import Event
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from members.models import Activity
from members.operations.merging import merge
from members.operations.points import adjust_points
from members.operations.privacy import erase_member, export_member
from rewards.consumers import give_everybody_their_points_back, give_to_whoever_waits
from rewards.models import Booking, Redemption, Session, Voucher
from rewards.operations.places import (
    AlreadyBooked,
    BookingClosed,
    NoEvent,
    SessionCancelled,
    TooFewPlaces,
    WrongBooking,
    book_place,
    cancel_place,
    cancel_session,
    check_in,
    edit_session,
    miss_place,
    move_up,
    open_session,
)
from rewards.operations.redemption import NotEligible, redeem_reward, reverse_redemption
from rewards.queries.places import ahead, bookings, sessions
from tests.cast import AT, ONE_POINT_PER_KRONA, days, person, publish
from tests.rewards.operations.test_kinds import make
from tests.rewards.operations.test_redemption import coffee

STARTS = AT + days(10)


def crowd(*names, points=300):
    found = [person(name) for name in names]
    for member in found:
        adjust_points(member=member.pk, amount=points, reason="test", at=AT)
    return found


@pytest.fixture
def baking(cafe):
    return make("workshop", cost_points=100, terms={"free_until_hours": 48})


def date_of(reward, capacity=2, **details):
    return open_session(
        reward=reward.pk, at=AT,
        details={"starts_at": STARTS, "capacity": capacity, "place": "The kitchen", **details},
    )  # fmt: skip


def book(member, session, key="", at=AT):
    return book_place(member=member.pk, session=session.pk, key=key or f"key-{member.pk}", at=at)


def react(*consumers):
    """What a worker does after the commit: each event once, until nothing is left to do."""
    done = set()
    while True:
        waiting = [e for e in Event.objects.filter(kind__in=("place.freed", "session.cancelled")).order_by("id")
                   if e.pk not in done]  # fmt: skip
        if not waiting:
            return
        for event in waiting:
            done.add(event.pk)
            (give_to_whoever_waits if event.kind == "place.freed" else give_everybody_their_points_back)(
                event
            )


def points(member):
    return balance(member.pk).available


def state(booking):
    return Booking.objects.get(pk=booking.pk).status


def test_a_place_costs_its_points_and_a_code_is_the_ticket(baking):
    [ana] = crowd("ana")
    session = date_of(baking)
    booked = book(ana, session)
    assert (booked.status, points(ana), Session.objects.get().taken) == ("booked", 200, 1)
    assert Voucher.objects.get(redemption=booked.redemption).status == "active"
    assert book(ana, session).pk == booked.pk, "the same request again"
    with pytest.raises(AlreadyBooked):
        book(ana, session, key="another")
    with pytest.raises(KeyReused):
        book_place(member=ana.pk, session=date_of(baking).pk, key=f"key-{ana.pk}", at=AT)
    assert verify() == []


def test_who_waits_spends_nothing_until_the_place_comes(baking):
    ana, ben, eva = crowd("ana", "ben", "eva")
    session = date_of(baking, capacity=1)
    first, waits, last = book(ana, session), book(ben, session), book(eva, session)
    assert [state(row) for row in (first, waits, last)] == ["booked", "waiting", "waiting"]
    assert (points(ben), points(eva), Redemption.objects.count()) == (300, 300, 1)
    assert [ahead(waits), ahead(last)] == [0, 1]
    cancel_place(booking=first.pk, at=AT)
    react()
    assert [state(row) for row in (first, waits, last)] == ["cancelled", "booked", "waiting"]
    assert (points(ana), points(ben), points(eva)) == (300, 200, 300)
    assert Session.objects.get().taken == 1
    assert verify() == []


def test_nobody_overtakes_those_who_wait(baking):
    ana, ben, eva = crowd("ana", "ben", "eva")
    session = date_of(baking, capacity=1)
    first, waits = book(ana, session), book(ben, session)
    cancel_place(booking=first.pk, at=AT)
    late = book(eva, session)  # the place is free, and it is Ben's turn
    assert state(late) == "waiting"
    react()
    assert (state(waits), state(late)) == ("booked", "waiting")


def test_who_cannot_pay_when_their_turn_comes_is_passed_over_and_it_is_said(baking):
    ana, ben, eva = crowd("ana", "ben", "eva")
    session = date_of(baking, capacity=1)
    first, poor, rich = book(ana, session), book(ben, session), book(eva, session)
    adjust_points(member=ben.pk, amount=-250, reason="spent", at=AT)
    cancel_place(booking=first.pk, at=AT)
    react()
    assert (state(poor), state(rich)) == ("passed", "booked")
    [told] = [event.data for event in Event.objects.filter(kind="place.passed")]
    assert told["why"] == ["not_enough_points"]
    assert (points(ben), points(eva)) == (50, 200)
    assert verify() == []


def test_who_could_never_have_it_does_not_wait_and_who_lacks_points_may(baking):
    (ana,) = crowd("ana")
    ben = person("ben")
    limited = make("workshop", limit_per_member=1)
    one, other = date_of(limited, capacity=1), date_of(limited, capacity=1)
    book(ana, one)
    with pytest.raises(NotEligible):
        book(ana, other, key="second")
    assert state(book(ben, one)) == "waiting"
    with pytest.raises(NotEligible):
        book(ben, other, key="no points")
    assert Booking.objects.count() == 2


def test_giving_up_late_keeps_the_points_spent_unless_staff_say_otherwise(baking):
    ana, ben = crowd("ana", "ben")
    session = date_of(baking)
    one, other = book(ana, session), book(ben, session)
    late = STARTS - timedelta(hours=47)
    cancel_place(booking=one.pk, at=late)
    cancel_place(booking=one.pk, at=late)
    cancel_place(booking=other.pk, at=late, give_back=True)
    assert (points(ana), points(ben), Session.objects.get().taken) == (200, 300, 0)
    assert {code.status for code in Voucher.objects.all()} == {"void"}
    assert verify() == []


def test_giving_the_reward_back_gives_the_place_up(baking):
    ana, ben = crowd("ana", "ben")
    session = date_of(baking, capacity=1)
    booked, waits = book(ana, session), book(ben, session)
    reverse_redemption(redemption=booked.redemption_id, at=AT, reason="asked for it")
    react()
    assert (state(booked), state(waits), points(ana)) == ("cancelled", "booked", 300)
    assert verify() == []


def test_more_places_go_to_those_who_wait(baking):
    members = crowd("ana", "ben", "eva", "olu")
    session = date_of(baking, capacity=1)
    rows = [book(member, session) for member in members]
    with pytest.raises(TooFewPlaces):
        edit_session(session=date_with_two(baking, members).pk, at=AT, details={"capacity": 1})
    edit_session(session=session.pk, at=AT, details={"capacity": 3})
    react()
    assert [state(row) for row in rows] == ["booked", "booked", "booked", "waiting"]
    assert verify() == []


def date_with_two(reward, members):
    session = date_of(reward, capacity=2, starts_at=STARTS + days(1))
    for member in members[:2]:
        book(member, session, key=f"two-{member.pk}")
    return session


def test_a_date_that_is_called_off_gives_everybody_their_points_back(baking):
    ana, ben, eva = crowd("ana", "ben", "eva")
    session = date_of(baking, capacity=2)
    rows = [book(member, session) for member in (ana, ben, eva)]
    cancel_session(session=session.pk, at=AT, reason="The oven broke")
    cancel_session(session=session.pk, at=AT, reason="again")
    react()
    assert {state(row) for row in rows} == {"cancelled"}
    assert [points(member) for member in (ana, ben, eva)] == [300, 300, 300]
    with pytest.raises(SessionCancelled):
        book(person("late"), session)
    assert list(sessions(reward=baking.pk, after=AT)) == []
    assert verify() == []


def test_places_are_booked_in_time(baking):
    [ana] = crowd("ana")
    session = date_of(baking, book_until=STARTS - days(2))
    with pytest.raises(BookingClosed):
        book(ana, session, at=STARTS - days(1))
    assert points(ana) == 300


def test_a_workshop_is_had_by_a_place_and_not_otherwise(baking):
    [ana] = crowd("ana")
    with pytest.raises(NotEligible) as refused:
        redeem_reward(member=ana.pk, reward=baking.pk, key="k", at=AT)
    assert [reason.code for reason in refused.value.reasons] == ["needs_place"]
    with pytest.raises(NoEvent):
        date_of(coffee())


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"capacity": 0}, "capacity"), ({"capacity": 2_000_000}, "capacity"), ({"starts_at": None}, "starts_at"),
        ({"ends_at": STARTS}, "ends_at"), ({"book_until": STARTS + days(1)}, "book_until"),
        ({"place": "x" * 201}, "place"), ({"place": "a\x00"}, "place"),
    ],
)  # fmt: skip
def test_a_date_that_makes_no_sense_is_refused_by_its_field(baking, details, field):
    with pytest.raises(InvalidInput) as refused:
        date_of(baking, **details)
    assert [error["field"] for error in refused.value.errors] == [field]
    assert Session.objects.count() == 0


def test_coming_is_an_activity_that_rules_can_reward(baking):
    [ana] = crowd("ana")
    attended = {"type": "activity", "kinds": ["event_attended"]}
    publish(ONE_POINT_PER_KRONA, {"type": "fixed", "id": "came", "amount": 50, "when": [attended]})
    booked = book(ana, date_of(baking))
    check_in(booking=booked.pk, at=STARTS)
    check_in(booking=booked.pk, at=STARTS + days(1))
    [activity] = Activity.objects.all()
    assert (activity.kind, activity.properties["reward"]) == ("event_attended", baking.handle)
    assert (state(booked), points(ana), Voucher.objects.get().status) == ("attended", 250, "used")
    with pytest.raises(WrongBooking):
        cancel_place(booking=booked.pk, at=STARTS)
    assert verify() == []


def test_who_did_not_come_or_has_no_place_is_not_checked_in(baking):
    ana, ben = crowd("ana", "ben")
    session = date_of(baking, capacity=1)
    booked, waits = book(ana, session), book(ben, session)
    with pytest.raises(WrongBooking):
        check_in(booking=waits.pk, at=STARTS)
    assert Activity.objects.count() == 0
    with pytest.raises(WrongBooking):
        miss_place(booking=booked.pk, at=AT)
    miss_place(booking=booked.pk, at=STARTS)
    assert miss_place(booking=booked.pk, at=STARTS).status == "missed"
    assert (points(ana), Session.objects.get().taken) == (200, 1)
    assert verify() == []


def test_a_place_follows_a_merge_and_ends_with_an_erasure(baking, monkeypatch):
    monkeypatch.setattr("loyalty.core.clock.now", lambda: AT)
    ana, ben, eva = crowd("ana", "ben", "eva")
    session = date_of(baking, capacity=1)
    booked, waits = book(ben, session), book(eva, session)
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    assert [row.pk for row in bookings(member=ana.pk)] == [booked.pk]
    with pytest.raises(AlreadyBooked):
        book(ana, session)
    assert len(export_member(member=ana.pk, at=AT)["merged"][0]["places"]) == 1
    erase_member(member=ana.pk, at=AT)
    react()
    assert (state(booked), state(waits)) == ("cancelled", "booked")
    assert verify() == []


def test_who_left_while_waiting_is_passed_over(baking):
    ana, ben = crowd("ana", "ben")
    session = date_of(baking, capacity=1)
    first, waits = book(ana, session), book(ben, session)
    erase_member(member=ben.pk, at=AT)
    cancel_place(booking=first.pk, at=AT)
    react()
    assert (state(waits), Session.objects.get().taken) == ("cancelled", 0)
    assert move_up(session=session.pk, at=AT) is None
