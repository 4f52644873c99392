"""A browser on a shop's page where the widget stands, and what it has to say about it."""

import re
from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Frame, FrameLocator, Locator, Page, Request, expect

from tests.web.widget.hostpage import HostPage

# What moves on the page by itself is added up by the browser; the page's policy does not bind what is put in before it.
SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
window.codes = [];
window.addEventListener("loyalty:code", (event) => window.codes.push(event.detail.code));
"""


@dataclass
class Visit:
    """A browser on the shop's page, and everything it complained about."""

    context: BrowserContext
    page: Page
    host: HostPage
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self._note(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("request", self._request)

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not re.search(r"\b(422|401)\b", text):
            self.complaints.append(f"{kind}: {text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.host.home, self.host.url, "data:")):
            self.complaints.append(f"elsewhere: {request.url}")
        if "cookie" in request.all_headers():
            self.complaints.append(f"with a cookie: {request.url}")

    def go(self) -> None:
        self.page.goto(self.host.url + "/")

    @property
    def launcher(self) -> Locator:
        return self.page.locator("loyalty-widget .launcher")

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("loyalty-widget iframe")

    def open(self) -> FrameLocator:
        self.launcher.click()
        expect(self.page.locator("loyalty-widget .panel")).to_be_visible()
        return self.frame

    def is_clean(self) -> None:
        """Nothing was blocked, asked of others, kept as a cookie, or moved."""
        assert self.complaints == []
        assert self.context.cookies() == []
        assert self.page.evaluate("window.shifted") == 0

    def weaknesses(self, where: Frame | None = None) -> list[tuple[str, str]]:
        """What axe finds on the page, or in a frame of it."""
        found = Axe().run(where or self.page).response["violations"]
        return [(rule["id"], rule["nodes"][0]["html"][:160]) for rule in found]

    def flaws(self, name: str) -> list[str]:
        """What is wrong with the part in the panel: too wide, too small to hit, or not for everybody."""
        inner = self.page.frames[1]
        wide = inner.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        small = inner.evaluate(
            "[...document.querySelectorAll('button, .button, .widget__link')].filter(one => one.offsetParent &&"
            " (one.offsetHeight < 44 || one.offsetWidth < 44)).map(one => one.outerHTML.slice(0, 80))"
        )
        found = [f"{name}: {wide} px too wide"] if wide > 0 else []
        found += [f"{name}: small: {one}" for one in small]
        return found + [f"{name}: {rule}: {html}" for rule, html in self.weaknesses(inner)]
