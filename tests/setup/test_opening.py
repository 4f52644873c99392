"""Opening a shop: live and test sibling at once, with the programme that was chosen and adjusted, once."""

import threading
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
import pytest
from django.db import connection

from loyalty.blueprints.catalogue import blueprints
from loyalty.blueprints.shape import Goal, Level
from loyalty.core import clock, ids
from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.ledger.checks import verify
from loyalty.core.merchants.models import Merchant, Staff
from loyalty.core.merchants.operations import SlugTaken
from loyalty.core.people.models import User
from loyalty.core.people.operations import make_operator
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy.scope import acting_for
from loyalty.setup import operations, queries
from loyalty.setup.answers import (
    Answers,
    Customers,
    Launching,
    Numbers,
    RewardNumbers,
    ShopFacts,
    Wishes,
    read,
    stored,
)
from loyalty.setup.models import Launch, Sketch
from loyalty.setup.places import country_of, currency_of, zone_of
from loyalty.setup.tailoring import basis, chosen, numbers_of, plain, tailored
from members.models import Member, Order
from rewards.models import Reward
from tests.cast import MARA, shop

pytestmark = pytest.mark.django_db

SAID = Answers(
    wishes=Wishes((Goal.RETURN, Goal.SPEND)),
    customers=Customers("SE", "SEK", Level.LOW, 400, 120_00),
    blueprint="simple-points",
    shop=ShopFacts("Café Luna", "", "Europe/Stockholm", "sv", "#b4532a", "Luna Club", "böna", "bönor"),
    launch=Launching(date(2030, 1, 1), ("poster", "till")),
)


@pytest.fixture
def mara() -> User:
    """The owner of the server."""
    return make_operator(email="mara@luna.example")


@dataclass
class Opened:
    """A shop that was opened, and what is in its two halves."""

    live: Merchant

    @property
    def test(self) -> Merchant:
        return self.live.sandbox


def opens(user: Any, answers: Answers = SAID) -> Opened:
    """Somebody answers everything and opens the shop."""
    at = clock.now()
    sketch = operations.keep_answers(user=user.pk, answers=answers, at=at)
    return Opened(operations.open_shop(sketch=sketch.pk, user=user.pk, answers=answers, at=at))


def test_both_shops_are_open_and_the_owner_owns_both(mara: User):
    made = opens(mara)
    assert (made.live.slug, made.test.slug, made.live.currency) == ("cafe-luna", "cafe-luna-test", "SEK")
    assert (made.live.timezone, made.live.language, made.live.brand_colour) == (
        "Europe/Stockholm",
        "sv",
        "#b4532a",
    )
    for merchant in (made.live, made.test):
        with acting_for(merchant, by=MARA):
            assert [(row.user_id, row.role) for row in Staff.objects.all()] == [(mara.pk, "owner")]


def test_the_programme_is_tried_in_the_test_shop_and_the_live_one_has_none(mara: User):
    made = opens(mara)
    with acting_for(made.live, by=MARA):
        assert programmes.in_force() is None
        assert not Reward.objects.exists() and not Member.objects.exists()
        assert (Launch.objects.get().goals, Launch.objects.get().tell_by) == (
            ["return", "spend"],
            ["poster", "till"],
        )
    with acting_for(made.test, by=MARA):
        current = programmes.in_force()
        assert current is not None and current.number == 1
        assert current.programme["identity"].named("sv") == "Luna Club"
        assert current.programme["identity"].word("sv", 5) == "bönor"
        assert list(Reward.objects.values_list("handle", flat=True)) == ["free-drink"]
        assert verify() == []


def test_three_pretend_members_have_bought_something(mara: User):
    made = opens(mara)
    with acting_for(made.test, by=MARA):
        assert Member.objects.count() == 3
        assert Order.objects.count() == 11
        assert all(order.points_earned > 0 for order in Order.objects.all())
        assert not Member.objects.exclude(channel="setup").exists()


@pytest.mark.parametrize("name", [one.id for one in blueprints()])
def test_every_blueprint_can_be_opened_on_the_way(mara: User, name: str):
    made = opens(mara, msgspec.structs.replace(SAID, blueprint=name))
    with acting_for(made.test, by=MARA):
        assert programmes.in_force() is not None
        assert verify() == []


def test_numbers_that_were_adjusted_are_what_is_opened(mara: User):
    numbers = Numbers(
        basis(SAID),
        points=2,
        per_minor=15_00,
        rewards={"free-drink": RewardNumbers("Kaffe på oss", 40, 7_50)},
    )
    made = opens(mara, msgspec.structs.replace(SAID, numbers=numbers))
    with acting_for(made.test, by=MARA):
        rule = programmes.in_force().programme["earning"].rules[0]
        assert (rule.points, rule.per_minor) == (2, 15_00)
        reward = Reward.objects.get()
        assert (reward.name, reward.cost_points, reward.unit_cost_minor) == ({"sv": "Kaffe på oss"}, 40, 7_50)


def test_numbers_for_another_programme_or_currency_mean_nothing():
    numbers = Numbers("stars SEK", points=99, per_minor=1)
    answers = msgspec.structs.replace(SAID, numbers=numbers)
    at = clock.now()
    assert tailored(answers, at=at).programme["earning"] == plain(answers, at=at).programme["earning"]


@pytest.mark.parametrize("name", [one.id for one in blueprints()])
def test_adjusting_nothing_changes_nothing(name: str):
    at = clock.now()
    answers = msgspec.structs.replace(SAID, blueprint=name, shop=ShopFacts(language="sv"))
    as_it_is = plain(answers, at=at)
    same = msgspec.structs.replace(numbers_of(as_it_is), basis=basis(answers))
    found = tailored(msgspec.structs.replace(answers, numbers=same), at=at)
    assert found.programme == as_it_is.programme
    costs = [(one["name"], one.get("cost_points", 0)) for one in found.rewards]
    assert costs == [(one["name"], one.get("cost_points", 0)) for one in as_it_is.rewards]


def test_pressing_twice_opens_one_shop(mara: User):
    at = clock.now()
    sketch = operations.keep_answers(user=mara.pk, answers=SAID, at=at)
    both = [operations.open_shop(sketch=sketch.pk, user=mara.pk, answers=SAID, at=at) for _n in range(2)]
    assert both[0] == both[1]
    assert Merchant.objects.count() == 2


def test_an_address_that_is_taken_opens_nothing_and_keeps_the_answers(mara: User):
    shop("cafe-luna")
    before = Merchant.objects.count()
    with pytest.raises(SlugTaken):
        opens(mara)
    assert Merchant.objects.count() == before
    assert queries.sketch(mara.pk) is not None


@pytest.mark.parametrize("facts", [{"name": ""}, {"name": "x" * 121}, {"timezone": "Nowhere/None"}, {"colour": "red"},
                                   {"slug": "start"}])  # fmt: skip
def test_what_cannot_be_opens_nothing(mara: User, facts: dict[str, str]):
    answers = msgspec.structs.replace(SAID, shop=msgspec.structs.replace(SAID.shop, **facts))
    with pytest.raises((InvalidInput, KeyError)):
        opens(mara, answers)
    assert not Merchant.objects.exists()


def test_who_may_open_shops(mara: User, settings: Any):
    stranger = User.objects.create_user("stranger@example.com")
    assert queries.may_open_shops(mara)
    assert not queries.may_open_shops(stranger)
    with pytest.raises(operations.NoShopsHere):
        opens(stranger)
    made = opens(mara)
    with acting_for(made.live, by=MARA):
        Staff.objects.create(user=stranger, role="owner")
    assert queries.may_open_shops(stranger)
    settings.OWNERS_OPEN_SHOPS = False
    assert not queries.may_open_shops(stranger) and queries.may_open_shops(mara)


def test_a_sketch_is_nobody_elses(mara: User):
    other = make_operator(email="otto@ottos.example")
    sketch = operations.keep_answers(user=mara.pk, answers=SAID, at=clock.now())
    with pytest.raises(NotFound):
        operations.open_shop(sketch=sketch.pk, user=other.pk, answers=SAID, at=clock.now())
    with pytest.raises(NotFound):
        queries.sketch_of(ids.new(), user=mara.pk)
    operations.drop_sketch(user=other.pk)
    assert Sketch.objects.count() == 1
    operations.drop_sketch(user=mara.pk)
    assert not Sketch.objects.exists()


def test_answers_come_back_as_they_were_given_and_others_are_forgotten(mara: User):
    assert read(stored(SAID)) == SAID
    row = operations.keep_answers(user=mara.pk, answers=SAID, at=clock.now())
    row.answers = {"wishes": {"goals": ["riches"]}}
    found = queries.answers_of(row, accepted="nb-NO,nb;q=0.9", language="nb")
    assert (found.customers.country, found.customers.currency, found.shop.timezone) == (
        "NO",
        "NOK",
        "Europe/Oslo",
    )


@pytest.mark.parametrize(("accepted", "country", "currency", "zone"), [
    ("sv-SE,sv;q=0.9", "SE", "SEK", "Europe/Stockholm"), ("nl", "NL", "EUR", "Europe/Amsterdam"),
    ("en-US,en", "US", "USD", "America/New_York"), ("zh-Hant-TW", "TW", "TWD", "Asia/Taipei"),
    ("", "GB", "GBP", "Europe/London"), ("*;q=0.1,\x00", "GB", "GBP", "Europe/London"), ("xx-XX", "GB", "GBP", "Europe/London"),
])  # fmt: skip
def test_where_a_shop_is_is_guessed(accepted: str, country: str, currency: str, zone: str):
    assert (country_of(accepted), currency_of(country), zone_of(country)) == (country, currency, zone)


def test_the_best_fitting_blueprint_is_there_before_one_is_chosen():
    nothing = Answers(wishes=Wishes((Goal.WIN,)))
    assert Goal.WIN in chosen(nothing).goals
    assert chosen(msgspec.structs.replace(nothing, blueprint="gone-since")).id == chosen(nothing).id


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_open_one_shop():
    mara = make_operator(email="mara@luna.example")
    at = clock.now()
    sketch = operations.keep_answers(user=mara.pk, answers=SAID, at=at)
    start, found = threading.Barrier(2), []

    def press() -> None:
        start.wait()
        try:
            found.append(operations.open_shop(sketch=sketch.pk, user=mara.pk, answers=SAID, at=at).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2 and found[0] == found[1]
    assert Merchant.objects.count() == 2
