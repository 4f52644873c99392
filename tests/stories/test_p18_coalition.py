"""P18: a coffee bar and a bookshop, whose members use their points at either."""

import pytest

from loyalty.blueprints.opening import open_blueprint
from loyalty.core import clock
from loyalty.core.ledger.checks import verify
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import across_merchants, acting_for
from tests.api.caller import Caller, key_for
from tests.cast import MARA, days, shop
from tests.stories.play import Club

pytestmark = pytest.mark.django_db


def opens_beside(slug, name):
    sandbox = Merchant.objects.get(sandbox_of=shop(slug, name=name))
    with acting_for(sandbox, by=MARA):
        opened = open_blueprint(blueprint="coalition", at=clock.now())
    return Club(sandbox, opened, Caller(key_for(sandbox)))


@pytest.fixture
def bar():
    return opens_beside("bar", "Coffee Bar")


@pytest.fixture
def bookshop():
    return opens_beside("bookshop", "Bookshop")


def agree(bar, bookshop):
    """The bar proposes, the bookshop accepts: a point is worth 10 öre at the bar and 20 at the bookshop."""
    terms = {"partner": bookshop.merchant.slug, "our_worth": "10", "their_worth": "20"}
    proposed = bar.call.post("partnerships", terms)
    assert proposed.status_code == 201, proposed.content
    found = bookshop.get("partnerships?status=proposed")["data"][0]
    assert (found["proposed_by"], found["our_worth"], found["their_worth"]) == ("them", "20", "10")
    assert bookshop.call.post(f"partnerships/{found['id']}/accept").json()["status"] == "active"
    assert bar.get(f"partnerships/{found['id']}")["status"] == "active"
    return found["id"]


def link(bar, bookshop, name):
    made = bar.call.post(f"members/{bar.members[name]}/card-links", {"partner": bookshop.merchant.slug})
    assert made.status_code == 201, made.content
    told = {"partner": bar.merchant.slug, "code": made.json()["code"]}
    linked = bookshop.call.post(f"members/{bookshop.members[name]}/card-links/accept", told)
    assert linked.status_code == 200, linked.content
    assert [one["partner"] for one in linked.json()["links"]] == [bar.merchant.slug]


def statements(bar, bookshop, agreement, period=""):
    return [
        club.get(f"partnerships/{agreement}/statement{period}")["balance_minor"] for club in (bar, bookshop)
    ]


def all_hold(bar, bookshop):
    bar.books_hold()
    bookshop.books_hold()
    with across_merchants("what the two owe each other"):
        assert verify() == []


def test_points_of_the_bar_buy_at_the_bookshop_and_the_bar_pays_for_them(bar, bookshop):
    agreement = agree(bar, bookshop)
    for club in (bar, bookshop):
        club.joins("ana")
    link(bar, bookshop, "ana")
    bar.buys("ana", 1000, ago=2)
    bookshop.buys("ana", 100, ago=1)
    here, there = bar.reward("house-treat")["cost_points"], bookshop.reward("house-treat")["cost_points"]
    in_bar, in_books = bar.has("ana"), bookshop.has("ana")
    assert in_bar > 0 and 0 < in_books < there
    at_partner = bookshop.get(f"members/{bookshop.members['ana']}/balances")["at_partners"]
    assert at_partner == [
        {
            "partner": bar.merchant.slug,
            "partner_name": bar.merchant.name,
            "points": in_bar,
            "here": in_bar // 2,
        }
    ]
    taken = bookshop.redeems("ana", "house-treat")
    assert bookshop.till_takes(taken["code"]) == 200
    missing = there - in_books
    assert bookshop.has("ana") == 0
    assert bar.has("ana") == in_bar - 2 * missing
    assert statements(bar, bookshop, agreement) == [-20 * missing, 20 * missing]
    tomorrow = (clock.now() + days(1)).isoformat().replace("+", "%2B")
    assert statements(bar, bookshop, agreement, f"?since={tomorrow}") == [0, 0]
    ours, theirs = (club.get(f"partnerships/{agreement}/entries")["data"] for club in (bar, bookshop))
    assert [one["id"] for one in ours] == [one["id"] for one in theirs]
    assert theirs[0]["redemption"] == taken["id"]
    assert here == there
    all_hold(bar, bookshop)


def test_it_goes_both_ways_until_it_ends_and_what_is_owed_stays(bar, bookshop):
    agreement = agree(bar, bookshop)
    for club in (bar, bookshop):
        club.joins("ana")
    link(bar, bookshop, "ana")
    bookshop.buys("ana", 5000, ago=1)
    bar.redeems("ana", "house-treat")
    owed = bar.reward("house-treat")["cost_points"] * 10
    assert statements(bar, bookshop, agreement) == [owed, -owed]
    assert bar.call.post(f"partnerships/{agreement}/end").json()["status"] == "ended"
    assert bar.cannot_redeem("ana", "house-treat") == ["not_enough_points"]
    assert statements(bar, bookshop, agreement) == [owed, -owed]
    gone = bar.call("DELETE", f"members/{bar.members['ana']}/card-links/{bookshop.merchant.slug}")
    assert gone.status_code == 204
    assert bookshop.get(f"members/{bookshop.members['ana']}/card-links")["links"] == []
    all_hold(bar, bookshop)


def test_the_phone_tells_where_points_went(bar, bookshop):
    agree(bar, bookshop)
    for club in (bar, bookshop):
        club.joins("ana")
    link(bar, bookshop, "ana")
    bar.buys("ana", 5000, ago=1)
    bookshop.redeems("ana", "house-treat")
    told = bar.get(f"members/{bar.members['ana']}/entries")["data"][0]
    assert (told["kind"], told["actor"]) == ("partner", f"partner:{bookshop.merchant.slug}")
    assert "Bookshop" in bar.sees("ana", "activity/")
