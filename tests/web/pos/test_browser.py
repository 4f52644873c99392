"""The till in a real browser: a cashier's day with twenty customers and a connection that drops, and every page looked
at in both themes at 390, 768 and 1440 pixels."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from members.models import Member
from tests.cast import shop
from tests.web.pos.conftest import PINS, Counter, opened

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# A form that comes back is no fault, and a connection that was cut on purpose is reported by the browser itself.
EXPECTED = re.compile(r"\b(422|404)\b|ERR_INTERNET_DISCONNECTED|ERR_FAILED|network error response|sendError")
SMALLEST_TARGET = 56


@dataclass
class Tablet:
    """A browser window at the counter and everything it complained about."""

    context: BrowserContext
    page: Page
    home: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(10_000)
        self.page.on("console", lambda message: self._note(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("request", lambda request: self._request(request.url))

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not EXPECTED.search(text):
            self.complaints.append(f"{kind}: {text}")

    def _request(self, url: str) -> None:
        if not url.startswith((self.home, "data:", "blob:")):
            self.complaints.append(f"elsewhere: {url}")

    def go(self, path: str) -> None:
        """Open an address of the site."""
        self.page.goto(f"{self.home}{path}")

    def starts(self, counter: Counter, name: str = "Tom") -> None:
        """Pair the device and unlock it on the keypad."""
        self.go("/pos/")
        self.page.get_by_label("Code", exact=True).fill(counter.code)
        self.page.get_by_role("button", name="Pair").click()
        self.unlocks(name)

    def unlocks(self, name: str) -> None:
        """Choose a name and type the PIN."""
        self.page.get_by_role("radio", name=name).check()
        for digit in PINS[name]:
            self.page.locator(f"[data-digit='{digit}']").click()
        self.page.get_by_role("button", name="Unlock").first.click()
        expect(self.page.get_by_role("heading", name="Ready for the next customer")).to_be_visible()

    def scans(self, code: str) -> None:
        """What a hardware scanner does: it types, wherever the focus is, and ends with Enter."""
        self.page.keyboard.type(code)
        self.page.keyboard.press("Enter")

    def serves(self, card: str, amount: str, expected: str) -> None:
        """Scan, type the sum, see what it gives, and one tap."""
        self.scans(card)
        expect(self.page.get_by_label("Sum of the purchase")).to_be_focused()
        self.page.keyboard.type(amount)
        give = self.page.get_by_role("button", name=f"Give {expected}", exact=True)
        give.click()
        expect(self.page.get_by_role("heading", name=re.compile(f"^{expected} for"))).to_be_visible()

    def goes_on(self) -> None:
        """To the next customer, without waiting for it to happen by itself."""
        self.page.get_by_role("link", name="Next customer").click()
        expect(self.page.get_by_role("heading", name="Ready for the next customer")).to_be_visible()

    def weaknesses(self) -> list[tuple[str, str]]:
        """What axe finds: the rule and the first element that breaks it."""
        found = Axe().run(self.page).response["violations"]
        return [(rule["id"], rule["nodes"][0]["html"][:140]) for rule in found]


@pytest.fixture
def counter(transactional_db: None) -> Counter:
    """Café Luna's, committed."""
    return opened(shop(language="en"))


@pytest.fixture
def tablet(chromium: Browser, live_server, counter: Counter) -> Iterator[Tablet]:
    context = chromium.new_context(viewport={"width": 1180, "height": 820}, has_touch=True)
    yield Tablet(context, context.new_page(), live_server.url)
    context.close()


def test_a_cashiers_day(tablet: Tablet, counter: Counter):
    regulars = _regulars(counter)
    tablet.starts(counter)

    for number, member in enumerate(regulars[:11]):  # 1 to 11: a sum, a tap
        tablet.serves(_card(number), f"{20 + number},00", f"{20 + number} points")
        tablet.goes_on()
        assert counter.points(member) == 20 + number

    _collects_stamps(tablet, counter, regulars[11])  # 12
    _takes_rewards(tablet, counter, regulars[-1])  # 13 to 16
    _joins(tablet)  # 17
    _drops_the_connection(tablet, counter, regulars)  # 18 to 20

    assert len(counter.orders()) == 15
    assert tablet.complaints == []
    counter.agrees()


def _collects_stamps(tablet: Tablet, counter: Counter, member: Member) -> None:
    page = tablet.page
    tablet.scans(_card(11))  # two coffees, two stamps
    page.get_by_label("Sum of the purchase").fill("84")
    page.get_by_role("button", name="One more Coffee").click()
    page.get_by_role("button", name="One more Coffee").click()
    expect(page.locator("#quote")).to_contain_text("2 stamps")
    page.get_by_role("button", name="Give 84 points").click()
    expect(page.get_by_role("list", name="Coffee card")).to_be_visible()
    # It goes on by itself after four seconds, and what was done can still be taken back.
    expect(page.get_by_role("heading", name="Ready for the next customer")).to_be_visible(timeout=8000)
    expect(page.locator("#toasts").get_by_role("button", name="Undo")).to_be_visible()
    assert counter.points(member, "stamps") == 2


def _takes_rewards(tablet: Tablet, counter: Counter, rich: Member) -> None:
    page = tablet.page
    # The wrong card first; the next scan lands in the sum and is understood all the same.
    tablet.scans(_card(0))
    expect(page.get_by_role("heading", name="Reg0")).to_be_visible()
    expect(page.get_by_label("Sum of the purchase")).to_be_focused()
    tablet.scans("RICH2345")  # and takes a coffee
    expect(page.get_by_role("heading", name="Rich R.")).to_be_visible()
    page.locator("summary", has_text="Redeem").click()
    page.get_by_role("button", name="Yes, redeem").dblclick()
    expect(page.get_by_role("heading", name="“Free coffee” for Rich R.")).to_be_visible()
    assert counter.points(rich) == 150
    tablet.goes_on()

    tablet.scans("RICH2345")  # 14: and takes it back, it was for somebody else
    expect(page.get_by_role("heading", name="Rich R.")).to_be_visible()
    expect(page.get_by_label("Sum of the purchase")).to_be_focused()
    last = page.get_by_role("region", name="Last at this till")
    last.get_by_role("button", name="Undo Free coffee Rich R.").click()
    expect(page.get_by_text("Taken back", exact=False).first).to_be_visible()
    assert counter.points(rich) == 250

    _row, code = counter.holds_code(rich)  # 15: shows a code from the portal
    tablet.scans(code)
    page.get_by_role("button", name="Hand it over and use the code").click()
    expect(page.get_by_role("heading", name="“Free coffee” for Rich R.")).to_be_visible()
    tablet.goes_on()
    tablet.scans(code)  # 16: the same code again is refused
    expect(page.get_by_role("heading", name="Nothing was found")).to_be_visible()


def _joins(tablet: Tablet) -> None:
    page = tablet.page
    page.get_by_role("link", name="New member").first.click()
    page.get_by_label("Phone or e-mail", exact=True).fill("070-765 43 21")
    page.get_by_label("First name").fill("Nora")
    page.get_by_role("button", name="Make the card").click()
    expect(page.get_by_text("nobody joins without wanting to").first).to_be_visible()
    page.get_by_label("They want to join").check()
    page.get_by_role("button", name="Make the card").click()
    expect(page.get_by_role("heading", name="Nora")).to_be_visible()
    expect(page.get_by_label("Sum of the purchase")).to_be_focused()
    page.get_by_label("Sum of the purchase").fill("30")
    page.get_by_role("button", name="Give 30 points").click()
    expect(page.get_by_role("heading", name="30 points for Nora")).to_be_visible()
    tablet.goes_on()


def _drops_the_connection(tablet: Tablet, counter: Counter, regulars: list[Member]) -> None:
    """One sale is on its way when the connection goes, two come after it; all arrive exactly once."""
    page, rich = tablet.page, regulars[-1]
    tablet.scans("RICH2345")
    expect(page.get_by_label("Sum of the purchase")).to_be_focused()
    page.keyboard.type("10")
    expect(page.get_by_role("button", name="Give 10 points")).to_be_visible()
    tablet.context.set_offline(True)
    expect(page.get_by_text("No connection", exact=True).first).to_be_visible()
    page.locator("summary", has_text="Redeem").click()
    page.get_by_role("button", name="Yes, redeem").click()
    expect(page.locator("#toasts")).to_contain_text("only the books know")
    page.locator("[data-sale] button[type=submit]").click()
    waiting = page.get_by_role("heading", name="Waiting for the connection")
    expect(waiting).to_contain_text("1")
    for card, amount in ((_card(0), "5"), ("WRONG234", "7")):
        page.get_by_label("Card, phone or e-mail").fill(card)
        page.get_by_label("Sum of the purchase").fill(amount)
        page.get_by_role("button", name="Keep this sale").click()
    expect(waiting).to_contain_text("3")
    before = counter.points(rich), counter.points(regulars[0])
    assert len(counter.orders()) == 13, "nothing has arrived"
    page.reload()  # the device was switched off and on: the shell and what waits are still there
    expect(page.get_by_role("heading", name="Till without a connection")).to_be_attached()
    expect(waiting).to_contain_text("3")
    tablet.context.set_offline(False)
    tablet.go("/pos/")
    expect(waiting).to_contain_text("1", timeout=15_000)
    expect(page.get_by_text("No member has this card")).to_be_visible()
    assert (counter.points(rich), counter.points(regulars[0])) == (before[0] + 10, before[1] + 5)
    page.reload()
    expect(waiting).to_contain_text("1")
    page.get_by_role("button", name="Remove").click()
    expect(waiting).to_be_hidden()


def _card(number: int) -> str:
    return f"CARD{number + 10}AB"


def _regulars(counter: Counter) -> list[Member]:
    """Twelve with nothing yet, and one with 250 points."""
    found = [counter.member(_card(number), given_name=f"Reg{number}") for number in range(12)]
    return [*found, counter.member("RICH2345", points=250, given_name="Rich", family_name="Ray")]


def test_everything_works_without_scripts(chromium: Browser, live_server, counter: Counter):
    ana = counter.member("ANA2345", points=250, given_name="Ana")
    context = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    bare = Tablet(context, context.new_page(), live_server.url)
    bare.go("/pos/")
    bare.page.get_by_label("Code", exact=True).fill(counter.code)
    bare.page.get_by_role("button", name="Pair").click()
    bare.page.get_by_role("radio", name="Tom").check()
    bare.page.get_by_label("PIN", exact=True).fill(PINS["Tom"])
    bare.page.get_by_role("button", name="Unlock").last.click()
    bare.page.get_by_label("Card, code, phone or e-mail").fill("ANA2345")
    bare.page.get_by_role("button", name="Find").click()
    bare.page.get_by_label("Sum of the purchase").fill("20")
    bare.page.get_by_role("button", name="Give", exact=True).click()
    expect(bare.page.get_by_role("heading", name="20 points for Ana")).to_be_visible()
    bare.page.get_by_role("button", name="Undo", exact=True).click()
    assert counter.points(ana) == 250
    context.close()


def test_who_leaves_it_alone_finds_it_locked(tablet: Tablet, counter: Counter):
    tablet.page.clock.install()
    tablet.starts(counter)
    tablet.page.clock.run_for(6 * 60 * 1000)
    expect(tablet.page.get_by_role("heading", name="Who is at the till?")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 768, 1440])
def test_every_page_holds(chromium: Browser, live_server, counter: Counter, theme: str, width: int):
    rich = counter.member("RICH2345", points=250, given_name="Rich", family_name="Ray")
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    window = Tablet(context, context.new_page(), live_server.url)
    page, wrong = window.page, {}

    def look(name: str) -> None:
        sideways = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        small = page.evaluate(
            "least => [...document.querySelectorAll('main button, main a.button, main summary.button, main .input')]"
            ".filter(one => one.checkVisibility() && !one.matches('.toast *, .why *')"
            " && one.getBoundingClientRect().height < least - 0.5).map(one => one.outerHTML.slice(0, 120))",
            SMALLEST_TARGET,
        )
        if sideways > 0 or small or (found := window.weaknesses()):
            wrong[name] = (sideways, small, [] if sideways > 0 or small else found)

    window.go("/pos/")
    look("pair")
    page.get_by_label("Code", exact=True).fill(counter.code)
    page.get_by_role("button", name="Pair").click()
    expect(page.get_by_role("heading", name="Who is at the till?")).to_be_visible()
    look("lock")
    window.unlocks("Tom")
    look("ready")
    window.scans("RICH2345")
    page.get_by_label("Sum of the purchase").fill("184")
    expect(page.get_by_role("button", name="Give 184 points")).to_be_visible()
    look("member")
    page.locator("summary", has_text="Redeem").click()
    look("redeem")
    page.get_by_role("button", name="Give 184 points").click()
    expect(page.get_by_role("heading", name="184 points for Rich R.")).to_be_visible()
    look("done")
    window.go("/pos/join/")
    look("join")
    window.go("/pos/shift/")
    look("shift")
    window.go("/pos/offline/")
    look("offline")
    assert wrong == {}
    assert window.complaints == []
    assert counter.points(rich) == 434
    context.close()
