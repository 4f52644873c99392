"""The dashboard in a real browser: signing in with a code from the mail, and the day's work. Every page of it is looked
at by `tests/web/test_every_page_browser.py`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core import mail
from playwright.sync_api import Browser, BrowserContext, Page, expect

from loyalty.core import clock, ids
from loyalty.core.tenancy.scope import acting_for
from rewards.operations.redemption import redeem_reward
from tests.cast import MARA, buy, days, shop
from tests.web.office.conftest import Luna, built

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(autouse=True)
def _own_cache(settings) -> None:
    """How many codes one address may ask for in a minute is counted in the cache: every test starts at none."""
    backend = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": ids.new().hex}}


@dataclass
class Watched:
    """A browser window and everything it complained about."""

    context: BrowserContext
    page: Page
    home: str
    complaints: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Note what the policy blocked, what failed, and what was asked of other hosts."""
        self.page.on("console", lambda message: self._note(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("request", lambda request: self._request(request.url))

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and "422" not in text:  # a form that comes back is no fault
            self.complaints.append(f"{kind}: {text}")

    def _request(self, url: str) -> None:
        if not url.startswith((self.home, "data:")):
            self.complaints.append(f"elsewhere: {url}")

    def go(self, path: str) -> None:
        """Open an address of the site."""
        self.page.goto(f"{self.home}{path}")

    def menu(self, name: str) -> None:
        """Follow an entry of the dashboard's menu."""
        self.page.get_by_role("navigation", name="Dashboard").get_by_role("link", name=name).click()

    def sign_in(self, email: str) -> None:
        """By the code that comes by mail; no password anywhere."""
        self.go("/")
        self.page.get_by_role("link", name="Sign in to your shop").click()
        self.page.get_by_label("E-mail").fill(email)
        mail.outbox.clear()
        self.page.get_by_role("button", name="Send me a code").click()
        code_box = self.page.locator("[name=code]")
        expect(code_box).to_be_visible()
        (sent,) = mail.outbox
        code_box.fill(re.search(r"^\s*([A-Z0-9]{4}-?[A-Z0-9]{4}|\d{6})\s*$", str(sent.body), re.M)[1])
        self.page.get_by_role("button", name="Continue").click()


@pytest.fixture
def open_shop(transactional_db: None) -> Luna:
    """Café Luna, committed, with a little of everything."""
    luna = built(shop(language="en"), MARA, "")
    now = clock.now()
    with acting_for(luna.merchant, by=MARA):
        for number in range(3):
            buy(luna.ana, 40 + number, at=now - days(number), location="main", channel="pos")
        buy(None, 25, at=now)
        redeem_reward(member=luna.ana.pk, reward=luna.reward.pk, key="k", at=now)
    return luna


@pytest.fixture
def window(chromium: Browser, live_server, open_shop: Luna) -> Iterator[Watched]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    watched = Watched(context, context.new_page(), live_server.url)
    watched.listen()
    yield watched
    context.close()


def test_a_day_at_the_office(window: Watched, open_shop: Luna):
    page = window.page
    window.sign_in("owner@luna.example")
    expect(page).to_have_url(window.home + open_shop.url())
    expect(page.get_by_text("Both sides agree")).to_be_visible()

    window.menu("Members")
    page.get_by_placeholder("Name, e-mail, phone or card").press_sequentially("alm")
    expect(page.get_by_role("link", name="Ben Berg")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"q=alm"))
    page.get_by_role("link", name="Ana Alm").click()

    before = open_shop.points(open_shop.ana)
    page.get_by_role("link", name="Adjust points").click()
    dialog = page.get_by_role("dialog", name="Adjust points")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_be_focused()
    dialog.get_by_label("How many").fill("100")
    expect(dialog.get_by_text(f"{before + 100} points")).to_be_visible()
    dialog.get_by_label("Reason").fill("Sorry for the wait")
    dialog.get_by_role("button", name="Save").dblclick()
    expect(page.get_by_text("100 points given: Sorry for the wait")).to_have_count(1)
    assert open_shop.points(open_shop.ana) == before + 100
    page.get_by_text("Why?").first.click()

    window.menu("Programme")
    page.get_by_role("link", name="Change the rules").click()
    page.get_by_label("Points", exact=True).fill("3")
    expect(page.get_by_text("3 points for every SEK 1.00 spent.")).to_be_visible()
    expect(page.get_by_text("Unsaved changes")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    page.get_by_label("What is new, in your words").fill("Three for the autumn")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Version 2 counts from now on.")).to_be_visible()
    page.get_by_role("link", name="All versions").click()
    expect(page.get_by_text("Three for the autumn")).to_be_visible()
    assert window.complaints == []


def test_unsaved_changes_are_not_lost_by_leaving(window: Watched, open_shop: Luna):
    window.sign_in("owner@luna.example")
    window.go(open_shop.url("programme/rule/"))
    window.page.get_by_label("Points", exact=True).fill("5")
    asked: list[str] = []
    window.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    window.menu("Orders")
    assert asked == ["beforeunload"]
    expect(window.page.get_by_label("Points", exact=True)).to_have_value("5")


def test_everything_works_without_scripts(chromium: Browser, live_server, open_shop: Luna):
    context = chromium.new_context(java_script_enabled=False)
    window = Watched(context, context.new_page(), live_server.url)
    window.sign_in("owner@luna.example")
    window.menu("Members")
    window.page.get_by_placeholder("Name, e-mail, phone or card").fill("alm")
    window.page.get_by_role("button", name="Find").click()
    window.page.get_by_role("link", name="Ana Alm").click()
    window.page.get_by_role("link", name="Adjust points").click()
    window.page.get_by_label("How many").fill("7")
    window.page.get_by_label("Reason").fill("By hand")
    before = open_shop.points(open_shop.ana)
    window.page.get_by_role("button", name="Save").click()
    expect(window.page.get_by_text("7 points given: By hand")).to_be_visible()
    assert open_shop.points(open_shop.ana) == before + 7
    context.close()


def test_the_watch_sees_what_it_is_for(window: Watched, open_shop: Luna):
    window.sign_in("owner@luna.example")
    window.page.evaluate("""() => {
        document.querySelector("main").insertAdjacentHTML("beforeend", '<p style="color: red">x</p><img src="/x.svg">');
    }""")
    window.page.wait_for_load_state("networkidle")
    faults = {fault["id"] for fault in Axe().run(window.page).response["violations"]}
    assert "image-alt" in faults
    assert any("Content Security Policy" in complaint for complaint in window.complaints)
