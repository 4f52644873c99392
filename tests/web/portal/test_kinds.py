"""What members see of each kind of reward: dates to book, a thank-you, a code from elsewhere, what is on its way."""

import pytest
from django.test import Client

from loyalty.core import clock, ids
from loyalty.core.tenancy.scope import acting_for
from rewards.models import Booking, Fulfilment
from rewards.operations.catalogue import create_reward
from rewards.operations.places import book_place, open_session
from rewards.operations.pools import import_codes
from tests.cast import AT, MARA, days, person
from tests.web.portal.conftest import Portal

KEY = "a" * 32


def make(portal: Portal, kind: str, **details):
    with acting_for(portal.merchant, by=MARA):
        fields = {"kind": kind, "name": {"en": "The reward"}, "cost_points": 10, **details}
        return create_reward(at=AT, details=fields)


def date_of(portal: Portal, reward, capacity: int = 1):
    with acting_for(portal.merchant, by=MARA):
        details = {"starts_at": clock.now() + days(10), "capacity": capacity, "place": "The kitchen"}
        return open_session(reward=reward.pk, at=clock.now(), details=details)


def page(phone: Client, portal: Portal, reward) -> str:
    return phone.get(portal.reward_url(reward)).content.decode()


def takes(phone: Client, portal: Portal, reward) -> str:
    """Take it and follow to what it is."""
    answer = phone.post(portal.reward_url(reward, "redeem/"), {"form_key": KEY}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_place_is_booked_and_shown_with_its_date_and_given_up(portal: Portal, ana: Client):
    workshop = make(portal, "workshop", terms={"bring": "An apron"})
    session = date_of(portal, workshop)
    assert "1 place left" in page(ana, portal, workshop)
    book = portal.url(f"sessions/{ids.encode('ssn', session.pk)}/book/")
    ticket = ana.post(book, {"form_key": KEY}, follow=True).content.decode()
    assert "The kitchen · Bring: An apron" in ticket and "Show this at the till" in ticket
    ana.post(book, {"form_key": KEY}, follow=True)
    assert portal.points("ana@example.com") == 140
    assert "You have a place" in page(ana, portal, workshop)
    with acting_for(portal.merchant, by=MARA):
        [booking] = Booking.objects.all()
    ana.post(portal.url(f"bookings/{ids.encode('bkg', booking.pk)}/give-up/"))
    assert portal.points("ana@example.com") == 150
    assert "1 place left" in page(ana, portal, workshop)


def test_who_waits_is_told_that_nothing_is_taken(portal: Portal, ana: Client):
    workshop = make(portal, "workshop", cost_points=0)
    session = date_of(portal, workshop)
    with acting_for(portal.merchant, by=MARA):
        book_place(member=person("first").pk, session=session.pk, key="first", at=clock.now())
    assert "All places are taken." in page(ana, portal, workshop)
    book = portal.url(f"sessions/{ids.encode('ssn', session.pk)}/book/")
    answer = ana.post(book, {"form_key": KEY}, follow=True).content.decode()
    assert "You are on the waiting list" in answer and "You are next." in answer
    assert portal.taken("ana@example.com") == []


def test_nobody_gives_up_the_place_of_another(portal: Portal, ana: Client):
    workshop = make(portal, "workshop", cost_points=0)
    session = date_of(portal, workshop)
    with acting_for(portal.merchant, by=MARA):
        other = book_place(member=person("first").pk, session=session.pk, key="first", at=clock.now())
    answer = ana.post(portal.url(f"bookings/{ids.encode('bkg', other.pk)}/give-up/"))
    assert answer.status_code == 404
    with acting_for(portal.merchant, by=MARA):
        assert Booking.objects.get().status == "booked"


@pytest.mark.parametrize("key", ["", "../x", "k" * 65])
def test_without_the_forms_key_no_place_is_booked(portal: Portal, ana: Client, key: str):
    session = date_of(portal, make(portal, "workshop"))
    assert (
        ana.post(portal.url(f"sessions/{ids.encode('ssn', session.pk)}/book/"), {"form_key": key}).status_code
        == 303
    )
    with acting_for(portal.merchant, by=MARA):
        assert Booking.objects.count() == 0


def test_a_donation_is_thanked_for_with_the_running_total(portal: Portal, ana: Client):
    reward = make(
        portal, "donation", value=2500, terms={"charity": "Sea Rescue", "url": "https://example.org/sea"}
    )
    told = takes(ana, portal, reward)
    assert "go to Sea Rescue." in told and "Members have given" in told and "https://example.org/sea" in told
    assert "Show this at the till" not in told
    assert "Yours" in ana.get(portal.url("codes/")).content.decode()


def test_early_access_says_from_when_and_where(portal: Portal, ana: Client):
    terms = {
        "opens_at": "2026-01-01T00:00:00Z",
        "public_at": "2099-01-01T00:00:00Z",
        "url": "https://example.org/presale",
    }
    told = takes(ana, portal, make(portal, "early_access", terms=terms))
    assert "Come in: it is open for you." in told and "https://example.org/presale" in told


def test_a_code_from_a_list_is_shown_as_it_is_written(portal: Portal, ana: Client):
    reward = make(portal, "coupon", terms={"url": "https://example.org/use"})
    with acting_for(portal.merchant, by=MARA):
        import_codes(reward=reward.pk, codes=["SUN-4711-x"], at=AT)
    told = takes(ana, portal, reward)
    assert "SUN-4711-x" in told and "https://example.org/use" in told


def test_what_is_sent_says_how_far_it_is(portal: Portal, ana: Client):
    reward = make(portal, "free_product", delivery="shipped")
    assert "We will get it ready for you." in takes(ana, portal, reward)
    with acting_for(portal.merchant, by=MARA):
        Fulfilment.objects.update(state="sent", reference="RX1")
    told = ana.get(portal.code_url(portal.taken("ana@example.com")[0])).content.decode()
    assert "It is on its way." in told and "RX1" in told


def test_points_that_pay_are_explained_and_not_taken_here(portal: Portal, ana: Client):
    reward = make(
        portal, "pay_with_points", cost_points=0, terms={"points": 100, "minor": 1000, "most_percent": 2500}
    )
    told = page(ana, portal, reward)
    assert "pay" in told and "at most 25 % of it" in told and "redeem/" not in told
    assert "Used when you pay for an order" in takes(ana, portal, reward)
    assert portal.taken("ana@example.com") == []
