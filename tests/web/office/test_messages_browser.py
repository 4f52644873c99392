"""Messages in a real browser: the preview follows what is typed, and every page is looked at in both themes at 390 and
1440 pixels, for what the policy blocks, for foreign requests and for accessibility."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from campaigns.operations import sending
from campaigns.operations.newsletters import write_newsletter
from campaigns.operations.planning import New, plan
from campaigns.operations.suppressing import suppress
from loyalty.core import clock, ids
from loyalty.core.tenancy.scope import acting_for
from tests.campaigns.hand import joined, says_yes
from tests.cast import MARA
from tests.web.office.conftest import Luna
from tests.web.office.test_browser import Watched, _own_cache, open_shop, window

__all__ = ["_own_cache", "open_shop", "window"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def furnished(luna: Luna) -> list[str]:
    """Something on every page of messages; their addresses."""
    now = clock.now()
    with acting_for(luna.merchant, by=MARA):
        ana = joined("ana2", given_name="Ana", family_name="Alm")
        says_yes(ana)
        kinds = ("welcome", "birthday", "newsletter")
        plan(messages=[New(member=ana.pk, kind=kind, occasion="x", due_at=now) for kind in kinds], at=now)
        suppress(channel="email", address="gone@example.com", reason="bounce", at=now)
        words = {"en": {"subject": "Autumn", "body": "The first apples are in."}}
        letter = ids.encode("nws", write_newsletter(newsletter=None, words=words, at=now).pk)
        from campaigns.models import Message

        message = ids.encode("msg", Message.objects.filter(kind="welcome").get().pk)
    sending.deliver(seconds=20)
    pages = ("", "of/welcome/", "of/statement/?language=sv", "hours/", "log/", "log/?state=failed",
             f"outbox/{message}/", "suppressed/", "newsletters/", "newsletters/new/", f"newsletters/{letter}/")  # fmt: skip
    return [luna.url(f"messages/{page}") for page in pages]


def test_the_preview_follows_what_is_typed(window: Watched, open_shop: Luna):
    window.sign_in("owner@luna.example")
    window.go(open_shop.url("messages/of/welcome/"))
    seen = window.page.frame_locator("iframe.seen__frame")
    expect(seen.get_by_role("heading", level=1)).to_contain_text("Welcome to")
    window.page.get_by_role("textbox", name=re.compile("Subject")).first.fill("Hello {first_name}!")
    expect(seen.get_by_role("heading", level=1)).to_have_text("Hello Ana!")
    assert window.complaints == []


def test_a_newsletter_is_written_and_sent(window: Watched, open_shop: Luna):
    furnished(open_shop)
    window.sign_in("owner@luna.example")
    window.go(open_shop.url("messages/newsletters/new/"))
    page = window.page
    page.locator("[name=en_subject]").fill("Autumn is here")
    page.locator("[name=en_body]").fill("Come and taste.")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_text("member gets it")).to_be_visible()
    page.get_by_role("button", name="Send the newsletter").click()
    expect(page.get_by_text("Scheduled").first).to_be_visible()
    assert window.complaints == []


@pytest.mark.slow
@pytest.mark.parametrize(("theme", "width"), [("dark", 390), ("light", 1440)])
def test_every_page_of_messages_is_accessible(window: Watched, open_shop: Luna, theme, width):
    urls = furnished(open_shop)
    window.sign_in("owner@luna.example")
    window.page.set_viewport_size({"width": width, "height": 900})
    window.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    axe, wrong = Axe(), []
    for url in urls:
        window.go(url)
        wide = window.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if wide > 0:
            wrong.append(f"{url}: {wide} px too wide")
        # Nothing runs in the preview's frame, not even what looks for faults.
        for fault in axe.run(window.page, options={"iframes": False}).response["violations"]:
            wrong += [f"{url}: {fault['id']}: {node['html'][:160]}" for node in fault["nodes"]]
    assert wrong == []
    assert window.complaints == []
