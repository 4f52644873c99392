"""Connect in a real browser: the quickstart turns green while one watches, a webhook is added, tried, fails and is sent
again; every page of it is looked at in both themes at 390 and 1440 pixels."""

import re
from collections.abc import Iterator

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from loyalty.core import clock, ids
from loyalty.core.events import tasks as events
from loyalty.core.tenancy.scope import acting_for
from loyalty.core.webhooks import tasks
from loyalty.core.webhooks.models import Delivery, Endpoint
from loyalty.core.webhooks.operations import add_endpoint, disable_endpoint, send_test
from loyalty.core.widget.operations import allow_site, make_secret
from tests.api.caller import key_for
from tests.cast import MARA
from tests.core.webhooks.receiver import Receiver, receiving
from tests.web.office.conftest import Luna
from tests.web.office.test_browser import Watched, _own_cache, open_shop, window

__all__ = ["_own_cache", "open_shop", "window"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def go_out() -> int:
    """What a worker does all the time."""
    events.dispatch_waiting()
    return tasks.deliver_due()


def test_the_quickstart_turns_green_step_by_step(window: Watched, open_shop: Luna, receiver: Receiver):
    page, key = window.page, key_for(open_shop.merchant)
    window.sign_in("owner@luna.example")
    window.go(open_shop.url("connect/quickstart/"))
    expect(page.get_by_text("0 of 4 done")).to_be_visible()
    expect(page.locator("#member-python")).to_be_hidden()
    page.get_by_text("Python", exact=True).first.click()
    expect(page.locator("#member-python")).to_be_visible()
    expect(page.locator("#member-curl")).to_be_hidden()

    def send(path: str, body: dict | None = None, method: str = "POST") -> dict:
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": path}
        answer = requests.request(
            method, f"{window.home}/api/v1/{path}", json=body, headers=headers, timeout=20
        )
        assert answer.ok, answer.text
        return answer.json()

    member = send("members", {"external_id": "quickstart-member-1"})["id"]
    expect(page.locator("#step-member.call--seen")).to_be_visible(timeout=15_000)
    expect(page.locator("#member-python")).to_be_visible()
    expect(page.locator("#balance-python")).to_contain_text(member)
    send("orders", {"external_id": "o1", "currency": "SEK", "placed_at": clock.now().isoformat(),
                    "member": {"id": member}, "lines": [{"sku": "x", "amount_minor": 4200}]})  # fmt: skip
    expect(page.get_by_text("2 of 4 done")).to_be_visible(timeout=15_000)
    send(f"members/{member}/balances", method="GET")
    expect(page.get_by_text("3 of 4 done")).to_be_visible(timeout=15_000)

    page.get_by_role("link", name="Add a webhook").click()
    page.get_by_role("textbox", name="Address").fill(receiver.url)
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", name="The signing secret")).to_be_visible()
    window.go(open_shop.url("connect/quickstart/"))
    page.get_by_role("button", name="Send a test").click()
    go_out()
    expect(page.get_by_text("All four were seen.")).to_be_visible(timeout=15_000)
    assert "webhook.test" in {event["kind"] for event in receiver.events()}
    assert window.complaints == []


def test_a_webhook_is_added_tried_fails_and_is_sent_again(
    window: Watched, open_shop: Luna, receiver: Receiver
):
    page = window.page
    receiver.status, receiver.says = 503, b"the till is asleep"
    window.sign_in("owner@luna.example")
    window.menu("Connect")
    page.get_by_role("navigation", name="Connect").get_by_role("link", name="Webhooks").click()
    page.get_by_role("link", name="Add a webhook").click()
    page.get_by_role("textbox", name="Address").fill("http:/nowhere")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("textbox", name="Address").fill(receiver.url)
    page.get_by_role("checkbox", name="Everything, also what is added later").uncheck()
    page.get_by_role("checkbox", name="Orders", exact=True).check()
    page.get_by_role("button", name="Add it").click()
    secret = page.locator(".secret .copy__value").inner_text()
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("A test is on its way.")).to_be_visible()
    go_out()
    expect(page.get_by_text("Trying again")).to_be_visible(timeout=15_000)
    page.get_by_role("table").get_by_role("link", name="webhook.test").click()
    expect(page.get_by_text("the till is asleep")).to_be_visible()
    receiver.status = 200
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("It is sent again.")).to_be_visible()
    go_out()
    expect(page.get_by_role("table").get_by_text("Arrived")).to_be_visible(timeout=15_000)
    assert [one.is_signed_with(secret) for one in receiver.told] == [True, True]
    page.get_by_label("More to do").click()
    page.get_by_role("link", name="Replace the secret").click()
    page.get_by_role("dialog").get_by_role("button", name="Replace it").click()
    expect(page.get_by_role("heading", name="The new secret", level=1)).to_be_visible()
    assert re.match(r"whsec_", page.locator(".secret .copy__value").inner_text())
    assert window.complaints == []


def pages(luna: Luna, receiver: Receiver) -> list[str]:
    """Every page of Connect that shows something, with webhooks in every state."""
    with acting_for(luna.merchant, by=MARA):
        made = [add_endpoint(url=f"{receiver.url}/{n}", kinds=kinds, description=words, at=clock.now())[0]
                for n, (kinds, words) in enumerate([(["*"], "Web shop"), (["points.*", "member.joined"], "")])]  # fmt: skip
        send_test(endpoint=made[0].pk, at=clock.now())
        site = allow_site(url="https://shop.example", at=clock.now())
        make_secret(at=clock.now())
    go_out()
    receiver.status, receiver.says = 500, b"no"
    with acting_for(luna.merchant, by=MARA):
        send_test(endpoint=made[0].pk, at=clock.now())
        send_test(endpoint=made[1].pk, at=clock.now())
    go_out()
    with acting_for(luna.merchant, by=MARA):
        off = Endpoint.objects.select_for_update().get(pk=made[1].pk)
        disable_endpoint(row=off, why="failing", at=clock.now())
        deliveries = [ids.encode("dlv", row.pk) for row in Delivery.objects.order_by("-id")[:3]]
    first, second = (f"connect/webhooks/{ids.encode('whe', one.pk)}/" for one in made)
    return [
        *(luna.url(path) for path in ("", "connect/", "connect/new/", "connect/quickstart/", "connect/webhooks/",
          "connect/widget/", "connect/widget/secret/roll/", f"connect/widget/sites/{site.pk}/remove/",
          "connect/webhooks/new/", first, f"{first}?show=failed", f"{first}edit/", f"{first}roll/", f"{first}remove/",
          second, f"{second}edit/")),
        *(luna.url(f"connect/webhooks/deliveries/{one}/") for one in deliveries), "/api/webhooks",
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("theme", "width"), [("dark", 390), ("light", 1440)])
def test_every_page_of_connect_is_clean(
    window: Watched, open_shop: Luna, receiver: Receiver, theme: str, width: int
):
    key_for(open_shop.merchant)
    urls = pages(open_shop, receiver)
    window.sign_in("owner@luna.example")
    window.page.set_viewport_size({"width": width, "height": 900})
    window.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    axe, wrong = Axe(), []
    for url in urls:
        window.go(url)
        wide = window.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if wide > 0:
            wrong.append(f"{url}: {wide} px too wide")
        for fault in axe.run(window.page).response["violations"]:
            wrong += [f"{url}: {fault['id']}: {node['html'][:160]}" for node in fault["nodes"]]
    assert wrong == []
    assert window.complaints == []
