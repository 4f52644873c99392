"""The programme in a real browser: a tier is changed with its impact in sight, published and rolled back."""

import re

import pytest
from playwright.sync_api import expect

from loyalty.core import clock
from loyalty.core.tenancy.scope import acting_for
from members.models import TierStanding
from members.operations import tier_publishing
from members.operations.products import write_products
from members.rules.products import ProductChange
from tests.cast import MARA
from tests.web.office.conftest import Luna
from tests.web.office.test_browser import Watched, _own_cache, open_shop, window  # noqa: F401 - fixtures

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def reviewed(luna: Luna) -> list[str]:
    """Carry out what a publication started; everybody's tiers."""
    with acting_for(luna.merchant, by=MARA):
        tier_publishing.review_published(at=clock.now())
        return list(TierStanding.objects.order_by("member").values_list("tier", flat=True))


def published(window: Watched, note: str) -> None:  # noqa: F811 - a fixture's name
    page = window.page
    page.get_by_label("What is new, in your words").fill(note)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text(re.compile(r"Version \d counts from now on"))).to_be_visible()


def test_a_tier_is_edited_with_its_impact_published_and_rolled_back(window: Watched, open_shop: Luna):  # noqa: F811
    page = window.page
    window.sign_in("owner@luna.example")
    window.go(open_shop.url("programme/tiers/"))
    page.get_by_role("link", name="Add a tier").first.click()
    page.get_by_label("Name").first.fill("Silver")
    page.get_by_label("Reached with").fill("100")
    page.get_by_role("button", name="Perk").click()
    page.get_by_label("What it is").select_option("early_access")
    page.get_by_label("Hours before everybody else").fill("24")
    expect(page.locator("#preview")).to_contain_text("Access 24 hours before everybody else")
    page.get_by_role("button", name="Save as a draft").click()
    page.get_by_role("link", name="Review and publish").click()
    expect(page.locator("#impact")).to_contain_text("1 would move up")
    published(window, "Tiers")
    assert reviewed(open_shop) == ["silver"]

    window.go(open_shop.url("programme/tiers/ladder/silver/"))
    page.get_by_label("Reached with").fill("9000")
    page.get_by_role("button", name="Save", exact=True).last.click()
    page.get_by_role("link", name="Review and publish").click()
    expect(page.locator("#impact")).to_contain_text("1 would no longer reach their tier")
    page.get_by_role("link", name="See who").click()
    expect(page.get_by_role("link", name="Ana Alm")).to_be_visible()
    window.go(open_shop.url("programme/draft/"))
    page.get_by_label("Move down at once").check()
    published(window, "Dearer")
    assert reviewed(open_shop) == []

    window.go(open_shop.url("programme/history/2/"))
    page.get_by_role("link", name="Go back to this").click()
    expect(page.locator("#impact")).to_contain_text("1 would move up")
    page.get_by_role("button", name="Let version 2 count again").click()
    expect(page.get_by_text("Version 4 says what version 2 said")).to_be_visible()
    assert reviewed(open_shop) == ["silver"]
    assert window.complaints == []


def test_names_of_products_are_offered_one_after_the_other(window: Watched, open_shop: Luna):  # noqa: F811
    with acting_for(open_shop.merchant, by=MARA):
        sold = [ProductChange(name, name=name, category=name.title()) for name in ("buns", "tea")]
        write_products(products=sold, at=clock.now())
    window.sign_in("owner@luna.example")
    window.go(open_shop.url("programme/earning/rules/new/?type=fixed"))
    offered = (
        "typed => { const field = document.querySelector('[data-names]'); field.value = typed;"
        " field.dispatchEvent(new Event('input', { bubbles: true })); return [...field.list.options].map(one => one.value); }"
    )
    assert window.page.evaluate(offered, "") == ["Buns", "Tea"]
    assert window.page.evaluate(offered, "Buns, t") == ["Buns, Buns", "Buns, Tea"]
    assert window.page.evaluate(offered, "B") == ["Buns", "Tea"]
    assert window.complaints == []
