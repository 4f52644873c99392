"""P14: points that do good. Sustainable goods earn twice; members give, and everybody sees how much it has come to."""

import pytest

from tests.stories.play import opens

pytestmark = pytest.mark.django_db


def given(club, name):
    """By reward: how often and how much was given in all, and how much of it by one member, in major units."""
    handles = {one["id"]: one["handle"] for one in club.get("rewards")["data"]}
    found = club.get(f"donations?member={club.members[name]}")["data"]
    return {
        handles[one["reward"]]: (one["times"], one["minor"] / 100, one["by_member_minor"] / 100)
        for one in found
    }


def test_what_members_give_adds_up_for_all_to_see():
    club = opens("value-based", currency="EUR")
    for name in ("ana", "ben"):
        club.joins(name)
        club.buys(name, 100)
    assert club.redeems("ana", "plant-a-tree")["code"] is None, "there is nothing to show at a till"
    club.redeems("ana", "plant-a-tree")
    club.redeems("ben", "plant-a-tree")
    club.redeems("ben", "plant-a-tree")
    assert given(club, "ana")["plant-a-tree"] == (4, 8, 4)
    assert (club.has("ana"), club.has("ben")) == (0, 0)
    assert club.cannot_redeem("ana", "plant-a-tree") == ["not_enough_points"]
    club.books_hold()


def test_sustainable_goods_earn_twice_and_lose_twice_when_they_come_back():
    club = opens("value-based", currency="EUR")
    club.joins("ana")
    bought = club.buys("ana", 20, {"price": 30, "tags": ["sustainable"]})
    assert club.has("ana") == 20 + 2 * 30
    club.refunds(bought, 2)
    assert club.has("ana") == 20
    for bottle in range(3):
        club.does("ana", "packaging_returned", external_id=f"bottle-{bottle}")
    assert club.has("ana") == 20 + 2 * 10, "twice a week"
    club.books_hold()


def test_a_refund_never_takes_a_gift_from_a_charity_but_a_mistake_can_be_undone():
    club = opens("value-based", currency="EUR")
    club.joins("ana")
    bought = club.buys("ana", 50)
    tree = club.redeems("ana", "plant-a-tree")
    club.refunds(bought)
    assert given(club, "ana")["plant-a-tree"] == (1, 2, 2), "the tree stands"
    assert club.has("ana") == 0
    undone = club.call.post(f"redemptions/{tree['id']}/reverse", {"reason": "Pressed twice"})
    assert undone.status_code == 200, undone.content
    assert given(club, "ana").get("plant-a-tree", (0, 0, 0))[:2] == (0, 0)
    club.books_hold()
