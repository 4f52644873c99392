"""P20: a contest. Tasks give points up to a limit, the third purchase of the month a badge and chances to win."""

import pytest

from tests.stories.play import opens

pytestmark = pytest.mark.django_db


def badges(club, name):
    """A member's badges; the one for mornings hangs on when the test runs."""
    found = club.get(f"members/{club.members[name]}/badges")["badges"]
    return [one["badge"] for one in found if one["badge"] != "Early bird"]


def test_tasks_give_points_up_to_their_limit():
    club = opens("contest")
    club.joins("ana")
    for _time in range(2):
        club.does("ana", "social_follow")
    assert club.has("ana") == 20, "once only"
    for kind in ("social_share", "social_tag", "photo"):
        club.does("ana", kind)
    assert club.has("ana") == 20 + 2 * 10, "twice a week"
    assert club.chances("ana", "monthly") == 2
    club.books_hold()


def test_a_review_counts_of_what_was_bought():
    club = opens("contest")
    club.joins("ana")
    club.does("ana", "review", product={"sku": "mug"})
    assert club.has("ana") == 0
    club.buys("ana", {"price": 90, "sku": "mug"})
    club.does("ana", "review", product={"sku": "mug"})
    club.does("ana", "review", product={"sku": "plate"})
    assert club.has("ana") == 5 + 15
    club.books_hold()


def test_the_third_purchase_of_the_month_wins_a_badge_and_chances_which_a_refund_takes():
    club = opens("contest")
    club.joins("ana")
    for _visit in range(2):
        club.buys("ana", 40)
    assert (club.has("ana"), club.chances("ana", "monthly"), badges(club, "ana")) == (5, 0, [])
    third = club.buys("ana", 40)
    assert (club.has("ana"), club.chances("ana", "monthly")) == (5 + 30, 3)
    assert badges(club, "ana") == ["Regular"]
    assert "Regular" in club.sees("ana")
    club.refunds(third)
    assert (club.has("ana"), club.chances("ana", "monthly"), badges(club, "ana")) == (5, 0, [])
    club.buys("ana", 40)
    assert (club.has("ana"), club.chances("ana", "monthly")) == (35, 3)
    club.books_hold()


def test_points_of_a_contest_are_a_surprise():
    club = opens("contest", language="sv")
    club.joins("ana")
    for _visit in range(3):
        club.buys("ana", 40)
    club.does("ana", "social_follow")
    assert club.cannot_redeem("ana", "surprise") == ["not_enough_points"]
    club.does("ana", "photo")
    assert club.till_takes(club.redeems("ana", "surprise")["code"]) == 200
    assert club.has("ana") == 65 - 60
    assert "Stammis" in club.sees("ana"), "badges are said in the shop's language"
    club.books_hold()
