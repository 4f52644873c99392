"""P10: from the third level on, one thing in every order is personalised for free; claimed for each order."""

import pytest

from tests.stories.play import opens

pytestmark = pytest.mark.django_db


def test_once_for_each_order_from_level_three_on():
    club = opens("personalised-product")
    club.joins("ana")
    club.buys("ana", 3990, external_id="web-1")
    assert club.tier("ana")["next"]["missing"] == 10
    refused = club.claims("ana", "your-name", order="web-1", status=422)
    assert refused["code"] == "perk_not_included"
    club.buys("ana", 100, external_id="web-2")
    assert club.tier("ana")["tier"] == "level-3"
    claim = club.claims("ana", "your-name", order="web-2")
    assert (claim["order_external_id"], claim["tier"]) == ("web-2", "level-3")
    assert club.claims("ana", "your-name", order="web-2", status=422)["code"] == "perk_used_up"
    assert club.claims("ana", "your-name", order="web-3")["status"] == "open", "a basket is an order to come"
    (first, second) = club.get("perks/claims?status=open&perk=your-name")["data"]
    assert [first["order_external_id"], second["order_external_id"]] == ["web-2", "web-3"]
    assert club.serves(first, "ANA 7 on the back")["status"] == "served"
    club.books_hold()


def test_the_order_must_be_named_and_be_their_own():
    club = opens("personalised-product")
    for name in ("ana", "ben"):
        club.joins(name)
        club.buys(name, 4000, external_id=f"order-of-{name}")
    refused = club.claims("ana", "your-name", status=400)
    assert refused["errors"][0]["field"] == "order"
    assert club.claims("ana", "your-name", order="order-of-ben", status=422)["code"] == "order_of_another"
    assert club.get("perks/claims")["data"] == []
    assert club.claims("ben", "your-name", order="order-of-ben")["status"] == "open"


def test_taking_part_brings_the_level_nearer_and_level_four_gets_three_things():
    club = opens("personalised-product")
    club.joins("ana")
    assert [club.does("ana", "profile_completed")["points"] for _ in range(2)] == [100, 0]
    club.buys("ana", {"sku": "shirt", "price": 900})
    assert club.does("ana", "review", product={"sku": "shirt"})["points"] == 50
    assert club.tier("ana")["amount"] == 1050
    assert club.till_takes(club.takes("ana", "shoelaces")) == 200
    assert (club.has("ana"), club.tier("ana")["tier"]) == (550, "level-2")
    club.buys("ana", 11_000)
    assert club.tier("ana")["tier"] == "level-4"
    for _ in range(3):
        club.serves(club.claims("ana", "your-name", order="web-9"))
    assert club.claims("ana", "your-name", order="web-9", status=422)["code"] == "perk_used_up"
    club.books_hold()


def test_a_return_takes_the_level_and_leaves_what_is_engraved_in_the_log():
    club = opens("personalised-product")
    club.joins("ana")
    club.buys("ana", 1500)
    order = club.buys("ana", 2500, external_id="web-2")
    club.serves(club.claims("ana", "your-name", order="web-2"), "A. A.")
    club.refunds(order)
    now = club.tier("ana")
    assert (now["tier"], now["next"]["missing"], club.has("ana")) == ("level-2", 2500, 1500)
    assert club.claims("ana", "your-name", order="web-3", status=422)["code"] == "perk_not_included"
    (done,) = club.get(f"members/{club.members['ana']}/perks/claims")["data"]
    assert (done["status"], done["outcome"]) == ("served", "A. A.")
    club.books_hold()
