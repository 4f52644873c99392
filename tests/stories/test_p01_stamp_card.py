"""P1: a stamp card. The tenth coffee is free; the card shows its progress; a refund takes the stamp back."""

import pytest

from tests.stories.play import opens

pytestmark = pytest.mark.django_db
HOUR = 1 / 24


def test_the_tenth_coffee_is_free():
    club = opens("stamp-card")
    club.joins("ana")
    for cup in range(9, 0, -1):
        club.buys("ana", 38, ago=cup)
    assert club.has("ana", "stamps") == 0
    (code,) = club.codes("ana")
    assert club.till_takes(code) == 200
    assert club.till_takes(code) == 404
    club.buys("ana", 38)
    (card,) = club.get(f"members/{club.members['ana']}/stamp-cards")["cards"]
    assert (card["stamps"], card["needed"], card["filled"]) == (1, 9, 1)
    club.books_hold()


def test_what_stamps_and_what_does_not():
    club = opens("stamp-card")
    club.joins("ana")
    club.buys("ana", 19.99, ago=1)
    assert club.has("ana", "stamps") == 0, "too small"
    club.buys("ana", 20, ago=1 - HOUR)
    club.buys("ana", 38, ago=1 - 1.9 * HOUR)
    assert club.has("ana", "stamps") == 1, "within the hour"
    club.buys("ana", {"price": 15, "tags": ["own-cup"]}, ago=1 - 3 * HOUR)
    assert club.has("ana", "stamps") == 2, "an own cup counts even below the minimum"
    club.books_hold()


def test_a_refund_takes_the_stamp_and_the_unused_coffee_back():
    club = opens("stamp-card")
    club.joins("ana")
    orders = [club.buys("ana", 38, ago=cup) for cup in range(9, 0, -1)]
    (code,) = club.codes("ana")
    club.refunds(orders[3])
    assert club.till_takes(code) == 404
    assert club.has("ana", "stamps") == 8
    club.buys("ana", 38)
    assert club.till_takes(club.codes("ana")[-1]) == 200
    club.books_hold()


def test_the_phone_shows_the_card():
    club = opens("stamp-card", language="sv")
    club.joins("ana")
    for cup in (3, 2):
        club.buys("ana", 38, ago=cup)
    page = club.sees("ana")
    assert "2 / 9" in page
    assert "Kaffekort" in page or "Coffee card" in page
