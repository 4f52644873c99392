"""P5: silver, gold and platinum by the points of the last twelve months; perks instead of discounts."""

import pytest

from tests.stories.play import opens

pytestmark = pytest.mark.django_db


def kinds(tier):
    return [one["perk"]["kind"] for one in tier["perks"]]


def test_up_the_ladder_with_the_perks_of_each_step():
    club = opens("silver-gold-platinum")
    club.joins("ana")
    assert (club.tier("ana")["tier"], club.tier("ana")["next"]["missing"]) == (None, 150)
    club.buys("ana", 1500)
    silver = club.tier("ana")
    assert (silver["tier"], silver["next"]["tier"], silver["next"]["missing"]) == ("silver", "gold", 350)
    assert kinds(silver) == ["free_shipping"]
    club.buys("ana", 3500)
    gold = club.tier("ana")
    assert (gold["tier"], kinds(gold)) == ("gold", ["free_shipping", "early_access"])
    assert club.buys("ana", 400)["points"] == 50, "gold collects a quarter more"
    club.buys("ana", 5200)
    platinum = club.tier("ana")
    assert (platinum["tier"], platinum["amount"], platinum["next"]) == ("platinum", 1200, None)
    assert kinds(platinum) == ["free_shipping", "early_access", "dedicated_support"]
    club.books_hold()


def test_spending_points_does_not_cost_the_tier():
    club = opens("silver-gold-platinum")
    club.joins("ana")
    club.buys("ana", 5000)
    assert club.till_takes(club.takes("ana", "twenty-five-off")) == 200
    assert club.has("ana") == 100
    now = club.tier("ana")
    assert (now["tier"], now["amount"]) == ("gold", 500), "what counts is what was earned"
    assert now["keep"] is None or now["keep"]["needs"] == 400
    assert club.till_takes(club.takes("ana", "gold-gift")) == 200
    assert club.has("ana") == 100, "the gift costs no points"
    assert club.cannot_redeem("ana", "gold-gift") == ["limit_reached"]
    club.books_hold()


def test_purchases_older_than_a_year_do_not_count():
    club = opens("silver-gold-platinum")
    club.joins("ana")
    club.buys("ana", 4000, ago=400)
    club.buys("ana", 1400, ago=30)
    now = club.tier("ana")
    assert (now["tier"], now["amount"], now["next"]["missing"]) == (None, 140, 10)
    club.buys("ana", 100)
    assert club.tier("ana")["tier"] == "silver"
    club.books_hold()


def test_the_contact_of_their_own_is_asked_for_and_logged():
    club = opens("silver-gold-platinum")
    club.joins("ana")
    club.buys("ana", 1500)
    refused = club.claims("ana", "support", status=422)
    assert refused["code"] == "perk_not_included"
    club.buys("ana", 10_500)
    claim = club.claims("ana", "support")
    assert club.serves(claim, "Called back within the hour")["settled_by"]
    assert club.get("perks/claims?status=open")["data"] == []


def test_a_return_takes_points_and_what_they_reached():
    club = opens("silver-gold-platinum")
    club.joins("ana")
    club.buys("ana", 2000)
    order = club.buys("ana", 3000)
    assert club.tier("ana")["tier"] == "gold"
    club.refunds(order)
    now = club.tier("ana")
    assert (now["tier"], now["amount"], now["next"]["missing"]) == ("silver", 200, 300)
    assert club.cannot_redeem("ana", "gold-gift") == ["other_tier"]
    assert club.till_takes(club.takes("ana", "five-off")) == 200
    club.books_hold()
