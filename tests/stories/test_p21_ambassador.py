"""P21: ambassadors rise by what their friends do, and fall back when it is undone."""

import pytest

from tests.stories.play import opens

pytestmark = pytest.mark.django_db


def friends_buy(club, name, count, *, start=0):
    """So many friends of a member join and buy; their orders."""
    orders = []
    for number in range(start, start + count):
        club.brings(name, f"{name}-friend-{number}")
        orders.append(club.buys(f"{name}-friend-{number}", 20))
    club.happens_after()
    return orders


def test_members_rise_by_friends_who_buy():
    club = opens("ambassador", currency="EUR")
    club.joins("ana")
    assert club.tier_id("ana") == "friend"
    for number in range(3):
        club.brings("ana", f"idle-{number}")
    club.happens_after()
    assert club.tier_id("ana") == "friend", "joining alone does not count"
    friends_buy(club, "ana", 2)
    assert club.tier_id("ana") == "friend"
    told = club.get(f"members/{club.members['ana']}/tier")
    assert (told["by"], told["amount"], told["next"]["missing"]) == ("referrals", 2, 1)
    assert any("1 friend who has bought" in sentence for sentence in told["says"])
    friends_buy(club, "ana", 1, start=2)
    assert (club.tier_id("ana"), club.has("ana")) == ("advocate", 3 * 50)
    club.buys("ana", 100)
    assert club.has("ana") == 150 + 150, "an advocate earns half as much again"
    club.books_hold()


def test_a_friends_refund_takes_the_points_and_the_tier():
    club = opens("ambassador", currency="EUR")
    club.joins("ana")
    orders = friends_buy(club, "ana", 3)
    assert club.tier_id("ana") == "advocate"
    club.refunds(orders[0])
    club.happens_after()
    assert (club.tier_id("ana"), club.has("ana")) == ("friend", 2 * 50)
    assert club.has("ana-friend-0") == 0
    assert club.cannot_redeem("ana", "ambassador-shirt") == ["other_tier", "not_enough_points"]
    friends_buy(club, "ana", 1, start=3)
    assert club.tier_id("ana") == "advocate"
    club.books_hold()


def test_an_ambassador_gets_what_money_cannot_buy():
    club = opens("ambassador", currency="EUR")
    club.joins("ana")
    friends_buy(club, "ana", 10)
    assert club.tier_id("ana") == "ambassador"
    perks = [perk["perk"]["id"] for perk in club.get(f"members/{club.members['ana']}/tier")["perks"]]
    assert perks == ["shipping", "first", "box"]
    box = club.call.post(f"members/{club.members['ana']}/perks/claims", {"perk": "box"})
    assert box.status_code == 201, box.content
    assert club.till_takes(club.redeems("ana", "ambassador-shirt")["code"]) == 200
    assert club.has("ana") == 10 * 50 - 200
    club.books_hold()
