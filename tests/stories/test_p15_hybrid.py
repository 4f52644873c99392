"""P15: points and tiers. What is earned makes the tier, what is spent does not unmake it, what comes back does."""

import pytest

from tests.stories.play import opens

pytestmark = pytest.mark.django_db


def test_points_make_the_tier_and_the_tier_makes_more_points():
    club = opens("hybrid", currency="EUR")
    club.joins("ana")
    assert club.tier_id("ana") == "bronze"
    club.buys("ana", 299)
    assert club.tier_id("ana") == "bronze"
    club.buys("ana", 1)
    assert (club.tier_id("ana"), club.has("ana")) == ("silver", 300)
    club.buys("ana", 100)
    assert club.has("ana") == 300 + 125
    club.buys("ana", 460)
    assert (club.tier_id("ana"), club.has("ana")) == ("gold", 425 + 575)
    club.buys("ana", 10)
    assert club.has("ana") == 1000 + 15
    club.books_hold()


def test_spending_points_never_costs_the_tier():
    club = opens("hybrid", currency="EUR")
    club.joins("ana")
    club.buys("ana", 300)
    for _bonus in range(3):
        assert club.till_takes(club.redeems("ana", "five-off")["code"]) == 200
    assert (club.has("ana"), club.tier_id("ana")) == (0, "silver")
    assert set(club.cannot_redeem("ana", "gold-gift")) == {"other_tier", "not_enough_points"}
    club.buys("ana", 560)
    assert (club.has("ana"), club.tier_id("ana")) == (700, "gold")
    assert club.till_takes(club.redeems("ana", "gold-gift")["code"]) == 200
    assert club.cannot_redeem("ana", "gold-gift") == ["limit_reached"]
    club.books_hold()


def test_a_refund_takes_the_points_and_the_tier_reached_with_them():
    club = opens("hybrid", currency="EUR")
    club.joins("ana")
    club.buys("ana", 200)
    big = club.buys("ana", 150)
    assert club.tier_id("ana") == "silver"
    club.refunds(big)
    assert (club.tier_id("ana"), club.has("ana")) == ("bronze", 200)
    told = club.get(f"members/{club.members['ana']}/tier")["history"][0]
    assert told["reason"] == "refunded"
    club.books_hold()
