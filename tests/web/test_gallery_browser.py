"""The gallery in a real browser, under the real security policy: both faces, phone and desk, light and dark.

No database: the gallery reads nothing, and a page that tried would fail here.
"""

import threading
from collections.abc import Iterator
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import path
from playwright.sync_api import Browser, Page

from loyalty.web.brand import brand_css
from loyalty.web.office.gallery import gallery

pytestmark = [
    pytest.mark.browser,
    pytest.mark.urls(__name__),
]


def _elsewhere(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=204)


urlpatterns = [
    path("gallery/", gallery, name="gallery"),
    path("brand/<str:digest>.css", brand_css, name="brand_css"),
    path("theme/", _elsewhere, name="theme"),
    path("language/", _elsewhere, name="language"),
    path("logout/", _elsewhere, name="account_logout"),
]

FACES = {
    "office": "",
    "toasts": "?toasts=1",
    "portal": "?face=portal",
    "portal in yellow": "?face=portal&colour=ffd400",
    "portal in white": "?face=portal&colour=ffffff",
    "portal in black": "?face=portal&colour=111111",
}

#: Face, theme and width: what people meet most in every combination, the rest where it is hardest.
CASES = [
    *((face, theme, width) for face in ("office", "toasts", "portal") for theme in ("light", "dark")
      for width in (390, 1440)),
    *((f"portal in {colour}", theme, 390) for colour in ("yellow", "white", "black")
      for theme in ("light", "dark")),
    ("office", "light", 320), ("portal", "dark", 320),
]  # fmt: skip

#: What a finger has to hit, smaller than 44 CSS pixels either way. Not counted: what is stretched over a
#: whole card or lies in a label that is large enough, a field inside its frame (whose border belongs to the
#: target), and what is only there once it has the focus.
TOO_SMALL = """() => [...document.querySelectorAll("a, button, summary, select, textarea, input")]
  .filter(e => e.type !== "hidden" && e.checkVisibility())
  .map(e => e.closest(".choice, .field__frame, .search") || e)
  .filter(e => !e.matches(".skip-link, .stat__link, .form-errors a"))
  .map(e => [e, e.getBoundingClientRect()])
  .filter(([e, box]) => box.width > 0 && (box.height < 43.5 || box.width < 43.5))
  .map(([e, box]) => `${e.tagName}.${e.className} ${box.width}x${box.height} ${e.textContent.trim()}`)"""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing: the test says what matters."""


@pytest.fixture
def address(settings) -> Iterator[str]:
    """The address of a server with the project's middleware and static files, on loopback."""
    settings.DEBUG = True
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    application = StaticFilesHandler(WSGIHandler())
    with make_server("127.0.0.1", 0, application, server_class=_Server, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/gallery/"
        server.shutdown()
        thread.join(5)


def opened(browser: Browser, url: str, **options) -> tuple[Page, list[str]]:
    """A page and the list of its complaints: what was blocked or failed, and requests to elsewhere."""
    page = browser.new_context(**options).new_page()
    complaints: list[str] = []
    here = url.split("/gallery/")[0]
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: request.url.startswith(here) or complaints.append(request.url))
    assert page.goto(url).status == 200
    return page, complaints


def weaknesses(page: Page) -> list[tuple[str, str]]:
    """What axe finds: the rule and the first element that breaks it."""
    found = Axe().run(page).response["violations"]
    return [(rule["id"], rule["nodes"][0]["html"][:120]) for rule in found]


@pytest.mark.parametrize(("face", "theme", "width"), CASES)
def test_a_face_holds(chromium: Browser, address: str, face: str, theme: str, width: int):
    page, complaints = opened(
        chromium, address + FACES[face], viewport={"width": width, "height": 844}, color_scheme=theme
    )
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, "it scrolls sideways"
    assert weaknesses(page) == []
    assert page.evaluate(TOO_SMALL) == []
    assert complaints == []
    page.context.close()


def test_the_policy_is_the_real_one_and_would_be_noticed(chromium: Browser, address: str):
    page, complaints = opened(chromium, address)
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\" onclick=\"x()\">x</p>')"
    )
    page.wait_for_timeout(100)
    assert any("Content Security Policy" in complaint for complaint in complaints)
    page.context.close()


def test_menu_and_dialog_open_without_a_script(chromium: Browser, address: str):
    page, _ = opened(chromium, address, viewport={"width": 390, "height": 844}, java_script_enabled=False)
    sidebar = page.get_by_role("navigation", name="Dashboard")
    assert not sidebar.is_visible()
    page.get_by_role("button", name="Open the menu").click()
    assert sidebar.is_visible()
    page.get_by_role("button", name="Close the menu").click()
    page.get_by_role("button", name="Adjust points").first.click()
    assert page.get_by_role("dialog", name="Adjust points").is_visible()
    page.context.close()


def test_what_is_open_holds_too(chromium: Browser, address: str):
    page, complaints = opened(chromium, address, viewport={"width": 1440, "height": 900})
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    page.get_by_text("They count once the 14 days for returns are over").wait_for()
    assert weaknesses(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Adjust points").first.click()
    page.get_by_role("dialog", name="Adjust points").wait_for()
    assert weaknesses(page) == []
    assert complaints == []
    page.context.close()


def test_copying_copies_and_says_so(chromium: Browser, address: str):
    page, _ = opened(chromium, address, permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the key").click()
    page.locator("#said", has_text="Copied").wait_for(state="attached")
    assert page.evaluate("navigator.clipboard.readText()") == "sk_test_51HqLyj9f2"
    page.context.close()


def test_a_toast_leaves_by_itself_unless_something_went_wrong(chromium: Browser, address: str):
    page = chromium.new_context().new_page()
    page.clock.install(time=0)
    page.clock.pause_at(1)  # from here on, time passes only as told
    page.goto(address + "?toasts=1")
    archived = page.get_by_text("The reward is archived.")
    failed = page.get_by_text("The points were not given: the member is blocked.")
    page.clock.run_for(9_000)
    assert archived.is_visible(), "one that can be taken back stays ten seconds"
    toast = page.locator(".toast", has=archived)
    toast.dispatch_event("pointerenter")
    page.clock.run_for(60_000)
    assert archived.is_visible(), "nothing disappears under the pointer"
    toast.dispatch_event("pointerleave")
    page.clock.run_for(11_000)
    assert not archived.is_visible()
    assert failed.is_visible()
    page.context.close()


def test_keys_find_the_search_but_never_while_typing(chromium: Browser, address: str):
    page, _ = opened(chromium, address, viewport={"width": 1440, "height": 900})
    page.keyboard.press("/")
    page.keyboard.type("a/b?")
    assert page.locator("[data-search]").input_value() == "a/b?"
    assert not page.get_by_role("dialog", name="Keyboard shortcuts").is_visible()
    page.locator("body").evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    shortcuts = page.get_by_role("dialog", name="Keyboard shortcuts")
    shortcuts.get_by_role("checkbox").uncheck()
    page.keyboard.press("Escape")
    page.locator("body").evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    assert not shortcuts.is_visible(), "switched off"
    page.keyboard.press("Control+k")
    assert page.evaluate("document.activeElement.name") == "q"
    page.context.close()


def test_leaving_with_unsaved_changes_asks_first(chromium: Browser, address: str):
    page, _ = opened(chromium, address)
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_label("Name of the reward").first.fill("Another name")
    assert page.get_by_text("Unsaved changes").is_visible()
    page.goto(address + "?face=portal")
    assert asked == ["beforeunload"]
    page.context.close()


def test_a_form_is_sent_once_however_often_the_button_is_pressed(chromium: Browser, address: str):
    page, _ = opened(chromium, address, viewport={"width": 1440, "height": 900})
    sent: list[str] = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    page.locator("summary.person").click()
    page.get_by_role("button", name="Dark").click()
    page.get_by_role("button", name="Light").click(force=True)
    page.wait_for_timeout(200)
    assert len(sent) == 1
    page.context.close()
