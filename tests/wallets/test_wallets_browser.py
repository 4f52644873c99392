"""Wallets in a real browser: connected by uploading, shown to members, in both themes and at both widths, with nothing
that the policy blocks, no foreign request and nothing that axe finds."""

from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from loyalty.connectors.wallets import operations
from loyalty.core import clock
from loyalty.core.tenancy.scope import acting_for
from tests.cast import MARA
from tests.wallets import papers
from tests.web.office.conftest import Luna
from tests.web.office.conftest import _plain_static_files as _plain  # noqa: F401 - a fixture
from tests.web.office.test_browser import Watched, _own_cache, open_shop, window  # noqa: F401 - fixtures
from tests.web.portal.conftest import Portal, mailed_code
from tests.web.portal.test_browser import Phone, luna, phone  # noqa: F401 - fixtures

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = [(width, theme) for width in (390, 1440) for theme in ("light", "dark")]


def faults(page: Page, name: str) -> list[str]:
    """What is wrong with a page in every look: too wide, or found by axe."""
    wrong = []
    for width, theme in LOOKS:
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.wait_for_load_state("networkidle")
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        wrong += [f"{name} {width} {theme}: {wide} px too wide"] if wide > 0 else []
        for fault in Axe().run(page).response["violations"]:
            wrong += [
                f"{name} {width} {theme}: {fault['id']}: {node['html'][:160]}" for node in fault["nodes"]
            ]
    return wrong


def papers_of_today(days: float = 365) -> tuple[papers.Paper, papers.Paper]:
    """A certificate that is good for some days from now on, and the one above it."""
    now = clock.now()
    above = papers.made(
        "Relations", by=papers.root(), since=now - timedelta(900), until=now + timedelta(3000)
    )
    return papers.for_passes(by=above, since=now - timedelta(800), until=now + timedelta(days)), above


def test_an_owner_connects_both_wallets(window: Watched, open_shop: Luna, tmp_path: Path):  # noqa: F811
    page = window.page
    leaf, above = papers_of_today()
    (tmp_path / "pass.p12").write_bytes(leaf.p12(above))
    (tmp_path / "key.json").write_bytes(papers.key_file())
    window.sign_in("owner@luna.example")
    window.go(open_shop.url("settings/wallets/"))
    wrong = faults(page, "empty")
    page.get_by_label("Certificate", exact=True).set_input_files(tmp_path / "pass.p12")
    page.get_by_label("Password of the file").fill("guess")
    page.get_by_role("button", name="Connect Apple Wallet").click()
    expect(page.get_by_text("does not open with this password").first).to_be_visible()
    wrong += faults(page, "refused")
    page.get_by_label("Certificate", exact=True).set_input_files(tmp_path / "pass.p12")
    page.get_by_label("Password of the file").fill(papers.PASSWORD)
    page.get_by_role("button", name="Connect Apple Wallet").click()
    expect(page.get_by_text(papers.PASS_TYPE)).to_be_visible()
    page.get_by_label("Issuer ID").fill(papers.ISSUER)
    page.get_by_label("Key of the service account").set_input_files(tmp_path / "key.json")
    page.get_by_role("button", name="Connect Google Wallet").click()
    expect(page.get_by_text(papers.ACCOUNT)).to_be_visible()
    wrong += faults(page, "connected")
    page.get_by_role("link", name="Disconnect Apple Wallet").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    wrong += faults(page, "disconnect")
    page.get_by_role("button", name="Disconnect").last.click()
    expect(page.get_by_text("Apple Wallet is disconnected.")).to_be_visible()
    assert wrong == []
    assert window.complaints == []


def test_a_certificate_that_ends_soon_is_told(window: Watched, open_shop: Luna):  # noqa: F811
    leaf, above = papers_of_today(9)
    with acting_for(open_shop.merchant, by=MARA):
        files = papers.AppleFiles(leaf.p12(above), password=papers.PASSWORD)
        operations.connect_apple(files=files, at=clock.now())
    window.sign_in("owner@luna.example")
    window.go(open_shop.url("settings/wallets/"))
    expect(window.page.get_by_text("The certificate for Apple Wallet ends on").first).to_be_visible()
    assert faults(window.page, "ending") == []


def test_a_member_finds_both_on_their_card(phone: Phone, luna: Portal):  # noqa: F811
    leaf, above = papers_of_today()
    with acting_for(luna.merchant, by=MARA):
        files = papers.AppleFiles(leaf.p12(above), password=papers.PASSWORD)
        operations.connect_apple(files=files, at=clock.now())
        operations.connect_google(key_file=papers.key_file(), issuer=papers.ISSUER, at=clock.now())
    luna.at_the_till("ana@example.com", given_name="Ana", family_name="Alm")
    luna.earns("ana@example.com", 150)
    page = phone.page
    phone.go(luna.url("sign-in/"))
    page.get_by_label("E-mail").fill("ana@example.com")
    page.get_by_role("button").filter(has_text="code").first.click()
    page.wait_for_url("**/sign-in/code/")
    page.locator("input[name=code]").fill(mailed_code("ana@example.com"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/card/")
    link = page.get_by_role("link", name="Add to Apple Wallet")
    expect(link).to_be_visible()
    box = link.bounding_box()
    assert box and box["height"] >= 44
    with page.expect_download() as coming:
        link.click()
    assert coming.value.suggested_filename == "luna.pkpass"
    assert page.get_by_role("link", name="Add to Google Wallet").get_attribute("href") == luna.url(
        "card/google/"
    )
    assert faults(page, "card") == []
    assert phone.complaints == []
