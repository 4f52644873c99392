"""The demo's web shop on a server of its own, another site to the browser than ours: from the shelf to the checkout with
a reward's code, and the points of the order in the panel."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import include, path
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from loyalty.demo.shops import DEMO, GROCERY
from loyalty.urls import urlpatterns
from members.models import Order
from members.operations.membership import join
from members.queries.directory import by_identity
from rewards.models import Voucher
from rewards.operations.catalogue import create_reward
from tests.cast import AT, ONE_POINT_PER_KRONA, publish, shop
from tests.web.widget.conftest import WELCOME
from tests.web.widget.hostpage import HostPage
from tests.web.widget.visiting import SHIFTS, Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def grocery(transactional_db: None, live_server: Any, settings: Any) -> Merchant:
    """Harvest Market as the demo has it open, with one member, Maya."""
    settings.DEMO, settings.SITE_URL = True, live_server.url
    settings.ROOT_URLCONF = (path("demo/", include("loyalty.demo.urls")), *urlpatterns)
    merchant = shop(GROCERY, name="Harvest Market", currency="USD", country="US", language="en")
    with acting_for(merchant, by=DEMO):
        publish(ONE_POINT_PER_KRONA, WELCOME)
        details = {"kind": "money_off", "name": {"en": "$5 off"}, "cost_points": 250, "value": 500,
                   "unit_cost_minor": 500}  # fmt: skip
        create_reward(at=AT, details=details)
        join(at=AT, identities={"external": "maya"}, details={"given_name": "Maya"})
    return merchant


@pytest.fixture
def site(grocery: Merchant) -> Iterator[str]:
    """The web shop's own origin: another address of this machine, another port, another process's look."""
    server = LiveServer("127.0.0.1")
    yield server.url
    server.stop()


@pytest.fixture
def visit(chromium: Browser, live_server: Any, site: str) -> Iterator[Visit]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script(SHIFTS)
    found = Visit(context, context.new_page(), HostPage(live_server.url, url=site))
    yield found
    context.close()


def points(merchant: Merchant, external: str) -> int:
    with acting_for(merchant, by=DEMO):
        return balance(by_identity("external", external).pk).available


def clean(visit: Visit) -> None:
    """The shop has a cookie of its own; ours is asked without any, and nothing was blocked or moved."""
    ours = [one for one in visit.complaints if not one.startswith(f"with a cookie: {visit.host.url}")]
    assert ours == []
    assert {cookie["domain"] for cookie in visit.context.cookies()} <= {"127.0.0.1"}
    assert visit.page.evaluate("window.shifted") == 0


def test_from_the_shelf_to_points_on_the_card(visit: Visit, grocery: Merchant):
    page = visit.page
    page.goto(f"{visit.host.url}/demo/shop/")
    expect(page.locator(".goods__points").first).to_have_text("+4 points")
    page.get_by_role("button", name="Sign in as a new customer").click()
    frame = visit.open()
    frame.get_by_role("button", name="Join, get 50 points").click()
    expect(frame.get_by_role("heading", name="Hello Nora")).to_be_visible()
    assert points(grocery, "web-1001") == 50
    page.keyboard.press("Escape")

    for _turn in range(17):
        page.get_by_role("button", name="Add – Salmon fillet").click()
    page.get_by_role("link", name="Basket").click()
    expect(page.locator(".sum__points")).to_have_text("+254 points")
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(page.get_by_text("You have earned 254 points.")).to_be_visible()
    assert points(grocery, "web-1001") == 304

    page.get_by_role("link", name="Back to the shop").click()
    page.get_by_role("button", name="Add – Ground coffee").click()
    page.get_by_role("link", name="Basket").click()
    frame = visit.open()
    expect(frame.get_by_text("304", exact=True)).to_be_visible()
    frame.get_by_role("link", name=re.compile("^Use")).click()
    frame.get_by_role("button", name="Get my code for 250 points").click()
    expect(frame.locator(".voucher__code")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Discount code")).to_have_value(
        re.compile("[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}")
    )
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("−$5.00")).to_be_visible()
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    with acting_for(grocery, by=DEMO):
        last = Order.objects.order_by("-recorded_at").first()
        assert last is not None and last.discount_minor == 500
        assert Voucher.objects.get().status == "used"
        assert verify() == []
    assert points(grocery, "web-1001") == 304 - 250 + last.points_earned
    clean(visit)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_its_pages_are_accessible_and_fit(visit: Visit, theme: str, width: int):
    page = visit.page
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.goto(f"{visit.host.url}/demo/shop/")
    wrong = visit.weaknesses()
    page.get_by_role("button", name="Add – Apples").click()
    page.get_by_role("link", name="Basket").click()
    wrong += visit.weaknesses()
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert wrong + visit.weaknesses() == [] and wide <= 0
    clean(visit)
