"""The portal on a phone: fresh points within five seconds, a card from the till, a friend brought, a card without a
network, and every page in both themes and four languages at 320 and 390 pixels."""

import gzip
import re
from base64 import b64decode
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from loyalty.core import clock
from loyalty.core.ledger.checks import verify
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from members.operations.households import open_household
from members.operations.inviting import code_of
from members.operations.membership import join
from members.queries.directory import row
from rewards.operations.redemption import use_voucher
from tests.cast import MARA, ONE_POINT_PER_KRONA, days, publish, shop
from tests.web.portal.conftest import Portal, mailed_code, opened
from tests.web.portal.test_browser import FIRST_PAGE_AT_MOST, Phone

EVE, OMAR = "eve@example.com", "omar@example.com"
IN_TIME = 5000  # milliseconds from the till to the phone
ANEW = 15_000  # milliseconds until a kept card has asked again, found the shop and loaded
STAMP = {"type": "fixed", "id": "stamp", "amount": 1, "unit": "stamps"}
EVERYTHING = {
    "side_units": {"cards": [{"id": "coffee", "needed": 9, "reward": "free-coffee", "name": {"en": "Coffee card"}}]},
    "sharing": {"transfers": {"on": True}, "household": {"on": True}},
    "referrals": {"on": True, "referrer": {"units": [{"unit": "points", "amount": 50}]},
                  "friend": {"units": [{"unit": "points", "amount": 20}]}, "commission": {"basis_points": 500}},
    "tiers": {"ladder": [{"id": "bronze", "name": {"en": "Bronze"}, "at_least": 0},
                         {"id": "gold", "name": {"en": "Gold"}, "at_least": 500_000,
                          "perks": [{"id": "ship", "kind": "free_shipping"}]}]},
    "membership_plans": {"plans": [{"id": "plus", "price_minor": 29_900, "name": {"en": "Luna Plus"}, "trial_days": 7,
                                    "perks": [{"id": "ship", "kind": "free_shipping"}]}]},
    "offers": {"offers": [{"id": "week", "name": {"en": "A week of double"}, "text": {"en": "Take it."}, "days": 7}]},
    "questions": {"questions": [{"id": "roast", "name": {"en": "Which roast?"}, "answers": "one",
                                 "options": [{"id": "dark", "name": {"en": "Dark"}}]}]},
}  # fmt: skip
PAGES = ("card/", "rewards/", "stamps/", "activity/", "activity/?show=in", "how/", "level/", "invite/", "household/", "give/",
         "membership/", "choices/", "codes/", "profile/", "profile/data/", "profile/erase/")  # fmt: skip

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def luna(transactional_db: None) -> Portal:
    """Café Luna with everything a programme can have."""
    portal = opened(shop(brand_colour="#b4532a", language="en"), MARA)
    fifth = {"type": "fixed", "id": "fifth", "name": "Every fifth visit", "amount": 50,
             "when": [{"type": "order_number", "every": 5}]}  # fmt: skip
    with acting_for(portal.merchant, by=MARA):
        publish(ONE_POINT_PER_KRONA, STAMP, fifth, at=clock.now() - days(3), **EVERYTHING)
    return portal


@pytest.fixture
def phones(chromium: Browser, live_server) -> Iterator[list[Phone]]:
    """Phones of two people, 390 pixels wide."""
    contexts = [
        chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True) for _n in range(2)
    ]
    yield [Phone(context, context.new_page(), live_server.url) for context in contexts]
    for context in contexts:
        context.close()


def signed_in(phone: Phone, luna: Portal, email: str) -> None:
    """Through the door with a code by mail."""
    phone.go(luna.url("sign-in/"))
    phone.page.get_by_label("E-mail").fill(email)
    phone.page.get_by_role("button", name="Send me a code").click()
    phone.page.get_by_label("Code", exact=True).fill(mailed_code(email))
    phone.page.get_by_role("button", name="Continue").click()
    expect(phone.page).to_have_url(phone.home + luna.url("card/"))


def test_points_show_at_once_and_a_code_is_seen_to_be_used(phones: list[Phone], luna: Portal):
    phone, page = phones[0], phones[0].page
    phone.go(luna.url())
    page.get_by_label("E-mail or phone number").fill(EVE)
    page.get_by_role("button", name="Get my card").click()
    page.get_by_role("link", name="Enter the code").click()
    page.get_by_label("Code", exact=True).fill(mailed_code(EVE))
    page.get_by_role("button", name="Continue").click()
    card = page.get_by_role("region", name="Your card")
    expect(card).to_contain_text("0")
    page.get_by_role("button", name="Show your code large").click()
    luna.earns(EVE, 250, at=clock.now())
    # The code stays open at the till, and says what came.
    dialog = page.get_by_role("dialog", name="Show this at the till")
    expect(dialog.get_by_text("+250")).to_be_visible(timeout=IN_TIME)
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).to_contain_text("250")

    page.get_by_role("link", name="Use Free coffee").click()
    page.get_by_role("button", name="Use 100 points").click()
    shown = page.locator(".qr__code").inner_text()
    with acting_for(luna.merchant, by=MARA):
        use_voucher(code=shown, at=clock.now())
    expect(page.get_by_text("Enjoy!")).to_be_visible(timeout=IN_TIME)
    assert luna.points(EVE) == 150
    with acting_for(luna.merchant, by=MARA):
        assert verify() == []
    assert phone.complaints == []


def test_a_hidden_card_asks_for_nothing(phones: list[Phone], luna: Portal):
    phone = phones[0]
    luna.at_the_till(EVE, given_name="Eve")
    phone.context.add_init_script(
        "Object.defineProperty(document, 'visibilityState', { get: () => localStorage.getItem('hidden') || 'visible' });"
    )
    signed_in(phone, luna, EVE)
    asked: list[str] = []
    phone.page.on("request", lambda request: asked.append(request.url) if "seen=" in request.url else None)
    phone.page.wait_for_timeout(3500)
    assert asked, "a card that is looked at asks"
    phone.page.evaluate("localStorage.setItem('hidden', 'hidden')")
    phone.page.wait_for_timeout(200)
    asked.clear()
    phone.page.wait_for_timeout(6500)
    assert asked == []


def test_a_card_from_the_till_is_opened_with_its_code(phones: list[Phone], luna: Portal):
    phone, page = phones[0], phones[0].page
    with acting_for(luna.merchant, by=MARA):
        code = row(join(at=clock.now(), identities={"external": "4711"}, channel="till").member).identities[
            "card"
        ]
    phone.go(luna.url())
    page.get_by_role("link", name="I got a card in the shop").click()
    page.get_by_label("Code of your card").fill(code)
    page.get_by_label("Your e-mail").fill(EVE)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code", exact=True).fill(mailed_code(EVE))
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("region", name="Your card")).to_contain_text(code[:4])
    assert phone.complaints == []


def test_a_friend_is_brought_both_get_something_and_both_see_it(phones: list[Phone], luna: Portal):
    eve, omar = phones
    luna.at_the_till(EVE, given_name="Eve")
    signed_in(eve, luna, EVE)
    eve.go(luna.url("invite/"))
    eve.page.get_by_role("button", name="Get my link").click()
    link = eve.page.locator(".link-box .copy__value").inner_text()
    omar.go(re.sub(r"^https?://[^/]+", "", link))
    omar.page.get_by_label("E-mail or phone number").fill(OMAR)
    omar.page.get_by_role("button", name="Get my card").click()
    eve.go(luna.url("invite/"))
    expect(eve.page.get_by_text("Has joined, and has not bought yet")).to_be_visible()
    assert eve.complaints == [] and omar.complaints == []


def comes_true(page: Page, condition: str) -> None:
    """Wait for what a page can only find out by waiting itself."""
    page.evaluate(
        "async () => { for (let turn = 0; turn < 100; turn += 1) {"
        f" if ({condition}) return; await new Promise(later => setTimeout(later, 100)); }}"
        " throw new Error('it never came true'); }"
    )


def keeps_a_card(phone: Phone, luna: Portal) -> None:
    """Eve's phone, with 250 points on the card that it has kept."""
    luna.at_the_till(EVE, given_name="Eve")
    luna.earns(EVE, 250)
    signed_in(phone, luna, EVE)
    comes_true(phone.page, "await caches.match(location.origin + '/luna/card/')")


def test_the_last_card_is_readable_without_a_network_and_gone_after_signing_out(
    phones: list[Phone], luna: Portal
):
    phone, page = phones[0], phones[0].page
    keeps_a_card(phone, luna)
    phone.go(luna.url("activity/"))
    comes_true(page, "navigator.serviceWorker.controller !== null")
    phone.context.set_offline(True)
    phone.go(luna.url("card/"))
    expect(page.get_by_text("No connection.")).to_be_visible()
    expect(page.get_by_role("region", name="Your card")).to_contain_text("250")
    expect(page.get_by_role("img", name="Your code for the till").first).to_be_visible()
    other = (
        phone.context.new_page()
    )  # the browser's own page, which reloads by itself once it can, goes with it
    with pytest.raises(Exception, match="ERR_"):
        other.goto(phone.home + luna.url("activity/"))
    other.close()
    phone.context.set_offline(False)
    expect(page.get_by_text("No connection.")).to_be_hidden(timeout=ANEW)  # fetched anew by itself
    phone.go(luna.url("rewards/"))
    pages = page.evaluate(
        "caches.keys().then(names => Promise.all(names.map(name => caches.open(name).then(one => one.keys()))))"
        ".then(all => all.flat().map(one => new URL(one.url).pathname).filter(path => path.startsWith('/luna/')))"
    )
    assert pages == ["/luna/card/"], "no other page is kept"
    phone.go(luna.url("profile/"))
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(phone.home + luna.url())
    page.wait_for_load_state("load")
    comes_true(page, "(await caches.keys()).length === 0")
    page.wait_for_timeout(500)
    assert page.evaluate("caches.keys()") == [], "and nothing comes back"


def test_a_kept_card_is_fetched_anew_though_the_phone_was_back_before_its_network(
    phones: list[Phone], luna: Portal
):
    phone, page = phones[0], phones[0].page
    keeps_a_card(phone, luna)
    page.add_init_script(
        "window.addEventListener('online', event => event.stopImmediatePropagation(), true)"
    )  # as if it had been told while nothing could be fetched yet
    phone.context.set_offline(True)
    phone.go(luna.url("card/"))
    expect(page.get_by_text("No connection.")).to_be_visible()
    luna.earns(EVE, 50)
    phone.context.set_offline(False)
    expect(page.get_by_text("No connection.")).to_be_hidden(timeout=ANEW)
    expect(page.get_by_role("region", name="Your card")).to_contain_text("300")
    assert phone.complaints == []


def test_nothing_on_the_card_moves_and_no_script_blocks_it(phones: list[Phone], luna: Portal):
    phone, page = phones[0], phones[0].page
    luna.at_the_till(EVE, given_name="Eve")
    luna.earns(EVE, 250)
    signed_in(phone, luna, EVE)
    moved = page.evaluate(
        "new Promise(done => { let sum = 0; new PerformanceObserver(list => list.getEntries().forEach(one =>"
        " sum += one.value)).observe({ type: 'layout-shift', buffered: true }); setTimeout(() => done(sum), 800); })"
    )
    assert moved < 0.01
    blocking = page.evaluate(
        "[...document.scripts].filter(one => one.src && !one.defer && !one.async).map(one => one.src)"
    )
    assert blocking == []


def transferred(phone: Phone, path: str) -> dict[str, int]:
    """Bytes that a page takes over the network by address, as the browser's own log has them: the head of each answer
    as it came, its body as small as the real server sends it. The plain server of tests compresses nothing."""
    network = phone.context.new_cdp_session(phone.page)
    came: dict[str, str] = {}
    heads: dict[str, int] = {}
    network.on(
        "Network.responseReceived", lambda event: came.update({event["requestId"]: event["response"]["url"]})
    )
    network.on(
        "Network.dataReceived",
        lambda event: heads.update(
            {event["requestId"]: heads.get(event["requestId"], 0) - event["dataLength"]}
        ),
    )
    network.on(
        "Network.loadingFinished",
        lambda event: heads.update(
            {event["requestId"]: heads.get(event["requestId"], 0) + int(event["encodedDataLength"])}
        ),
    )
    network.send("Network.enable")
    network.send("Network.setCacheDisabled", {"cacheDisabled": True})
    phone.go(path)
    phone.page.wait_for_load_state("networkidle")
    sizes = {}
    for request, url in came.items():
        if not url.startswith(phone.home):
            continue
        found = network.send("Network.getResponseBody", {"requestId": request})
        body = b64decode(found["body"]) if found["base64Encoded"] else found["body"].encode()
        sizes[url] = max(0, heads.get(request, 0)) + min(len(body), len(gzip.compress(body)))
    network.detach()
    return sizes


def test_the_first_page_and_the_card_transfer_little(phones: list[Phone], luna: Portal):
    phone = phones[0]
    front = transferred(phone, luna.url())
    assert len(front) > 10
    assert sum(front.values()) < FIRST_PAGE_AT_MOST, front
    luna.at_the_till(EVE, given_name="Eve")
    signed_in(phone, luna, EVE)
    card = transferred(phone, luna.url("card/"))
    assert sum(card.values()) < FIRST_PAGE_AT_MOST, card


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "sv", "nb", "nl"])
def test_every_page_holds_in_every_language(
    chromium: Browser, live_server, luna: Portal, theme: str, language: str
):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme=theme)
    window = Phone(context, context.new_page(), live_server.url)
    luna.at_the_till(EVE, given_name="Eve", family_name="Ek", news_by_email=True)
    for kronor in (250, 31, 32):
        luna.earns(EVE, kronor)
    signed_in(window, luna, EVE)
    eve = luna.member(EVE)
    with acting_for(luna.merchant, by=MARA):
        Member.objects.filter(pk=eve.pk).update(language=language)
        code_of(member=eve.pk, at=clock.now())
        open_household(member=eve.pk, at=clock.now())
    wrong: dict[str, object] = {}
    for path in PAGES:
        window.go(luna.url(path))
        window.page.wait_for_timeout(150)
        if found := window.weaknesses():
            wrong[path] = found
        for width in (390, 320):
            window.page.set_viewport_size({"width": width, "height": 844})
            if sideways := window.page.evaluate("document.documentElement.scrollWidth - innerWidth"):
                wrong[f"{path} at {width}"] = sideways
        window.page.set_viewport_size({"width": 390, "height": 844})
    context.clear_cookies()
    for path in ("", "claim/", "sign-in/"):
        window.go(luna.url(path))
        if found := window.weaknesses():
            wrong[path or "front"] = found
    assert wrong == {}
    assert window.complaints == []
    context.close()
