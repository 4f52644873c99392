"""P6: a yearly fee buys perks that are always on. A trial, payments at the till, grace, cancellation, refund."""

import pytest

from loyalty.core import clock
from members.operations.paid_memberships import live_through
from tests.cast import days
from tests.stories.play import opens

pytestmark = pytest.mark.django_db


def subscribes(club, name):
    answer = club.call.post("memberships", {"member": club.members[name], "plan": "plus"})
    assert answer.status_code == 201, answer.content
    return f"memberships/{answer.json()['id']}"


def pays(club, where, receipt, minor=49_000):
    body = {"external_id": receipt, "amount_minor": minor, "paid_at": clock.now().isoformat()}
    return club.call.post(f"{where}/payments", body)


def days_pass(club, count):
    """The clock's job looks at the memberships so many days from now."""
    with club.acting():
        while live_through(at=clock.now() + days(count)):
            pass


def subscribes_after_a_trial(club, name):
    """Whoever had their trial pays from the first day."""
    club.call.post(f"{subscribes(club, name)}/cancel", {})
    days_pass(club, 31)
    where = subscribes(club, name)
    assert club.get(where)["status"] == "pending"
    return where


def test_perks_from_the_first_day_of_the_trial_until_its_grace_is_over():
    club = opens("paid-membership")
    club.joins("ana")
    assert club.buys("ana", 200)["points"] == 20
    assert club.cannot_redeem("ana", "plus-gift") == ["not_in_segment"]
    where = subscribes(club, "ana")
    assert (club.get(where)["status"], club.get(where)["due_minor"]) == ("trial", 49_000)
    assert club.buys("ana", 200)["points"] == 40, "double while it lasts"
    assert club.till_takes(club.takes("ana", "plus-gift")) == 200
    days_pass(club, 32)
    assert club.get(where)["status"] == "grace"
    assert club.buys("ana", 200)["points"] == 40, "perks go on while a payment is awaited"
    days_pass(club, 47)
    assert club.get(where)["status"] == "ended"
    assert club.buys("ana", 200)["points"] == 20
    assert "not_in_segment" in club.cannot_redeem("ana", "plus-gift")
    club.books_hold()


def test_paid_at_the_till_renewed_cancelled_at_the_end_and_resumed():
    club = opens("paid-membership")
    club.joins("ana")
    where = subscribes_after_a_trial(club, "ana")
    assert club.buys("ana", 100)["points"] == 10, "nothing is paid yet"
    assert pays(club, where, "till-1", 48_900).json()["code"] == "wrong_amount"
    first = pays(club, where, "till-1")
    assert (first.status_code, club.get(where)["status"]) == (201, "active")
    assert pays(club, where, "till-1").json()["replayed"], "one receipt pays once"
    until = club.get(where)["paid_until"]
    assert pays(club, where, "till-2").json()["paid_from"] == until, "the next year follows the first"
    assert club.call.post(f"{where}/cancel", {}).json()["cancels_at_end"]
    assert club.buys("ana", 100)["points"] == 20, "what is paid for is had"
    assert not club.call.post(f"{where}/resume", {}).json()["cancels_at_end"]
    assert club.call.post(f"{where}/cancel", {}).json()["status"] == "active"
    days_pass(club, 3 * 366)
    assert (club.get(where)["status"], club.get(where)["end"]) == ("ended", "cancelled")
    assert club.buys("ana", 100)["points"] == 10
    club.books_hold()


def test_the_fee_comes_back_unless_a_perk_was_used():
    club = opens("paid-membership")
    club.joins("ana")
    club.joins("ben")
    wheres = []
    for name in ("ana", "ben"):
        wheres.append(subscribes_after_a_trial(club, name))
        assert pays(club, wheres[-1], f"till-{name}").status_code == 201
    mine, other = wheres
    used = club.call.post(f"{mine}/perks-used", {"external_id": "web-1", "perk": "two-day"})
    assert used.status_code == 201
    refused = club.call.post(f"{mine}/refund", {"reason": "Moved away"})
    assert (refused.status_code, refused.json()["code"]) == (422, "perks_used")
    given = club.call.post(f"{other}/refund", {"reason": "Moved away"}).json()
    assert given["refunded_minor"] == 49_000
    assert (club.get(mine)["status"], club.get(other)["status"]) == ("active", "ended")
    assert [club.buys(name, 100)["points"] for name in ("ana", "ben")] == [20, 10]
    club.books_hold()


def test_a_return_takes_the_doubled_points_and_leaves_the_membership():
    club = opens("paid-membership")
    club.joins("ana")
    where = subscribes(club, "ana")
    pays(club, where, "till-1")
    order = club.buys("ana", 1000, 500)
    assert club.has("ana") == 300
    assert club.till_takes(club.takes("ana", "ten-off")) == 200
    club.refunds(order, 2)
    assert (club.has("ana"), club.get(where)["status"]) == (0, "active")
    club.books_hold()
