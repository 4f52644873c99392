"""P4: three tiers by what is spent in a year, with multipliers, perks and gifts; points for reviews and photos."""

import pytest

from tests.stories.play import opens

pytestmark = pytest.mark.django_db


def test_from_pearl_to_ruby_with_the_gift_of_each_tier():
    club = opens("spend-tiers")
    club.joins("ana")
    start = club.tier("ana")
    assert (start["tier"], start["next"]["tier"], start["next"]["missing"]) == ("pearl", "rose", 350_000)
    assert club.cannot_redeem("ana", "rose-gift") == ["other_tier"]
    assert club.buys("ana", 3500)["points"] == 350
    rose = club.tier("ana")
    assert (rose["tier"], rose["next"]["tier"], rose["next"]["missing"]) == ("rose", "ruby", 650_000)
    assert {one["perk"]["kind"] for one in rose["perks"]} == {"custom", "free_shipping"}
    assert club.buys("ana", 100)["points"] == 12, "a quarter more, rounded down"
    assert club.till_takes(club.takes("ana", "rose-gift")) == 200
    assert club.cannot_redeem("ana", "rose-gift") == ["limit_reached"]
    club.buys("ana", 6400)
    assert club.tier("ana")["tier"] == "ruby"
    assert club.buys("ana", 100)["points"] == 15, "half as many again"
    assert club.till_takes(club.takes("ana", "ruby-gift")) == 200
    club.books_hold()


def test_a_review_counts_after_the_purchase_and_photos_twice_a_month():
    club = opens("spend-tiers")
    club.joins("ana")
    serum = {"sku": "serum", "category": "skin"}
    assert club.does("ana", "review", product=serum)["points"] == 0, "never bought"
    club.buys("ana", {"sku": "serum", "price": 250})
    assert club.does("ana", "review", product=serum)["points"] == 10
    assert [club.does("ana", "photo")["points"] for _ in range(3)] == [20, 20, 0]
    assert club.has("ana") == 25 + 10 + 40
    club.books_hold()


def test_the_higher_tier_has_more_of_a_service_and_staff_log_each():
    club = opens("spend-tiers")
    club.joins("ana")
    served = club.serves(club.claims("ana", "consultation"), "Skin type, half an hour")
    assert served["status"] == "served"
    assert club.claims("ana", "consultation", status=422)["code"] == "perk_used_up"
    club.buys("ana", 10_000)
    assert club.claims("ana", "consultation")["tier"] == "ruby"
    left = {one["perk"]["id"]: one["left"] for one in club.tier("ana")["perks"]}
    assert left["consultation"] == 2


def test_what_comes_back_takes_its_points_and_the_tier_it_reached():
    club = opens("spend-tiers")
    club.joins("ana")
    club.buys("ana", 3000)
    order = club.buys("ana", 500, 1000)
    assert club.tier("ana")["tier"] == "rose"
    code = club.takes("ana", "sample-set")
    club.refunds(order, 2)
    now = club.tier("ana")
    assert (now["tier"], now["amount"]) == ("rose", 350_000), "what is left still reaches it"
    club.refunds(order, 1)
    now = club.tier("ana")
    assert (now["tier"], now["next"]["missing"]) == ("pearl", 50_000)
    assert club.cannot_redeem("ana", "rose-gift") == ["other_tier"]
    assert club.has("ana") == 300 - 75
    assert club.till_takes(code) == 200, "what was taken for points that stayed is theirs"
    club.books_hold()
