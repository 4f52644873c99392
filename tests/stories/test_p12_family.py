"""P12: points for joining and taking part, none for spending; workshops with places, and member prices."""

import pytest

from tests.stories.play import opens

pytestmark = pytest.mark.django_db


def test_joining_is_a_coffee_and_spending_is_nothing():
    club = opens("family")
    club.joins("ana")
    assert club.has("ana") == 50
    (perk, _receipt) = club.tier("ana")["perks"]
    assert (perk["perk"]["kind"], perk["perk"]["percent"]) == ("member_price", 10)
    order = club.buys("ana", 12_000, 300)
    assert (order["points"], club.has("ana")) == (0, 50)
    code = club.takes("ana", "coffee")
    assert (club.till_takes(code), club.has("ana")) == (200, 30)
    assert club.cannot_redeem("ana", "coffee") == ["limit_reached"], "once a day"
    club.refunds(order, 1)
    assert club.has("ana") == 30, "what was not earned by buying is not lost by returning"
    club.books_hold()


def test_a_workshop_with_two_places_and_who_came():
    club = opens("family")
    for name in ("ana", "ben", "eva"):
        club.joins(name)
    date = club.opens_date("workshop", places=2)
    bookings = {name: club.books(name, date) for name in ("ana", "ben", "eva")}
    assert [one["status"] for one in bookings.values()] == ["booked", "booked", "waiting"]
    assert club.get(f"sessions/{date}")["left"] == 0
    twice = club.call.post(f"sessions/{date}/bookings", {"member": club.members["ana"]})
    assert (twice.status_code, twice.json()["code"]) == (422, "already_booked")
    club.call.post(f"bookings/{bookings['ben']['id']}/cancel", {})
    club.worker_runs()
    assert club.get(f"bookings/{bookings['eva']['id']}")["status"] == "booked"
    for name in ("ana", "eva"):
        answer = club.call.post(f"bookings/{bookings[name]['id']}/check-in", {})
        assert answer.json()["status"] == "attended", answer.content
    assert [club.has(name) for name in ("ana", "ben", "eva")] == [90, 50, 90]
    club.books_hold()


def test_taking_part_has_its_caps():
    club = opens("family")
    club.joins("ana")
    assert [club.does("ana", "profile_completed")["points"] for _ in range(2)] == [25, 0]
    assert [club.does("ana", "survey")["points"] for _ in range(3)] == [15, 15, 0]
    shelf = {"sku": "shelf"}
    assert club.does("ana", "review", product=shelf)["points"] == 0
    club.buys("ana", {"sku": "shelf", "price": 799})
    assert club.does("ana", "review", product=shelf)["points"] == 10
    assert club.has("ana") == 50 + 25 + 30 + 10
    assert club.cannot_redeem("ana", "fifteen-percent") == ["not_enough_points"]
    visit = club.books("ana", club.opens_date("workshop", places=5))
    club.call.post(f"bookings/{visit['id']}/check-in", {})
    assert club.till_takes(club.takes("ana", "fifteen-percent")) == 200
    assert club.has("ana") == 5
    club.books_hold()
