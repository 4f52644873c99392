"""The catalogue in a real browser: from nothing to a product that is found as one types, changed and put away."""

import re

import pytest
from playwright.sync_api import expect

from loyalty.core import clock
from loyalty.core.tenancy.scope import acting_for
from members.models import Product
from members.operations.products import write_products
from members.rules.facts import LineKind
from members.rules.products import ProductChange
from members.rules.shopping import NewLine
from tests.cast import MARA, buy, days
from tests.web.office.conftest import Luna
from tests.web.office.test_browser import Watched, _own_cache, open_shop, window  # noqa: F401 - fixtures
from tests.web.office.test_exchange_browser import looked_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def fill(luna: Luna) -> None:
    """A menu of sixty things, one of which was bought lately."""
    now = clock.now()
    with acting_for(luna.merchant, by=MARA):
        menu = [
            ProductChange(
                f"tea-{number:02}", name=f"Tea no. {number}", category="tea", brand="Acme",
                tags=("hot", "vegan"), price_minor=30_00 + number,
            )
            for number in range(60)
        ]  # fmt: skip
        gift = ProductChange("gift", name="Gift card", kind=LineKind.GIFT_CARD)
        coffee = ProductChange(
            "coffee", name="Filter coffee of the house, freshly ground", category="coffee", price_minor=38_00
        )
        write_products(products=[*menu, gift, coffee], at=now - days(2))
        for number in range(3):
            lines = (NewLine("coffee", 76_00, "2"),)
            buy(luna.ana, lines=lines, at=now - days(number), external_id=f"coffee-{number}")


@pytest.mark.slow
def test_a_catalogue_grows_and_is_looked_after(window: Watched, open_shop: Luna):  # noqa: F811
    page = window.page
    window.sign_in("owner@luna.example")
    window.menu("Products")
    expect(page.get_by_role("link", name="Import products")).to_be_visible()
    wrong = looked_at(page)
    page.get_by_role("link", name="Add a product").click()
    wrong += looked_at(page)
    page.get_by_label("Product number").fill("bun")
    page.get_by_label("Name", exact=False).first.fill("Cinnamon bun")
    page.get_by_label("Price").fill("-1")
    page.get_by_role("button", name="Add to the catalogue").click()
    expect(page.locator(".field--bad")).to_have_count(1)
    page.get_by_label("Price").fill("35,50")
    page.get_by_role("button", name="Add to the catalogue").click()
    expect(page.get_by_role("link", name="Cinnamon bun")).to_be_visible()

    fill(open_shop)
    window.go(open_shop.url("products/"))
    wrong += looked_at(page)
    page.get_by_placeholder("Name, number, brand or category").press_sequentially("filter")
    expect(page.get_by_role("link", name="Cinnamon bun")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"q=filter"))
    page.get_by_role("link", name="Filter coffee").click()
    expect(page.get_by_text("coffee-0")).to_be_visible()
    wrong += looked_at(page)
    page.get_by_label("Category").fill("hot drinks")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The product is saved.")).to_be_visible()
    page.get_by_role("button", name="Put away").click()
    expect(page.get_by_text("is put away")).to_be_visible()
    page.get_by_role("link", name="Next page").click()
    expect(page.get_by_role("link", name="First page")).to_be_visible()
    with acting_for(open_shop.merchant, by=MARA):
        row = Product.objects.get(sku="coffee")
    assert (row.category, row.archived_at is not None) == ("hot drinks", True)
    assert wrong == []
    assert window.complaints == []
