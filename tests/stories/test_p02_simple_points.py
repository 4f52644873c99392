"""P2: one point per coin, and a free drink at fifty."""

import pytest

from tests.stories.play import opens

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("currency", "spent"), [("SEK", 500), ("EUR", 50), ("NOK", 500)])
def test_fifty_points_are_a_drink(currency, spent):
    club = opens("simple-points", currency=currency)
    club.joins("ana")
    club.buys("ana", spent - 1, ago=2)
    assert club.cannot_redeem("ana", "free-drink") == ["not_enough_points"]
    club.buys("ana", 10, ago=1)
    taken = club.redeems("ana", "free-drink")
    assert club.till_takes(taken["code"]) == 200
    assert club.has("ana") < 10
    club.books_hold()


def test_a_refund_takes_the_points_back_and_never_a_drink_that_was_drunk():
    club = opens("simple-points")
    club.joins("ana")
    order = club.buys("ana", 300, 200, ago=1)
    club.redeems("ana", "free-drink")
    club.refunds(order, 2)
    assert club.has("ana") == 0
    entry = club.get(f"members/{club.members['ana']}/entries")["data"]
    assert all(one["balance_after"] >= 0 for one in entry)
    club.books_hold()


def test_the_phone_shows_what_can_be_taken_now():
    club = opens("simple-points")
    club.joins("ana")
    club.buys("ana", 500, ago=1)
    page = club.sees("ana")
    assert "50" in page
    assert "Free drink" in page
