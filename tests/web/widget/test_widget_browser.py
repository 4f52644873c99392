"""The widget in a real browser, on a page of another host whose policy lets in nothing but its script and frame."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from loyalty.core import clock
from loyalty.core.ledger.checks import verify
from loyalty.core.tenancy.scope import acting_for
from members.models import Identity
from rewards.models import Voucher
from rewards.operations.redemption import use_voucher
from tests.cast import MARA, buy, shop
from tests.web.widget.conftest import Widget, opened
from tests.web.widget.hostpage import HostPage, hosting
from tests.web.widget.visiting import SHIFTS, Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def host(live_server) -> Iterator[HostPage]:
    with hosting(HostPage(live_server.url)) as page:
        yield page


@pytest.fixture
def widget(transactional_db: None, host: HostPage) -> Widget:
    """Café Luna's, allowed on the host's page; Ana has 250 beans."""
    found = opened(shop(brand_colour="#b4532a", language="en"), MARA, host.url)
    found.joined("ana", 200)
    return found


@pytest.fixture
def visit(chromium: Browser, host: HostPage, widget: Widget) -> Iterator[Visit]:
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    context.add_init_script(SHIFTS)
    yield Visit(context, context.new_page(), host)
    context.close()


def books_hold(widget: Widget) -> None:
    with acting_for(widget.merchant, by=MARA):
        assert verify() == []


def test_a_guest_joins_with_one_field(visit: Visit, widget: Widget):
    visit.go()
    frame = visit.open()
    expect(frame.get_by_role("heading", name="Join and get 50 beans")).to_be_visible()
    frame.get_by_label("E-mail or phone number").fill("nobody")
    frame.get_by_role("button", name="Join, get 50 beans").click()
    expect(frame.get_by_label("E-mail or phone number")).to_have_attribute("aria-invalid", "true")
    frame.get_by_label("E-mail or phone number").fill("eve@example.com")
    frame.get_by_role("button", name="Join, get 50 beans").dblclick()
    expect(frame.get_by_text("50 beans are on it already.")).to_be_visible()
    with visit.context.expect_page() as opening:
        frame.get_by_role("link", name="Open my card").click()
    opening.value.close()
    with acting_for(widget.merchant, by=MARA):
        assert Identity.objects.filter(kind="email", value="eve@example.com").count() == 1
    visit.complaints[:] = [one for one in visit.complaints if "with a cookie" not in one]
    assert visit.complaints == [] and visit.page.evaluate("window.shifted") == 0


def test_a_member_takes_a_reward_to_the_checkout(visit: Visit, widget: Widget, host: HostPage):
    host.attributes = {"data-token": widget.token("ana")}
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.go()
    expect(visit.launcher).to_have_attribute("aria-label", re.compile(r"Rewards: 250\sbeans"))
    frame = visit.open()
    expect(frame.get_by_text("Hello Ana")).to_be_visible()
    frame.get_by_role("link", name="Use 50 off").click()
    frame.get_by_role("button", name="Get my code for 100 beans").dblclick()
    code = frame.locator(".voucher__code")
    expect(code).to_be_visible()
    shown = code.inner_text()
    expect(frame.get_by_role("button", name="Copied")).to_be_visible()
    assert visit.page.evaluate("window.codes") == [shown], "the shop's own script is told"
    (taken,) = widget.taken("ana")
    assert widget.points("ana") == 150
    with acting_for(widget.merchant, by=MARA):
        assert Voucher.objects.get(redemption=taken).code == shown.replace("-", "")
        use_voucher(code=shown, at=clock.now())
    frame.get_by_role("link", name="Back").click()
    expect(frame.get_by_text("150", exact=True)).to_be_visible()
    frame.get_by_role("link", name="My codes").click()
    expect(frame.get_by_text("No codes yet")).to_be_visible()
    visit.is_clean()
    books_hold(widget)


def test_somebody_signed_in_to_the_shop_joins_with_one_press(visit: Visit, widget: Widget, host: HostPage):
    host.attributes = {"data-token-url": "/loyalty-token"}
    host.tokens = [widget.token("nora", given_name="Nora")]
    visit.go()
    frame = visit.open()
    frame.get_by_role("button", name="Join, get 50 beans").click()
    expect(frame.get_by_text("Hello Nora")).to_be_visible()
    assert widget.points("nora") == 50
    visit.is_clean()


def test_a_guests_form_cannot_be_sent_by_somebody_who_is_about_to_be_known(
    visit: Visit, widget: Widget, host: HostPage
):
    host.attributes = {"data-token-url": "/loyalty-token"}
    host.tokens = [widget.token("nora", given_name="Nora")]
    sent: list[str] = []
    visit.page.on("request", lambda one: sent.append(one.url) if one.url.endswith("/join/") else None)
    held: list[Any] = []
    visit.page.route(re.compile(r"/w/luna/home/$"), lambda route: held.append(route))
    visit.go()
    frame = visit.open()
    join, field = (
        frame.get_by_role("button", name="Join, get 50 beans"),
        frame.get_by_label("E-mail or phone"),
    )
    field.evaluate("one => { one.value = 'eve@example.com'; }")
    while not held:
        visit.page.wait_for_timeout(50)
    join.click(force=True)
    visit.page.wait_for_timeout(300)
    assert sent == []
    held[0].continue_()
    expect(field).to_have_count(0)
    join.click()
    expect(frame.get_by_text("Hello Nora")).to_be_visible()
    assert len(sent) == 1 and widget.points("nora") == 50
    visit.is_clean()


def test_a_guest_goes_on_while_the_page_is_silent_and_is_known_once_it_speaks(
    visit: Visit, widget: Widget, host: HostPage
):
    host.attributes, host.tokens = {"data-token-url": "/loyalty-token"}, [widget.token("ana")]
    host.ready.clear()
    visit.go()
    frame = visit.open()
    field = frame.get_by_label("E-mail or phone number")
    expect(frame.locator("#panel")).not_to_have_attribute("inert", "", timeout=20_000)
    field.fill("nobody")
    frame.get_by_role("button", name="Join, get 50 beans").click()
    expect(field).to_have_attribute("aria-invalid", "true")
    host.ready.set()
    expect(frame.get_by_text("Hello Ana")).to_be_visible()
    visit.is_clean()


def test_a_token_that_is_over_is_replaced_without_a_word(visit: Visit, widget: Widget, host: HostPage):
    now = int(clock.now().timestamp())
    host.attributes = {
        "data-token": widget.token("ana", iat=now - 300, exp=now - 1),
        "data-token-url": "/loyalty-token",
    }
    host.tokens = [widget.token("ana")]
    visit.go()
    frame = visit.open()
    expect(frame.get_by_text("Hello Ana")).to_be_visible()
    assert host.asked == 1
    visit.is_clean()


def test_a_token_that_proves_nothing_leaves_a_guest_and_tells_the_shops_developer(
    visit: Visit, widget: Widget, host: HostPage
):
    host.attributes = {"data-token": widget.token("ana", secret="lws_somebody-elses")}
    visit.go()
    frame = visit.open()
    expect(frame.get_by_role("button", name="Join, get 50 beans")).to_be_visible()
    assert visit.complaints == ["warning: Loyalty: the token was refused (signature)."]


def test_the_page_says_what_a_product_and_the_basket_earn(visit: Visit, widget: Widget):
    visit.go()
    expect(visit.page.locator("#beans")).to_have_text("+184 beans")
    visit.page.evaluate('loyalty.basket({ lines: [{ sku: "beans", amount: "369.00", quantity: "2" }] })')
    expect(visit.page.locator("#basket")).to_have_text("+369 beans")
    expect(visit.page.locator("loyalty-widget .bubble")).to_have_text("+369 beans")
    frame = visit.open()
    expect(frame.get_by_text("This basket brings +369 beans")).to_be_visible()
    expect(visit.page.locator("loyalty-widget .bubble")).to_have_count(0)
    visit.page.evaluate("loyalty.basket(null)")
    expect(visit.page.locator("#basket")).to_have_text("")
    visit.is_clean()


def test_what_was_bought_meanwhile_shows_when_it_is_opened_again(
    visit: Visit, widget: Widget, host: HostPage
):
    host.attributes = {"data-token": widget.token("ana")}
    visit.go()
    frame = visit.open()
    expect(frame.get_by_text("250", exact=True)).to_be_visible()
    visit.page.keyboard.press("Escape")
    with acting_for(widget.merchant, by=MARA):
        buy(widget.member("ana"), 30, at=clock.now())
    visit.open()
    expect(frame.get_by_text("280", exact=True)).to_be_visible()


def test_it_is_used_with_keys_alone(visit: Visit, widget: Widget, host: HostPage):
    host.attributes = {"data-token": widget.token("ana")}
    visit.go()
    page = visit.page
    page.locator("#last").focus()
    page.keyboard.press("Tab")
    expect(visit.launcher).to_be_focused()
    page.keyboard.press("Enter")
    expect(visit.launcher).to_have_attribute("aria-expanded", "true")
    frame = visit.frame
    expect(frame.get_by_role("heading", name="Hello Ana")).to_be_focused()
    page.keyboard.press("Tab")
    seen = []
    for _turn in range(40):
        focused = frame.locator(":focus")
        expect(focused).to_have_count(1)
        seen.append(focused.evaluate("one => one.outerHTML.slice(0, 90)"))
        page.keyboard.press("Tab")
    assert len(set(seen)) < len(seen) / 2, "it goes round inside"
    assert any('id="close"' in one for one in seen)
    first = frame.locator("#close")
    first.focus()
    page.keyboard.press("Shift+Tab")
    expect(frame.get_by_role("link", name="Open my card")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("loyalty-widget .panel")).to_be_hidden()
    expect(visit.launcher).to_be_focused()
    expect(visit.launcher).to_have_attribute("aria-expanded", "false")
    visit.is_clean()


def test_a_site_that_is_not_allowed_shows_nothing(visit: Visit, widget: Widget, host: HostPage):
    """The script stays away; whoever frames the page all the same is stopped by the browser."""
    other = HostPage(host.home)
    with hosting(other):
        visit.host = other
        visit.page.goto(other.url + "/")
        expect(visit.page.get_by_role("heading", name="A shop")).to_be_visible()
        assert visit.page.locator("loyalty-widget").count() == 0
        assert visit.complaints == [
            f"warning: Loyalty: {other.url} is not among the sites that may show this widget."
        ]
        visit.page.evaluate(
            "url => { const made = document.createElement('iframe'); made.src = url; document.body.append(made); }",
            host.home + widget.url(),
        )
        visit.page.wait_for_timeout(600)
        assert any("frame-ancestors" in one or "refused to connect" in one for one in visit.complaints)


def test_a_page_that_is_not_the_shops_own_is_not_listened_to(visit: Visit, widget: Widget, host: HostPage):
    """Another site opens the frame's address itself and says hello with a good token: it learns nothing."""
    host.attributes = {"data-token": widget.token("ana")}
    visit.page.goto(host.home + widget.url())
    heard = "window.heard = []; window.addEventListener('message', (event) => window.heard.push(event.data));"
    visit.page.evaluate(heard + "0")
    visit.page.evaluate(
        "token => window.postMessage({loyalty: 1, do: 'hello', token}, location.origin)", widget.token("ana")
    )
    visit.page.wait_for_timeout(400)
    expect(visit.page.get_by_role("button", name="Join, get 50 beans")).to_be_visible()
    expect(visit.page.get_by_text("Hello Ana")).to_have_count(0)


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(320, 568), (390, 844), (1440, 900)])
def test_every_part_is_accessible_and_fits(
    chromium: Browser, host: HostPage, widget: Widget, theme: str, width: int, height: int
):
    host.attributes = {"data-token": widget.token("ana")}
    context = chromium.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme, reduced_motion="reduce"
    )
    context.add_init_script(SHIFTS)
    visit, wrong = Visit(context, context.new_page(), host), []
    visit.go()
    assert visit.weaknesses() == []
    frame = visit.open()

    expect(frame.get_by_text("Hello Ana")).to_be_visible()
    wrong += visit.flaws("home")
    frame.get_by_role("link", name="All rewards").click()
    expect(frame.get_by_role("heading", name="Rewards", exact=True)).to_be_visible()
    wrong += visit.flaws("rewards")
    frame.get_by_role("link", name="Use 50 off").click()
    look_for = frame.get_by_role("button", name="Get my code for 100 beans")
    expect(look_for).to_be_visible()
    wrong += visit.flaws("reward")
    look_for.click()
    expect(frame.locator(".voucher__code")).to_be_visible()
    wrong += visit.flaws("taken")
    for link, heading in (
        ("My codes", "My codes"),
        ("Ways to earn", "Ways to earn"),
        ("Invite a friend", "Invite a friend"),
    ):
        frame.get_by_role("link", name="Back").click()
        frame.get_by_role("link", name=link).click()
        expect(frame.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        wrong += visit.flaws(link)
    frame.get_by_role("button", name="Get my link").click()
    expect(frame.get_by_role("button", name="Copy the link")).to_be_visible()
    wrong += visit.flaws("link")
    visit.page.goto(host.home + widget.url("?lang=en"))
    wrong += [f"guest: {one}" for one in visit.weaknesses()]
    context.close()
    assert wrong == []
    assert visit.complaints == []


@pytest.mark.parametrize(
    ("language", "button"), [("sv", "Belöningar"), ("nb", "Belønninger"), ("nl", "Beloningen")]
)
def test_it_speaks_the_pages_language(
    visit: Visit, widget: Widget, host: HostPage, language: str, button: str
):
    host.lang, host.attributes = language, {"data-token": widget.token("ana")}
    visit.go()
    expect(visit.launcher).to_contain_text(button)
    expect(visit.open().get_by_role("heading", name="Ana")).to_be_visible()
    visit.is_clean()
