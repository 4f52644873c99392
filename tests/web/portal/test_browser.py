"""The portal on a phone, in a real browser: from a poster to a used reward, and every page looked at in both themes
at 390 and 1440 pixels for what the policy blocks, for foreign requests and for accessibility.
"""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect

from loyalty.core import clock
from loyalty.core.tenancy.scope import acting_for
from rewards.operations.redemption import use_voucher
from tests.cast import MARA, days, shop
from tests.web.portal.conftest import Portal, mailed_code, opened

EVE = "eve@example.com"
FIRST_PAGE_AT_MOST = 60_000  # bytes transferred

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


@dataclass
class Phone:
    """A browser window and everything it complained about."""

    context: BrowserContext
    page: Page
    home: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
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

    def weaknesses(self) -> list[tuple[str, str]]:
        """What axe finds: the rule and the first element that breaks it."""
        found = Axe().run(self.page).response["violations"]
        return [(rule["id"], rule["nodes"][0]["html"][:140]) for rule in found]


@pytest.fixture
def luna(transactional_db: None) -> Portal:
    """Café Luna's portal, committed."""
    return opened(shop(brand_colour="#b4532a", language="en"), MARA)


@pytest.fixture
def phone(chromium: Browser, live_server, luna: Portal) -> Iterator[Phone]:
    """390 pixels wide."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    yield Phone(context, context.new_page(), live_server.url)
    context.close()


def test_from_a_poster_to_a_used_reward(phone: Phone, luna: Portal):
    page = phone.page
    phone.go(luna.url("join/"))
    page.get_by_label("E-mail").fill(EVE)
    page.get_by_role("button", name="Get my card").click()
    expect(page).to_have_url(phone.home + luna.url("card/"))
    expect(page.get_by_role("region", name="Your card")).to_contain_text("0")

    luna.earns(EVE, 250)
    page.reload()
    expect(page.get_by_role("region", name="Your card")).to_contain_text("250")
    page.get_by_role("link", name="Use Free coffee").click()
    expect(page.get_by_role("button", name="Use 100 beans")).to_have_count(0)

    phone.go(luna.url("card/"))
    page.get_by_role("link", name="Enter the code").click()
    expect(page.get_by_label("Code", exact=True)).to_be_focused()
    page.get_by_label("Code", exact=True).fill("WRNG-WRNG")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Code", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Code", exact=True).fill(mailed_code(EVE))
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Purchase of SEK 250.00")).to_be_visible()

    page.get_by_role("link", name="Use Free coffee").click()
    page.get_by_role("button", name="Use 100 beans").dblclick()
    expect(page.get_by_role("img", name="Your reward's code")).to_be_visible()
    assert luna.points(EVE) == 150
    (taken,) = luna.taken(EVE)
    shown = page.locator(".qr__code").inner_text()
    with acting_for(luna.merchant, by=MARA):
        use_voucher(code=shown, at=clock.now())
    expect(page.get_by_text("Enjoy!")).to_be_visible(timeout=8000)
    phone.go(luna.url("activity/"))
    expect(page.get_by_role("listitem").filter(has_text="Free coffee")).to_contain_text("−100")
    assert phone.complaints == []
    assert phone.page.url.endswith(luna.url("activity/")) and taken.cost_points == 100


def test_the_first_screen_answers_everything_without_scrolling(phone: Phone, luna: Portal):
    _eve(phone, luna)
    phone.go(luna.url("card/"))
    card = phone.page.get_by_role("region", name="Your card")
    for part in (
        card.get_by_text("250"),
        card.get_by_text("Enough for 1 reward."),
        card.get_by_role("img", name="Your code for the till"),
        phone.page.get_by_text("650 beans to go"),
    ):
        box = part.bounding_box()
        assert box is not None and box["y"] + box["height"] <= 844 - 60, part


def test_the_code_fills_the_screen_on_a_white_plate(phone: Phone, luna: Portal):
    _eve(phone, luna)
    phone.go(luna.url("card/"))
    phone.page.get_by_role("button", name="Show your code large").click()
    dialog = phone.page.get_by_role("dialog", name="Show this at the till")
    expect(dialog).to_be_visible()
    box = dialog.get_by_label("Your code for the till").bounding_box()
    assert box is not None and box["width"] >= 200
    assert phone.weaknesses() == []
    phone.page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()


def test_the_screen_stays_on_while_the_code_is_large(phone: Phone, luna: Portal):
    # The count stands on the page itself: the strict policy lets nobody wait for a script's words to turn true.
    phone.context.add_init_script(
        "const awake = by => { const it = document.documentElement.dataset; it.awake = Number(it.awake || 0) + by; };"
        "navigator.wakeLock.request = async () => { awake(1); return { released: false, release() { awake(-1); } }; };"
    )
    _eve(phone, luna)
    phone.go(luna.url("card/"))
    page = phone.page.locator("html")
    expect(page).not_to_have_attribute("data-awake", re.compile("."))
    phone.page.get_by_role("button", name="Show your code large").click()
    expect(page).to_have_attribute("data-awake", "1")
    phone.page.keyboard.press("Escape")
    expect(page).to_have_attribute("data-awake", "0")


def test_everything_works_without_scripts(chromium: Browser, live_server, luna: Portal):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    bare = Phone(context, context.new_page(), live_server.url)
    _eve(bare, luna)
    bare.go(luna.url("card/"))
    bare.page.get_by_role("link", name="Use Free coffee").click()
    bare.page.get_by_role("button", name="Use 100 beans").click()
    expect(bare.page.get_by_role("img", name="Your reward's code")).to_be_visible()
    context.close()


def test_the_first_page_is_light(phone: Phone, luna: Portal):
    answers: list[Response] = []
    phone.page.on("response", lambda answer: answers.append(answer))
    phone.go(luna.url())
    phone.page.wait_for_load_state("networkidle")
    # Plain files here; the real server sends them as small as this, or smaller.
    sizes = {answer.url: len(gzip.compress(answer.body())) for answer in answers}
    assert len(sizes) > 10
    assert sum(sizes.values()) < FIRST_PAGE_AT_MOST, sizes


def _eve(phone: Phone, luna: Portal) -> None:
    """Eve has proven her address, has 250 beans, and took one coffee before that."""
    luna.at_the_till(EVE, given_name="Eve", family_name="Ek")
    luna.earns(EVE, 250)
    phone.go(luna.url("sign-in/"))
    phone.page.get_by_label("E-mail").fill(EVE)
    phone.page.get_by_role("button", name="Send me a code").click()
    phone.page.get_by_label("Code", exact=True).fill(mailed_code(EVE))
    phone.page.get_by_role("button", name="Continue").click()
    expect(phone.page).to_have_url(phone.home + luna.url("card/"))


PUBLIC = ("", "sign-in/")
MEMBERS = ("card/", "rewards/", "activity/", "profile/", "profile/erase/")


@pytest.mark.parametrize(("theme", "width"), [("dark", 390), ("light", 1440)])
def test_every_page_holds(chromium: Browser, live_server, luna: Portal, theme: str, width: int):
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    window = Phone(context, context.new_page(), live_server.url)
    wrong: dict[str, object] = {}

    def look(name: str) -> None:
        sideways = window.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if sideways > 0 or (found := window.weaknesses()):
            wrong[name] = (sideways, sideways or found)

    for path in PUBLIC:
        window.go(luna.url(path))
        look(path)
    window.page.get_by_label("E-mail").fill("unproven@example.com")
    window.page.get_by_role("button", name="Send me a code").click()
    look("code")
    window.go(luna.url())
    window.page.get_by_label("E-mail").fill("unproven@example.com")
    window.page.get_by_role("button", name="Get my card").click()
    for path in ("card/", "activity/", "profile/", "prove/"):
        window.go(luna.url(path))
        look(f"unproven {path}")
    context.clear_cookies()
    _eve(window, luna)
    luna.earns(EVE, 700, at=clock.now() - days(2))
    for path in (
        *MEMBERS,
        luna.reward_url(luna.coffee)[len(luna.url()) :],
        luna.reward_url(luna.cake)[len(luna.url()) :],
    ):
        window.go(luna.url(path))
        look(path)
    window.go(luna.reward_url(luna.coffee))
    window.page.get_by_role("button", name="Use 100 beans").click()
    expect(window.page.get_by_role("img", name="Your reward's code")).to_be_visible()
    look("a code")
    window.go(luna.url("rewards/"))
    look("rewards with a code")
    assert wrong == {}
    assert window.complaints == []
    context.close()
