"""P16: bring a friend. Both get ten per cent off when the friend has bought, and not when the purchase comes back."""

import pytest

from members.models import Referral
from tests.stories.play import named, opens

pytestmark = pytest.mark.django_db


def status(club, friend):
    """Where the referral of a friend stands."""
    with club.acting():
        return Referral.objects.get(friend=named(club, friend)).status


def test_both_save_when_the_friend_has_bought_for_the_first_time():
    club = opens("referral", currency="EUR")
    club.joins("ana")
    club.brings("ana", "cleo")
    club.happens_after()
    assert (club.codes("ana"), club.codes("cleo")) == ([], []), "joining alone brings nothing"
    club.buys("cleo", 45)
    club.happens_after()
    (thanks,), (welcome,) = club.codes("ana"), club.codes("cleo")
    assert "10% off for bringing a friend" in club.sees("ana")
    assert [club.till_takes(thanks), club.till_takes(welcome), club.till_takes(thanks)] == [200, 200, 404]
    club.buys("cleo", 45)
    club.happens_after()
    assert (club.codes("ana"), club.codes("cleo")) == ([thanks], [welcome]), "once for each friend"
    club.books_hold()


def test_a_purchase_that_comes_back_takes_both_discounts_with_it():
    club = opens("referral", currency="EUR")
    club.joins("ana")
    club.brings("ana", "cleo")
    bought = club.buys("cleo", 45)
    club.happens_after()
    (thanks,), (welcome,) = club.codes("ana"), club.codes("cleo")
    club.refunds(bought)
    club.happens_after()
    assert status(club, "cleo") == "reversed"
    assert [club.till_takes(thanks), club.till_takes(welcome)] == [404, 404]
    club.buys("cleo", 45)
    club.happens_after()
    assert (club.codes("ana"), club.codes("cleo")) == ([], []), "a second try counts for nothing"
    club.books_hold()


def test_what_is_too_small_or_already_refunded_before_it_was_paid_brings_nothing():
    club = opens("referral", currency="EUR")
    club.joins("ana")
    for friend in ("cleo", "dan"):
        club.brings("ana", friend)
    club.buys("cleo", 14.99)
    returned = club.buys("dan", 45)
    club.refunds(returned)
    club.happens_after()
    assert (status(club, "cleo"), status(club, "dan")) == ("joined", "reversed")
    assert club.codes("ana") == []
    club.books_hold()


def test_whoever_brings_themselves_waits_for_a_look_by_staff():
    club = opens("referral", currency="EUR")
    club.joins("ana")
    club.brings("ana", "ana-again", email="ana+haircut@example.com")
    assert status(club, "ana-again") == "held"
    club.buys("ana-again", 45)
    club.happens_after()
    assert status(club, "ana-again") == "held"
    assert (club.codes("ana"), club.codes("ana-again")) == ([], [])
    club.books_hold()
