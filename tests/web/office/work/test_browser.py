"""The daily work in a real browser: a shift at the counter, and every page in both themes, wide and narrow."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from loyalty.core import ids
from tests.cast import MARA, shop
from tests.web.office.conftest import Luna, built
from tests.web.office.test_browser import Watched, _own_cache  # noqa: F401 - its own cache for signing in
from tests.web.office.work.conftest import Busy, filled

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def working(transactional_db: None) -> Busy:
    """Café Luna, committed, with something in every queue."""
    return filled(built(shop(language="en"), MARA, ""))


def opened(chromium: Browser, home: str, **how) -> Watched:
    """A window that notes what it complains about."""
    context = chromium.new_context(**how)
    window = Watched(context, context.new_page(), home)
    window.listen()
    return window


def test_a_shift_at_the_desk(chromium: Browser, live_server, working: Busy):
    window = opened(chromium, live_server.url, viewport={"width": 1440, "height": 900})
    page: Page = window.page
    window.sign_in("owner@luna.example")
    window.menu("Work")
    page.get_by_role("link", name="Services").first.click()
    page.get_by_label("What was done").fill("Engraved AA")
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("Done, and noted with your name.")).to_be_visible()

    page.get_by_role("navigation", name="Queues").get_by_role("link", name="Activities").click()
    page.locator("summary", has_text="Refuse").click()
    expect(page.get_by_label("Why")).to_be_visible()
    page.get_by_role("button", name="Let it count").click()
    expect(page.get_by_text("Approved: 25 points given.")).to_be_visible()

    page.get_by_role("navigation", name="Queues").get_by_role("link", name="Approvals").click()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved: it is in the books.")).to_be_visible()

    window.menu("Members")
    page.get_by_label("Choose Ana Alm").check()
    page.get_by_label("Choose Ben Berg").check()
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("How many for each").fill("10")
    page.get_by_label("Reason").fill("Midsummer")
    page.get_by_role("button", name="Look at the sum").click()
    expect(page.get_by_text("+20")).to_be_visible()
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.get_by_text("for 2 members in all")).to_be_visible()

    page.get_by_role("link", name="Ana Alm").click()
    page.get_by_role("link", name="Undo").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("Not for her")
    dialog.get_by_role("button", name="Undo it").click()
    expect(page.get_by_text("10 points taken back: Not for her")).to_be_visible()
    assert window.complaints == []
    window.context.close()


def test_a_reward_is_seen_while_it_is_typed(chromium: Browser, live_server, working: Busy):
    window = opened(chromium, live_server.url, viewport={"width": 1440, "height": 900})
    window.sign_in("owner@luna.example")
    window.go(working.url("rewards/new/"))
    window.page.locator("[name=name_en]").fill("A slice of cake")
    phone = window.page.locator("#seen")
    expect(phone.get_by_text("A slice of cake")).to_be_visible()
    window.page.locator("[name=cost_points]").fill("120")
    expect(phone.get_by_text("120 points").first).to_be_visible()
    phone.get_by_role("link", name="SV").click()
    expect(phone.get_by_text("Nothing is written in this language")).to_be_visible()
    assert window.complaints == []
    window.context.close()


def every_page(busy: Busy) -> list[str]:
    """Every address of the daily work that shows something."""
    made, ana = busy.ids, ids.encode("mbr", busy.luna.ana.pk)
    return [
        busy.url(path) for path in (
            "work/", "work/services/", "work/services/of/engraving/", "work/rewards/", "work/rewards/slips/",
            "work/events/", f"work/events/{made['session']}/", f"work/events/{made['session']}/edit/",
            f"work/events/{made['session']}/call-off/", f"work/events/of/{made['tasting']}/new/",
            "work/activities/", "work/referrals/", "work/approvals/", "work/approvals/limits/", "work/memberships/",
            "work/partners/", "work/partners/propose/", f"work/partnerships/{made['partnership']}/", "households/",
            f"households/{made['household']}/", "members/?points=some&bought=never", f"members/many/?do=adjust&m={ana}",
            f"members/many/?do=enter&m={ana}", f"members/{ana}/", f"members/{ana}/tier/",
            f"members/{ana}/tier/claim/engraving/", f"members/{ana}/extras/", f"members/{ana}/friends/",
            f"members/{ana}/plans/",
            f"members/{ana}/purchases/", f"members/{ana}/plans/start/", f"members/{ana}/give/", f"members/{ana}/activity/",
            f"memberships/{made['paid_membership']}/pay/", f"memberships/{made['paid_membership']}/refund/",
            f"undo/redemptions/{made['redemption']}/", f"rewards/{made['pool']}/", f"rewards/{made['pool']}/codes/",
            f"rewards/{made['mug']}/taken/", f"rewards/{made['mug']}/seen/?language=sv",
        )
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("theme", "width"), [("dark", 390), ("light", 1440)])
def test_every_page_is_accessible_and_stays_at_home(
    chromium: Browser, live_server, working: Busy, theme: str, width: int
):
    window = opened(chromium, live_server.url, viewport={"width": width, "height": 844}, color_scheme=theme)
    window.sign_in("owner@luna.example")
    found = []
    for path in every_page(working):
        window.go(path)
        violations = Axe().run(window.page).response["violations"]
        found += [f"{path}: {one['id']} {one['nodes'][0]['html'][:120]}" for one in violations]
        wide = window.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        found += [f"{path}: scrolls sideways"] if wide else []
        small = window.page.evaluate(SMALL)
        found += [f"{path}: {text} is too small to press" for text in small]
    window.context.close()
    assert found + window.complaints == []


SMALL = """() => [...document.querySelectorAll('main button, main summary, main input:not([type=hidden]), main select')]
  .filter((one) => one.offsetParent && one.type !== 'checkbox' && one.type !== 'radio' && one.type !== 'file')
  .filter((one) => { const box = one.getBoundingClientRect(); return box.height > 0 && box.height < 24; })
  .map((one) => one.outerHTML.slice(0, 80))"""


def test_the_desk_says_nothing_more_once_all_is_done(chromium: Browser, live_server, transactional_db):
    luna: Luna = built(shop(language="en"), MARA, "")
    window = opened(chromium, live_server.url, viewport={"width": 1440, "height": 900})
    window.sign_in("owner@luna.example")
    window.go(luna.url("work/"))
    expect(window.page.get_by_text("Nothing waits")).to_have_count(8)
    window.context.close()
