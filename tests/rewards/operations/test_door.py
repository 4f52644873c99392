"""At the door of an event: a ticket or a card lets in whoever has a place, once, on the right date."""

import pytest

from loyalty.core.ledger.checks import verify
from members.models import Activity, Identity
from members.operations.merging import merge
from members.operations.points import adjust_points
from rewards.models import Booking, Voucher
from rewards.operations.catalogue import create_reward
from rewards.operations.door import NoTicket, check_in_by_code
from rewards.operations.places import WrongBooking, book_place, cancel_place, open_session
from tests.cast import AT, days


@pytest.fixture(autouse=True)
def _books(cafe):
    yield
    assert verify() == []


@pytest.fixture
def tasting(ana, ben):
    """Two dates of a tasting; Ana has a place on the first."""
    reward = create_reward(at=AT, details={"kind": "workshop", "name": {"en": "Tasting"}, "cost_points": 10})
    dates = [
        open_session(reward=reward.pk, at=AT, details={"starts_at": AT + days(n), "capacity": 5})
        for n in (1, 2)
    ]
    for who in (ana, ben):
        adjust_points(member=who.pk, amount=100, reason="x", at=AT)
    book_place(member=ana.pk, session=dates[0].pk, key="ana", at=AT)
    return dates


def ticket(member) -> str:
    return Voucher.objects.get(redemption__member=member).code


def card(member) -> str:
    return Identity.objects.get(member=member, kind="card").value


def enter(session, code):
    return check_in_by_code(session=session.pk, code=code, at=AT + days(1))


def test_a_ticket_lets_in_once_however_it_is_typed(tasting, ana):
    code = ticket(ana)
    found = enter(tasting[0], f"{code[:4]}-{code[4:8]} {code[8:].lower()}")
    assert (found.member_id, found.status) == (ana.pk, "attended")
    assert enter(tasting[0], code).pk == found.pk
    assert Activity.objects.filter(kind="event_attended").count() == 1
    assert Voucher.objects.get().status == "used"


def test_a_card_is_as_good(tasting, ana):
    assert enter(tasting[0], card(ana)).status == "attended"


def test_a_ticket_of_another_date_and_a_card_without_a_place_do_not_let_in(tasting, ana, ben):
    for session, code in ((tasting[1], ticket(ana)), (tasting[1], card(ana)), (tasting[0], card(ben)),
                          (tasting[0], "NOT-A-CODE"), (tasting[0], "")):  # fmt: skip
        with pytest.raises(NoTicket):
            enter(session, code)
    assert not Booking.objects.filter(status="attended").exists()


def test_a_place_that_was_given_up_does_not_let_in(tasting, ana):
    code = ticket(ana)
    cancel_place(booking=Booking.objects.get().pk, at=AT)
    with pytest.raises(WrongBooking):
        enter(tasting[0], code)
    with pytest.raises(NoTicket):
        enter(tasting[0], card(ana))


def test_who_was_merged_comes_in_with_the_card_they_have_now(tasting, ana, ben):
    now = card(ben)
    merge(keep=ben.pk, remove=ana.pk, at=AT)
    assert enter(tasting[0], now).status == "attended"
