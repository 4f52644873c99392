"""Settings in a real browser: a colour seen while it is chosen, a passkey made and used, a search by keys alone, a
poster that is one sheet."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core import mail
from playwright.sync_api import Browser, expect

from tests.web.office.conftest import Luna
from tests.web.office.test_browser import Watched, _own_cache, open_shop  # noqa: F401 - fixtures

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = (
    "settings/", "settings/brand/", "settings/words/", "settings/staff/", "settings/places/", "settings/mail/",
    "settings/privacy/", "settings/privacy/silent/", "search/?q=a", "search/?q=nobody", "print/", "print/?format=card",
    "print/?format=flyer", "components/",
)  # fmt: skip


@pytest.fixture
def window(chromium: Browser, live_server, open_shop: Luna) -> Iterator[Watched]:  # noqa: F811
    """A browser at a name: passkeys do not work at a bare address."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    watched = Watched(context, context.new_page(), live_server.url.replace("127.0.0.1", "localhost"))
    watched.listen()
    yield watched
    context.close()


def test_a_colour_is_seen_while_it_is_chosen(window: Watched, open_shop: Luna):  # noqa: F811
    window.sign_in("owner@luna.example")
    window.go(open_shop.url("settings/brand/"))
    window.page.get_by_label("#c99700").check(force=True)
    expect(window.page.locator("#colours").get_by_text("black: white would be too faint")).to_be_visible()
    window.page.get_by_role("button", name="Save").click()
    expect(window.page.get_by_text("Members see it from their next page on.")).to_be_visible()
    assert window.complaints == []


def test_a_passkey_is_made_and_signs_in(window: Watched, open_shop: Luna):  # noqa: F811
    page = window.page
    keys = window.context.new_cdp_session(page)
    keys.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    keys.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    window.sign_in("owner@luna.example")
    window.go("/accounts/you/")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("Mara’s pocket")
    passwordless = page.get_by_label(re.compile("passwordless|passkey", re.IGNORECASE))
    if passwordless.count():
        passwordless.first.check()
    page.get_by_role("button", name="Add").click()
    page.wait_for_url(lambda url: "add" not in url)
    window.go("/accounts/you/")
    expect(page.get_by_text("Mara’s pocket")).to_be_visible()

    window.context.clear_cookies()
    window.go("/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(window.home + open_shop.url())
    window.go("/accounts/you/")
    expect(page.locator(".sign-in").first.get_by_text("Passkey")).to_be_visible()
    assert window.complaints == []


def test_everything_is_found_without_a_mouse(window: Watched, open_shop: Luna):  # noqa: F811
    window.sign_in("owner@luna.example")
    expect(window.page.get_by_role("heading", name="Overview")).to_be_visible()
    window.page.wait_for_load_state("networkidle")  # the keys are a script's
    window.page.keyboard.press("/")
    expect(window.page.get_by_role("searchbox", name="Search members, rewards and settings")).to_be_focused()
    window.page.keyboard.type("ana")
    window.page.keyboard.press("Enter")
    expect(window.page.locator("#find")).to_be_focused()
    window.page.keyboard.press("ArrowDown")
    expect(window.page.get_by_role("link", name=re.compile("Ana Alm"))).to_be_focused()
    window.page.keyboard.press("Enter")
    expect(window.page.get_by_role("heading", name="Ana Alm")).to_be_visible()
    assert window.complaints == []


@pytest.mark.parametrize("kind", ["poster", "small", "card", "flyer"])
def test_what_is_printed_is_one_sheet(window: Watched, open_shop: Luna, kind: str):  # noqa: F811
    window.sign_in("owner@luna.example")
    window.go(open_shop.url(f"print/?format={kind}"))
    pdf = window.page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    width = float(re.search(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)", pdf)[1])
    assert round(width) == (420 if kind == "small" else 595)  # points: A5 and A4


@pytest.mark.slow
@pytest.mark.parametrize(("theme", "width"), [("dark", 390), ("light", 1440)])
def test_every_page_is_clean(window: Watched, open_shop: Luna, theme: str, width: int):  # noqa: F811
    window.sign_in("owner@luna.example")
    mail.outbox.clear()
    window.page.set_viewport_size({"width": width, "height": 900})
    window.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    axe, wrong = Axe(), []
    addresses = [open_shop.url(path) for path in PAGES]
    addresses += [
        f"{open_shop.reward_url}picture/",
        "/accounts/you/",
        "/accounts/2fa/webauthn/add/",
        "/accounts/2fa/totp/activate/",
    ]
    for url in addresses:
        window.go(url)
        window.page.wait_for_load_state("networkidle")
        wide = window.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if wide > 0:
            wrong.append(f"{url}: {wide} px too wide")
        for fault in axe.run(window.page).response["violations"]:
            wrong += [f"{url}: {fault['id']}: {node['html'][:160]}" for node in fault["nodes"]]
    assert wrong == []
    assert window.complaints == []
