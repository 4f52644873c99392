"""P17: affiliates. A link is followed, friends buy, and five per cent of what they keep is the member's to spend."""

import pytest

from loyalty.core import clock
from members.operations.inviting import count_click
from members.queries.referrals import figures, link_of
from tests.stories.play import named, opens

pytestmark = pytest.mark.django_db
BROWSER = "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Safari/605.1.15"


def clicks(club, name, *visitors, agent=BROWSER):
    """Somebody follows a member's link, each from an address of their own."""
    code = club.shares(name)
    with club.acting():
        for visitor in visitors:
            count_click(code=code, address=visitor, agent=agent, at=clock.now())


def brought(club, name):
    """What a member's link has come to: clicks, friends, purchases, money in major units, points."""
    with club.acting():
        (one,) = figures(member=named(club, name))
    return (one.clicks, one.joined, one.purchases, one.revenue_minor / 100, one.commission.get("points", 0))


def test_a_link_is_followed_friends_buy_and_a_share_is_the_members_to_spend():
    club = opens("affiliate", currency="EUR")
    club.joins("ana")
    with club.acting():
        assert link_of(club.shares("ana")).endswith(f"/r/{club.shares('ana')}/")
    clicks(club, "ana", "198.51.100.1", "198.51.100.2", "198.51.100.1")
    clicks(club, "ana", "198.51.100.3", agent="Googlebot/2.1")
    for friend in ("cleo", "dan"):
        club.brings("ana", friend)
    club.buys("cleo", 80)
    club.buys("cleo", 40)
    club.buys("dan", 9.99)
    club.happens_after()
    assert brought(club, "ana") == (2, 2, 3, 129.99, 40 + 20 + 4)
    assert club.has("ana") == 64
    assert club.has("cleo") == 0, "friends get a welcome, not a share"
    assert [len(club.codes(friend)) for friend in ("cleo", "dan")] == [1, 1]
    club.books_hold()


def test_a_refund_takes_its_part_of_the_share_and_never_below_zero():
    club = opens("affiliate", currency="EUR")
    club.joins("ana")
    club.brings("ana", "cleo")
    bought = club.buys("cleo", 80, 20)
    club.happens_after()
    assert club.has("ana") == 50
    club.refunds(bought, 2)
    club.happens_after()
    assert (club.has("ana"), brought(club, "ana")[2:]) == (40, (1, 80, 40))
    club.refunds(bought)
    club.happens_after()
    assert club.has("ana") == 0
    club.books_hold()


def test_points_of_a_link_pay_at_the_checkout():
    club = opens("affiliate", currency="EUR")
    club.joins("ana")
    club.brings("ana", "cleo")
    club.buys("cleo", 100)
    club.happens_after()
    asked = {
        "member": club.members["ana"],
        "reward": club.reward("pay-with-commission")["id"],
        "order_minor": 12_00,
    }
    quote = club.call.post("points-payments/quote", asked).json()
    assert (quote["points"], quote["minor"], quote["minor_left"]) == (50, 5_00, 7_00)
    paid = club.call.post("points-payments", {**asked, "points": 50, "order_external_id": "web-1"})
    assert paid.status_code == 201, paid.content
    club.buys("ana", 12, external_id="web-1", points_minor=5_00)
    club.happens_after()
    assert club.has("ana") == 0
    club.books_hold()


def test_the_month_has_a_ceiling():
    club = opens("affiliate", currency="EUR")
    club.joins("ana")
    club.brings("ana", "cleo")
    club.buys("cleo", 9_000)
    club.buys("cleo", 9_000)
    club.happens_after()
    assert club.has("ana") == 5_000
    club.books_hold()
