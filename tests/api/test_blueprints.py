"""Blueprints by API: the best fitting first, read in the shop's currency, opened in the sandbox only."""

import pytest

from loyalty.core.merchants.models import Merchant
from tests.api.caller import Caller, key_for
from tests.cast import shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def sandbox():
    """A caller of a test shop without a programme."""
    return Caller(key_for(Merchant.objects.get(sandbox_of=shop())))


def test_the_best_fitting_comes_first_and_says_why(sandbox):
    found = sandbox.get("blueprints?goals=return&budget=low&effort=low&customers=low").json()["data"]
    assert [one["fit"] for one in found] == sorted((one["fit"] for one in found), reverse=True)
    assert "return" in found[0]["because"]
    assert found[0]["lacks"] == []
    assert set(found[0]["texts"]) == {"en", "sv", "nb", "nl"}


@pytest.mark.parametrize("query", ["goals=fame", "budget=endless", "goals=RETURN", "size=big"])
def test_what_makes_no_sense_is_refused(sandbox, query):
    assert sandbox.get(f"blueprints?{query}").status_code == 400


def test_it_is_read_in_the_shops_currency_and_opened(sandbox):
    read = sandbox.get("blueprints/simple-points").json()
    assert read["programme"]["earning"]["rules"][0]["per_minor"] == 1000
    opened = sandbox.post("blueprints/simple-points/open")
    assert (opened.status_code, opened.json()["made"], opened.json()["number"]) == (200, ["free-drink"], 1)
    assert sandbox.get("programme").json()["document"]["earning"]["rules"][0]["per_minor"] == 1000
    again = sandbox.post("blueprints/simple-points/open")
    assert (again.status_code, again.json()["code"]) == (422, "nothing_changed")


def test_not_in_a_live_shop_and_not_what_is_not_there(sandbox):
    live = Caller(key_for(Merchant.objects.get(sandbox_of=None)))
    refused = live.post("blueprints/simple-points/open")
    assert (refused.status_code, refused.json()["code"]) == (422, "sandbox_only")
    assert live.get("rewards").json()["data"] == []
    assert sandbox.post("blueprints/gold-rush/open").status_code == 404
