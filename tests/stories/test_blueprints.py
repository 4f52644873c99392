"""The blueprints: each is whole in four languages, opens as a working programme, and is advised to the shops it fits."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from loyalty.blueprints.advice import Shop, advise
from loyalty.blueprints.catalogue import FILES, blueprint, blueprints
from loyalty.blueprints.opening import SandboxOnly, open_blueprint
from loyalty.blueprints.shape import LANGUAGES, Goal, Level, for_shop, in_currency
from loyalty.core import clock
from loyalty.core.errors import NotFound
from loyalty.core.programme import operations as programmes
from loyalty.core.programme import queries
from loyalty.core.tenancy.scope import acting_for
from rewards.models import Reward
from tests.cast import MARA, shop
from tests.stories.play import opens

ALL = [one.id for one in blueprints()]
pytestmark = pytest.mark.django_db


def test_every_file_is_read_and_names_itself_once():
    assert len(ALL) == len(set(ALL)) == len(list(FILES.glob("*.json")))
    assert all(path.name.startswith("p") for path in FILES.glob("*.json"))


@pytest.mark.parametrize("name", ALL)
def test_every_word_is_there_in_every_language(name):
    one = blueprint(name)
    assert tuple(one.texts) == LANGUAGES
    for texts in one.texts.values():
        assert texts.name.strip() and texts.promise.strip() and texts.fits.strip()
    assert list(_missing(one.programme)) == []
    assert list(_missing(list(one.rewards))) == []


def _missing(part, path=""):
    """Paths of words that are not said in all four languages."""
    if isinstance(part, dict):
        if "en" in part:
            yield from (f"{path}.{language}" for language in LANGUAGES if language not in part)
        else:
            for key, value in part.items():
                yield from _missing(value, f"{path}.{key}")
    elif isinstance(part, list):
        for index, value in enumerate(part):
            yield from _missing(value, f"{path}[{index}]")


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("currency", ["SEK", "EUR", "JPY"])
def test_it_opens_as_a_working_programme(name, currency):
    club = opens(name, currency=currency)
    with club.acting():
        assert queries.in_force().number == 1
        assert set(Reward.objects.values_list("handle", flat=True)) == {
            reward["handle"] for reward in blueprint(name).rewards
        }
    club.joins("ana")
    club.buys("ana", 100)
    club.books_hold()


def test_rewards_that_are_there_stay_as_they_are():
    club = opens("simple-points")
    with club.acting():
        Reward.objects.update(cost_points=77)
        programmes.save_draft(content={"earning": {"rules": []}}, at=clock.now())
        programmes.publish(at=clock.now())
        again = open_blueprint(blueprint="simple-points", at=clock.now())
        assert (again.made, again.kept) == ((), ("free-drink",))
        assert Reward.objects.get().cost_points == 77


def test_a_live_shop_is_not_overwritten():
    live = shop()
    with acting_for(live, by=MARA), pytest.raises(SandboxOnly):
        open_blueprint(blueprint="simple-points", at=clock.now())
    with acting_for(live, by=MARA):
        assert queries.in_force() is None
        assert not Reward.objects.exists()


def test_what_is_not_there_is_not_found():
    with acting_for(shop(), by=MARA), pytest.raises(NotFound):
        open_blueprint(blueprint="gold-rush", at=clock.now())


def test_amounts_are_round_in_every_currency():
    part = {"per_minor": {"$money": "1.00"}, "deep": [{"at_least_minor": {"$money": "2.50"}}], "n": 5}
    assert in_currency(part, currency="SEK") == {
        "per_minor": 1000,
        "deep": [{"at_least_minor": 2500}],
        "n": 5,
    }
    assert in_currency(part, currency="EUR") == {"per_minor": 100, "deep": [{"at_least_minor": 250}], "n": 5}
    assert in_currency(part, currency="JPY") == {"per_minor": 150, "deep": [{"at_least_minor": 375}], "n": 5}


def test_a_small_cafe_is_told_to_begin_with_something_small():
    cafe = Shop(goals=(Goal.RETURN,), budget=Level.LOW, effort=Level.LOW, customers=Level.LOW)
    best = advise(cafe, of=blueprints())
    assert best[0].blueprint.model in {"P1", "P2"}
    assert best[0].lacks == ()
    assert [one.fit for one in best] == sorted((one.fit for one in best), reverse=True)
    assert all(0 <= one.fit <= 100 for one in best)


def test_what_a_document_says_in_one_language_is_said_in_the_shops_and_days_begin_at_ten_where_it_is():
    part = {
        "badge": {"$said": {"en": "Regular", "sv": "Stammis"}},
        "opens_at": [{"$day": 0}, {"$day": 200}],
        "name": {"en": "stays", "sv": "som det är"},
    }
    at = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)  # the third already in Stockholm
    said = for_shop(part, currency="SEK", language="sv", zone=ZoneInfo("Europe/Stockholm"), at=at)
    assert said == {
        "badge": "Stammis",
        "opens_at": ["2026-03-03T10:00:00+01:00", "2026-09-19T10:00:00+02:00"],
        "name": {"en": "stays", "sv": "som det är"},
    }
    assert for_shop(part, currency="SEK", language="fi", zone=ZoneInfo("UTC"), at=at)["badge"] == "Regular"
