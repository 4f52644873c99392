"""C11: a coffee bar and a bookshop next door do something together. Members of the bar take up the joint offer on their
phones and collect more for a while; what they collected they spend at the bookshop, the bar pays for it, and both books
hold."""

from datetime import timedelta

import pytest

from loyalty.blueprints.opening import open_blueprint
from loyalty.core import clock
from loyalty.core.ledger.checks import verify
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import across_merchants, acting_for
from tests.api.caller import Caller, key_for
from tests.cast import MARA, shop
from tests.stories.campaigns.played import Calendar, Played

pytestmark = pytest.mark.django_db
BONUS = 75


def coalition(slug: str, name: str) -> Played:
    """A shop that plays the coalition's blueprint in its sandbox."""
    sandbox = Merchant.objects.get(sandbox_of=shop(slug, name=name, language="en"))
    with acting_for(sandbox, by=MARA):
        done = open_blueprint(blueprint="coalition", at=clock.now())
    return Played(sandbox, done, Caller(key_for(sandbox)))


def agreed(bar: Played, books: Played) -> str:
    """What a point of each is worth at the other: twenty öre; the agreement's id."""
    terms = {"partner": books.merchant.slug, "our_worth": "20", "their_worth": "20"}
    made = bar.call.post("partnerships", terms).json()["id"]
    assert books.call.post(f"partnerships/{made}/accept").json()["status"] == "active"
    return str(made)


def linked(bar: Played, books: Played, name: str) -> None:
    """Somebody with a card of each links them."""
    for club in (bar, books):
        club.joins(name)
    code = bar.call.post(f"members/{bar.members[name]}/card-links", {"partner": books.merchant.slug}).json()[
        "code"
    ]
    told = {"partner": bar.merchant.slug, "code": code}
    assert books.call.post(f"members/{books.members[name]}/card-links/accept", told).status_code == 200


def owed(club: Played, agreement: str) -> int:
    """What a shop has to get from the other (below 0: to pay), in minor units."""
    return int(club.get(f"partnerships/{agreement}/statement")["balance_minor"])


def test_a_joint_offer_is_taken_up_collected_spent_next_door_and_settled(calendar: Calendar):
    bar, books = coalition("bar", "Coffee Bar"), coalition("bookshop", "Bookshop")
    agreement = agreed(bar, books)
    linked(bar, books, "ana")
    for club in (bar, books):
        club.joins("ben")
    ends = (calendar.at + timedelta(days=30)).isoformat()
    joint = bar.launches("partner", partner="Bookshop", ends_at=ends)
    plain = bar.buys("ben", 2000)["points"]
    assert "With a partner" in bar.sees("ana"), "it waits on her phone"
    bar.activates("ana", joint)
    assert bar.buys("ana", 2000)["points"] == plain + BONUS
    assert bar.buys("ana", 2000)["points"] == plain, "once"
    calendar.passes(minutes=1)

    price = books.reward("house-treat")["cost_points"]
    assert books.cannot_redeem("ben", "house-treat") == ["not_enough_points"], "his cards are not linked"
    assert owed(bar, agreement) == owed(books, agreement) == 0
    before = bar.has("ana")
    taken = books.redeems("ana", "house-treat")
    assert books.till_takes(taken["code"]) == 200
    books.worker_runs()
    assert bar.has("ana") == before - price
    assert owed(books, agreement) == -owed(bar, agreement) == price * 20, "the bar pays for what it gave"
    came = bar.came(joint)
    assert (came["activated"], came["members"], came["points"]) == (1, 1, BONUS)
    calendar.passes(days=31)
    assert bar.campaign(joint)["state"] == "ended"
    assert bar.buys("ana", 2000)["points"] == plain
    bar.books_agree(joint)
    books.books_hold()
    with across_merchants("what the two owe each other"):
        assert verify() == []
