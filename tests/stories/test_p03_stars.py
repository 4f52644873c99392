"""P3: stars by spend, twice as many for our own way of paying, rewards at several levels, all of it on the phone."""

import pytest

from loyalty.core import clock
from tests.stories.play import opens

pytestmark = pytest.mark.django_db


def test_paying_with_the_app_gives_twice_the_stars():
    club = opens("stars")
    club.joins("ana")
    assert club.buys("ana", 100, payment_method="card")["points"] == 10
    assert club.buys("ana", 100, payment_method="app")["points"] == 20
    assert club.buys("ana", 100, payment_method="gift-card")["points"] == 20
    assert club.buys("ana", 100)["points"] == 10, "nobody said how it was paid"
    assert club.has("ana") == 60
    club.books_hold()


def test_from_level_to_level_on_the_phone():
    club = opens("stars")
    club.joins("ana")
    club.buys("ana", 249)
    assert "1 star to go" in club.sees("ana", "rewards/")
    club.buys("ana", 10)
    assert club.cannot_redeem("ana", "hot-drink") == ["not_enough_points"]
    code = club.takes("ana", "extra-shot")
    assert (club.has("ana"), club.till_takes(code)) == (0, 200)
    assert club.till_takes(code) == 404, "a code is good once"
    club.buys("ana", 2000, payment_method="app")
    assert club.has("ana") == 400
    for handle, left in (("hot-drink", 300), ("lunch", 100)):
        assert club.till_takes(club.takes("ana", handle)) == 200
        assert club.has("ana") == left
    assert club.cannot_redeem("ana", "mug") == ["not_enough_points"]
    assert "100 stars" in club.sees("ana")
    club.books_hold()


def test_the_drink_of_the_birthday_is_there_once_and_only_then():
    club = opens("stars")
    today = clock.now().date()
    club.joins("ana", birthday=today.replace(year=1990, day=min(today.day, 28)).isoformat())
    club.joins("ben", birthday=today.replace(year=1990, day=1, month=(today.month + 5) % 12 + 1).isoformat())
    club.joins("eva")
    assert club.cannot_redeem("ben", "birthday-drink") == ["not_birthday"]
    assert club.cannot_redeem("eva", "birthday-drink") == ["no_birthday"]
    assert club.till_takes(club.takes("ana", "birthday-drink")) == 200
    assert club.cannot_redeem("ana", "birthday-drink") == ["limit_reached"]
    club.books_hold()


def test_a_refund_takes_back_what_the_payment_doubled():
    club = opens("stars")
    club.joins("ana")
    order = club.buys("ana", 300, 200, payment_method="app")
    assert club.has("ana") == 100
    club.refunds(order, 2)
    assert club.has("ana") == 60, "forty of the hundred stars were for the line that came back"
    club.refunds(order)
    assert club.has("ana") == 0
    club.books_hold()
