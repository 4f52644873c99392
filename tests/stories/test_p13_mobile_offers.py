"""P13: offers on the phone. Activated by the member, seen at the till, and gone with what is brought back."""

import pytest

from tests.stories.play import opens

pytestmark = pytest.mark.django_db


def states(club, name):
    """Every offer by its id, and where it stands for a member."""
    found = club.get(f"members/{club.members[name]}/offers?all=true")["offers"]
    return {one["id"]: one["state"] for one in found}


def test_an_offer_counts_from_the_moment_it_is_activated_on_the_phone():
    club = opens("mobile-offers")
    club.joins("ana")
    club.buys("ana", 50)
    assert club.has("ana") == 50
    assert states(club, "ana")["double-points"] == "ready"
    assert "Double points for two days" in club.sees("ana")
    for _press in range(2):
        club.activates("ana", "double-points")
    assert states(club, "ana")["double-points"] == "active"
    bought = club.buys("ana", 100)
    assert club.has("ana") == 50 + 200
    club.refunds(bought)
    assert club.has("ana") == 50
    club.books_hold()


def test_an_offer_can_be_a_code_that_the_till_takes_once():
    club = opens("mobile-offers", language="sv")
    club.joins("ana")
    page = club.phone("ana").get(club.url("card/"), headers={"accept-language": "sv"})
    assert "Vi bjuder på pommes" in page.content.decode()
    assert club.codes("ana") == []
    club.activates("ana", "fries")
    (code,) = club.codes("ana")
    assert [club.till_takes(code), club.till_takes(code)] == [200, 404]
    assert club.has("ana") == 0, "it costs no points"
    club.books_hold()


def test_an_offer_for_regulars_is_not_for_everybody():
    club = opens("mobile-offers")
    club.joins("ana")
    for _visit in range(4):
        club.buys("ana", 20)
    assert "A dessert for regulars" not in club.sees("ana")
    path = f"members/{club.members['ana']}/offers/regulars-dessert/activate"
    refused = club.call.post(path, {})
    assert (refused.status_code, refused.json()["code"]) == (422, "offer_not_ready")
    assert club.codes("ana") == []
    fifth = club.buys("ana", 20)
    assert states(club, "ana")["regulars-dessert"] == "ready"
    club.refunds(fifth)
    assert states(club, "ana")["regulars-dessert"] == "not_for_you"
    club.buys("ana", 20)
    club.activates("ana", "regulars-dessert")
    assert club.till_takes(club.codes("ana")[-1]) == 200
    club.books_hold()


def test_a_burger_for_points():
    club = opens("mobile-offers")
    club.joins("ana")
    club.buys("ana", 499)
    assert club.cannot_redeem("ana", "free-burger") == ["not_enough_points"]
    assert "gift_only" in club.cannot_redeem("ana", "fries-on-us")
    club.buys("ana", 1)
    assert club.till_takes(club.redeems("ana", "free-burger")["code"]) == 200
    assert club.has("ana") == 0
    club.books_hold()
