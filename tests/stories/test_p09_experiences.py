"""P9: perks instead of money. Places at events, returns without a receipt; what is spent earns nothing."""

import pytest

from tests.stories.play import opens

pytestmark = pytest.mark.django_db


def check_in(club, booking):
    answer = club.call.post(f"bookings/{booking['id']}/check-in", {})
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_place_a_waiting_list_and_who_moves_up():
    club = opens("experiences")
    for name in ("ana", "ben", "eva"):
        club.joins(name)
    date = club.opens_date("class", places=1)
    mine = club.books("ana", date)
    waits = [club.books(name, date) for name in ("ben", "eva")]
    assert (mine["status"], [one["status"] for one in waits]) == ("booked", ["waiting", "waiting"])
    assert [one["ahead"] for one in waits] == [0, 1]
    given_up = club.call.post(f"bookings/{mine['id']}/cancel", {})
    assert given_up.json()["status"] == "cancelled"
    club.worker_runs()
    assert club.get(f"bookings/{waits[0]['id']}")["status"] == "booked"
    assert club.get(f"bookings/{waits[1]['id']}")["ahead"] == 0
    club.books_hold()


def test_coming_is_what_counts():
    club = opens("experiences")
    club.joins("ana")
    assert club.buys("ana", 2000)["points"] == 0, "money buys no points here"
    for visit in range(1, 4):
        here = check_in(club, club.books("ana", club.opens_date("class", places=10)))
        assert (here["status"], club.has("ana")) == ("attended", 50 * visit)
    assert club.tier("ana")["tier"] == "regular"
    assert club.serves(club.claims("ana", "bring-a-friend"))["status"] == "served"
    (badge,) = club.get(f"members/{club.members['ana']}/badges")["badges"]
    assert badge["badge"] == "first-event"
    trip = club.opens_date("weekend", places=12, in_days=30)
    booked = club.books("ana", trip)
    assert (booked["status"], club.has("ana")) == ("booked", 50)
    called_off = club.call.post(f"sessions/{trip}/cancel", {"reason": "Storm"})
    assert called_off.status_code == 200
    club.worker_runs()
    assert club.has("ana") == 150, "everybody has their points back"
    assert "150" in club.sees("ana")
    club.books_hold()


def test_a_return_without_a_receipt_and_a_hem_for_each_order():
    club = opens("experiences")
    club.joins("ana")
    order = club.buys("ana", 900, 400, external_id="till-7")
    club.serves(club.claims("ana", "hemming", order="till-7"), "Two centimetres")
    assert club.claims("ana", "hemming", order="till-7", status=422)["code"] == "perk_used_up"
    claim = club.claims("ana", "no-receipt", order="till-7")
    club.refunds(order, 2)
    club.serves(claim, "Found by her name; money back to the card")
    row = club.get(f"orders/{order['id']}")
    assert (row["refunded_minor"], club.has("ana")) == (40_000, 0)
    club.books_hold()


def test_things_are_lent_on_the_phone():
    club = opens("experiences")
    club.joins("ana")
    assert club.till_takes(club.takes("ana", "try-out")) == 200
    assert club.cannot_redeem("ana", "try-out") == ["limit_reached"]
    assert club.cannot_redeem("ana", "class") == ["needs_place"]
    club.books_hold()
