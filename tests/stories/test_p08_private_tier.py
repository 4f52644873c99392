"""P8: the few best customers are served by people. Staff see whom to serve, what is asked for, and log it."""

import pytest

from tests.stories.play import opens

pytestmark = pytest.mark.django_db


def test_the_concierge_serves_whoever_has_reached_the_private_tier():
    club = opens("private-tier")
    for name in ("ana", "ben"):
        club.joins(name)
    club.buys("ana", 80_000)
    club.buys("ben", 79_990)
    assert club.tier("ben")["next"]["missing"] == 1000
    whom = club.get("perks/members?perk=concierge")["data"]
    assert [(one["member"], one["tier"]) for one in whom] == [(club.members["ana"], "private")]
    assert club.claims("ben", "concierge", status=422)["code"] == "perk_not_included"
    body = {"perk": "concierge", "note": "A green coat from 1974"}
    asked = club.call.post(f"members/{club.members['ana']}/perks/claims", body).json()
    (waiting,) = club.get("perks/claims?status=open")["data"]
    assert (waiting["id"], waiting["note"]) == (asked["id"], "A green coat from 1974")
    served = club.serves(asked, "Found in Milan, comes on Friday")
    assert (served["status"], served["outcome"]) == ("served", "Found in Milan, comes on Friday")
    assert served["settled_by"] and served["settled_at"]
    assert club.get("perks/claims?status=open")["data"] == []
    club.books_hold()


def test_the_stylist_has_four_hours_a_year_for_each():
    club = opens("private-tier")
    club.joins("ana")
    club.buys("ana", 80_000)
    first = club.claims("ana", "stylist")
    for _ in range(3):
        club.serves(club.claims("ana", "stylist"))
    assert club.claims("ana", "stylist", status=422)["code"] == "perk_used_up"
    given_up = club.call.post(f"perks/claims/{first['id']}/cancel", {"outcome": "Fell ill"})
    assert given_up.status_code == 200
    assert club.claims("ana", "stylist")["status"] == "open", "what was cancelled counts no longer"


def test_the_evening_is_for_private_clients_and_points_still_count():
    club = opens("private-tier")
    for name in ("ana", "ben"):
        club.joins(name)
    club.buys("ana", 80_000)
    assert club.has("ana") == 8000
    assert club.buys("ana", 1000)["points"] == 200
    date = club.opens_date("private-evening", places=8)
    assert club.books("ana", date)["status"] == "booked"
    refused = club.call.post(f"sessions/{date}/bookings", {"member": club.members["ben"]})
    assert (refused.status_code, refused.json()["reasons"][0]["code"]) == (422, "other_tier")
    assert club.till_takes(club.takes("ana", "tailoring")) == 200
    assert club.has("ana") == 7900
    club.books_hold()


def test_who_sends_it_all_back_is_no_private_client():
    club = opens("private-tier")
    club.joins("ana")
    club.buys("ana", 20_000)
    order = club.buys("ana", 60_000)
    club.serves(club.claims("ana", "concierge"))
    club.refunds(order)
    now = club.tier("ana")
    assert (now["tier"], now["next"]["missing"]) == ("friend", 6_000_000)
    assert club.get("perks/members?perk=concierge")["data"] == []
    assert club.claims("ana", "concierge", status=422)["code"] == "perk_not_included"
    (done,) = club.get(f"members/{club.members['ana']}/perks/claims")["data"]
    assert done["status"] == "served", "what was done for them stays in the log"
    assert club.has("ana") == 2000
    club.books_hold()
