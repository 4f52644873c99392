"""From an empty server to a live programme in a real browser: the one-time link, the code from the mail, six
questions, a test shop, the checklist, and going live; and every page of it looked at in both themes on a phone and on
a desk.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core import mail
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from loyalty.core import clock, ids
from loyalty.core.merchants.models import Merchant
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy.scope import acting_for
from loyalty.setup.announcing import address_of
from loyalty.setup.answers import STEPS
from loyalty.setup.operations import make_first_link
from tests.cast import MARA
from tests.web.office.test_browser import Watched

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OWNER = "mara@luna.example"
CODE = re.compile(r"^\s*([A-Z0-9]{4}-?[A-Z0-9]{4}|\d{6})\s*$", re.M)


@pytest.fixture(autouse=True)
def _own_cache(settings: Any, live_server: Any) -> None:
    """Codes are counted in the cache: every test starts at none. Links lead to the server that is running."""
    backend = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": ids.new().hex}}
    settings.SITE_URL = live_server.url


@pytest.fixture
def window(chromium: Browser, live_server: Any, transactional_db: None) -> Iterator[Watched]:
    context = chromium.new_context(
        viewport={"width": 1440, "height": 900}, locale="en-SE", timezone_id="Europe/Stockholm"
    )
    watched = Watched(context, context.new_page(), live_server.url)
    watched.listen()
    yield watched
    context.close()


def becomes_owner(window: Watched) -> None:
    """Follow the link of the empty server, and sign in by the code that comes by mail."""
    page = window.page
    page.goto(address_of(make_first_link(at=clock.now())))
    page.get_by_label("Your e-mail").fill(OWNER)
    page.get_by_role("button", name="Create the owner").click()
    page.get_by_label("E-mail").fill(OWNER)
    mail.outbox.clear()
    page.get_by_role("button", name="Send me a code").click()
    code_box = page.locator("[name=code]")
    expect(code_box).to_be_visible()
    found = CODE.search(str(mail.outbox[0].body))
    assert found
    code_box.fill(found[1])
    page.get_by_role("button", name="Continue").click()


def answers(page: Page, *, name: str = "Café Luna") -> None:
    """Six questions, the fast way."""
    page.get_by_text("People come back sooner").first.click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Purchases in a month").fill("400")
    page.get_by_label("A usual purchase").fill("85")
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("Simple points", exact=True).first.click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Name of the shop").fill(name)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("A poster or a card on the counter").check()
    page.get_by_role("button", name="Open my test shop").click()


def answers_slowly(page: Page) -> None:
    """The same questions by somebody who watches what the page makes of each answer."""
    page.get_by_text("People come back sooner").first.click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Country")).to_have_value("SE")
    page.get_by_label("Purchases in a month").fill("400")
    page.get_by_label("A usual purchase").fill("85")
    expect(page.get_by_text("a month, if each of your 400 purchases")).to_be_visible()
    page.get_by_role("button", name="Continue").click()

    page.get_by_text("Simple points", exact=True).first.click()
    expect(page.locator("#preview").get_by_role("heading", name="Simple points")).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Gives back 1.7%")).to_be_visible()
    page.get_by_label("Points", exact=True).fill("4")
    expect(page.get_by_text("Gives back 6.8%")).to_be_visible()
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_label("Time zone")).to_have_value("Europe/Stockholm")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_label("Name of the shop").fill("Café Luna")
    page.get_by_label("Name of the programme").fill("The Moon Club")
    expect(page.locator("#phone").get_by_text("The Moon Club")).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("A poster or a card on the counter").check()


def test_from_an_empty_server_to_a_live_programme(window: Watched):
    page = window.page
    window.go("/")
    expect(page.get_by_role("heading", name="This server has no owner yet")).to_be_visible()
    becomes_owner(window)
    expect(page.get_by_role("heading", name="What should your programme do for you?")).to_be_visible()
    answers_slowly(page)
    page.get_by_role("button", name="Open my test shop").dblclick()
    expect(page).to_have_url(f"{window.home}/m/cafe-luna-test/")
    expect(page.get_by_text("Next: Try it as a member")).to_be_visible()
    expect(page.locator(".progress__head").get_by_text("0 of 7 done")).to_be_visible()

    page.get_by_role("link", name="All steps").click()
    page.get_by_role("button", name=re.compile("Tick off.*Print a poster")).click()
    expect(page.locator(".progress__head").get_by_text("1 of 7 done")).to_be_visible()
    page.get_by_role("link", name=re.compile("Do it .* Go live")).click()
    expect(page.get_by_text("The Moon Club")).to_be_visible()
    page.get_by_role("button", name="Go live").dblclick()
    expect(page).to_have_url(f"{window.home}/m/cafe-luna/")
    expect(page.get_by_text("“Café Luna” is live.")).to_be_visible()

    window.go("/cafe-luna/")
    expect(page.get_by_role("button", name="Get my card")).to_be_visible()
    assert Merchant.objects.count() == 2
    with acting_for(Merchant.objects.get(slug="cafe-luna"), by=MARA):
        assert programmes.history().count() == 1
    assert window.complaints == []


def test_all_of_it_works_without_scripts(chromium: Browser, live_server: Any, transactional_db: None):
    context = chromium.new_context(java_script_enabled=False, locale="en-SE")
    window = Watched(context, context.new_page(), live_server.url)
    becomes_owner(window)
    answers(window.page)
    expect(window.page).to_have_url(f"{window.home}/m/cafe-luna-test/")
    window.page.get_by_role("link", name="Go live").first.click()
    window.page.get_by_role("button", name="Go live").click()
    expect(window.page).to_have_url(f"{window.home}/m/cafe-luna/")
    context.close()


def looked_at(window: Watched, axe: Axe, url: str) -> list[str]:
    """What is wrong with a page: too wide, or not for everybody."""
    window.page.goto(url if url.startswith("http") else f"{window.home}{url}")
    window.page.wait_for_load_state("networkidle")
    wide = window.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    wrong = [f"{url}: {wide} px too wide"] if wide > 0 else []
    for fault in axe.run(window.page).response["violations"]:
        wrong += [f"{url}: {fault['id']}: {node['html'][:160]}" for node in fault["nodes"]]
    return wrong


@pytest.mark.slow
@pytest.mark.parametrize(("theme", "width"), [("dark", 390), ("light", 1440)])
def test_every_page_is_clean(window: Watched, theme: str, width: int):
    window.page.set_viewport_size({"width": width, "height": 900})
    window.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    axe = Axe()
    wrong = looked_at(window, axe, "/")
    wrong += looked_at(window, axe, address_of(make_first_link(at=clock.now())))
    becomes_owner(window)
    for step in STEPS:
        wrong += looked_at(window, axe, reverse(f"start_{step}"))
    window.go(reverse("start"))
    answers(window.page)
    expect(window.page).to_have_url(re.compile("cafe-luna-test"))
    test = "/m/cafe-luna-test/"
    for url in (test, f"{test}setup/", f"{test}live/", "/?choose"):
        wrong += looked_at(window, axe, url)
    assert wrong == []
    assert window.complaints == []
