"""P22: personal by habit. The fourth bag of the same beans brings a discount on them and a taste of something else."""

import pytest

from tests.stories.play import opens

pytestmark = pytest.mark.django_db


def bag(sku, price=12.5):
    """A bag of beans."""
    return {"price": price, "sku": sku, "category": "beans", "name": sku.title()}


def gifts(club, name):
    """What a member was given and can use, by handle."""
    handles = {one["id"]: one["handle"] for one in club.get("rewards")["data"]}
    found = club.get(f"redemptions?member={club.members[name]}")["data"]
    return sorted(handles[one["reward"]] for one in found if one["status"] == "committed")


def test_the_fourth_bag_of_the_same_beans_brings_a_discount_and_a_taste():
    club = opens("personal", currency="EUR")
    club.joins("ana")
    for week in (3, 2, 1):
        club.buys("ana", bag("sidamo"), ago=7 * week)
        assert club.codes("ana") == []
    club.buys("ana", bag("sidamo"))
    assert gifts(club, "ana") == ["off-your-beans", "taste-of-another"]
    assert "15% off your beans" in club.sees("ana")
    assert [club.till_takes(code) for code in club.codes("ana")] == [200, 200]
    club.books_hold()


def test_different_beans_other_goods_and_long_ago_are_no_habit():
    club = opens("personal", currency="EUR")
    club.joins("ana")
    for sku in ("sidamo", "yirga", "huila", "sidamo"):
        club.buys("ana", bag(sku))
    for _mug in range(4):
        club.buys("ana", {"price": 9, "sku": "mug", "category": "things"})
    for months in (9, 8, 7):
        club.buys("ana", bag("kenya"), ago=30 * months)
    club.buys("ana", bag("kenya"))
    assert club.codes("ana") == []
    club.books_hold()


def test_a_bag_that_comes_back_is_no_habit_and_takes_what_was_not_used():
    club = opens("personal", currency="EUR")
    club.joins("ana")
    for week in (3, 2, 1):
        club.buys("ana", bag("sidamo"), ago=7 * week)
    fourth = club.buys("ana", bag("sidamo"))
    codes = club.codes("ana")
    assert len(codes) == 2
    club.refunds(fourth)
    assert [club.till_takes(code) for code in codes] == [404, 404]
    club.buys("ana", bag("sidamo"))
    assert gifts(club, "ana") == ["off-your-beans", "taste-of-another"], "the fourth that is kept"
    club.buys("ana", bag("sidamo"))
    assert len(club.codes("ana")) == 2, "once a month"
    club.books_hold()
