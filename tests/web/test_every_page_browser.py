"""Every page of the dashboard and the portal in a real browser, and the doors before them: found by walking their
addresses, looked at in four languages, light and dark, at 390 and 1440 pixels, for what accessibility, the policy and
the width of the screen forbid, and for requests to other hosts. What is added is swept. The till and the set-up of a
server without an owner have browser tests of their own.

Each change looks at every page twice (on the phone and on the desk, once dark and once light, in one of the languages);
`make prove PROVE=pages` looks at each of them in all sixteen ways.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from loyalty.web.office.editor.areas import AREAS
from tests.isolation.routes import Route, routes
from tests.isolation.victims import Shop, furnished

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

LANGUAGES = ("en", "sv", "nb", "nl")
THEMES = ("light", "dark")
WIDTHS = (390, 1440)
ALL = os.environ.get("EVERY_PAGE") == "all"
WORDS = "Zephyrine"

UNSEEN = {
    "/m/<slug>/drawings/<name>.png": "a picture, named by what is on it",
    "/m/<slug>/live/": "this shop has no test shop",
    "/m/<slug>/rewards/<reward_id>/codes/": "this reward is no coupon",
    "/m/<slug>/settings/pins/<staff_id>/": "this colleague, an analyst, works at no till",
    "/m/<slug>/surveys/<survey_id>/questions/<question>/": "this survey asks no question of that name",
    "/m/<slug>/surveys/<survey_id>/questions/add/": "a question has a kind, which is chosen on the survey's page",
    "/m/<slug>/undo/entries/<entry_id>/": "this entry is no change by hand",
    "/m/<slug>/work/services/of/<name>/": "no service is called that; one that is stands in MORE",
}
"""Pages of the dashboard that the walk does not open with the things of this shop, and why."""

MORE = [
    "books/?check=1", "work/services/of/engraving/", "members/?q=nobody", "rewards/?show=retired", "figures/members_total/", "figures/points_issued/",
    *(f"programme/{area.name}/" for area in AREAS),
    *(f"programme/{area.name}/{many.name}/new/" for area in AREAS for many in area.lists[:1]),
    *(f"programme/{area.name}/{terms.name}/" for area in AREAS for terms in area.terms),
    "programme/earning/rules/new/?type=fixed",
]  # fmt: skip
"""Addresses of the dashboard that show something else than the same address filled as the walk fills it."""


@dataclass(frozen=True)
class Visit:
    """One page as one person sees it."""

    who: str
    path: str
    language: str
    looks: tuple[tuple[str, int], ...]  # theme and width; the page is loaded once for all of them


def people(shop: Shop) -> dict[str, tuple[Any, tuple[str, ...]]]:
    """Who looks, and where what they see lies."""
    slug = shop.ids["slug"]
    return {
        "owner": (shop.users["owner"], (f"/m/{slug}/", "/accounts/", "/start/")),
        "member": (shop.users["ana"], (f"/{slug}/",)),
        "nobody": (None, (f"/{slug}/", "/accounts/")),
    }


def client_of(user: Any) -> Client:
    client = Client(headers={"accept-language": "en"})
    if user is not None:
        client.force_login(user, backend=django_settings.AUTHENTICATION_BACKENDS[0])
    return client


def is_whole(answer: Any) -> bool:
    """Neither a part of a page for htmx nor what another page shows in a frame where no script may look."""
    return b"<html" in answer.content and "sandbox" not in answer.headers.get("Content-Security-Policy", "")


def pages(shop: Shop, who: str) -> list[str]:
    """The addresses that answer somebody with a page of their own."""
    user, below = people(shop)[who]
    client, found = client_of(user), []
    walked = [route.filled(shop.ids) for route in routes() if not route.is_api and not route.unknown]
    asked = ["/", *(path for path in walked if path.startswith(below))]
    if who == "owner":
        more = [*MORE, f"surveys/{shop.ids['survey']}/questions/recommend/"]
        asked += [f"{below[0]}{path}" for path in more]
    for path in dict.fromkeys(asked):
        answer = client.get(path)
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html") and is_whole(answer):
            found.append(path)
    return found


LOOKS = tuple((theme, width) for width in WIDTHS for theme in THEMES)


def visits(shop: Shop, language: str) -> list[Visit]:
    """What is looked at in a language: every fourth page, on the phone and on the desk, once dark and once light; or all
    pages in every way."""
    seen = []
    for who in people(shop):
        for number, path in enumerate(pages(shop, who)):
            turn = number // len(LANGUAGES) % 2
            if ALL:
                seen.append(Visit(who, path, language, LOOKS))
            elif LANGUAGES[number % len(LANGUAGES)] == language:
                seen.append(Visit(who, path, language, (LOOKS[turn], LOOKS[3 - turn])))
    return seen


class Eyes:
    """A browser for each person and language, opened when it is first needed, and all that is wrong with what it sees."""

    def __init__(self, browser: Browser, home: str, shop: Shop):
        self.browser, self.home, self.shop, self.axe = browser, home, shop, Axe()
        self.windows: dict[tuple[str, str], Page] = {}
        self.wrong: list[str] = []
        self.at = ""

    def look(self, visit: Visit) -> None:
        page = self._window(visit)
        self.at = f"{visit.path} ({visit.who}, {visit.language})"
        self._dress(page, *visit.looks[0])
        answer = page.goto(f"{self.home}{visit.path}")
        if answer is None or answer.status != 200:
            self._note(f"answered {answer.status if answer else 'nothing'}")
            return
        expect(page.locator(".htmx-request")).to_have_count(0)
        if page.locator("html").get_attribute("lang") != visit.language:
            self._note(f"is in {page.locator('html').get_attribute('lang')}")
        for theme, width in visit.looks:
            self.at = f"{visit.path} ({visit.who}, {visit.language}, {theme}, {width} px)"
            self._dress(page, theme, width)
            self._judge(page)

    def _dress(self, page: Page, theme: str, width: int) -> None:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )  # drawn

    def _judge(self, page: Page) -> None:
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if wide > 0:
            self._note(f"{wide} px too wide")
        for fault in self._faults(page):
            self._note(f"{fault['id']}: {fault['nodes'][0]['html'][:160]}")

    def _faults(self, page: Page) -> list[Any]:
        """What accessibility forbids and is still so a moment later: right after a theme was changed, colours of both
        may stand on the screen together for as long as a busy machine needs to draw."""
        faults: list[Any] = self.axe.run(page).response["violations"]
        if faults:
            page.wait_for_timeout(1000)
            faults = self.axe.run(page).response["violations"]
        return faults

    def _window(self, visit: Visit) -> Page:
        key = (visit.who, visit.language)
        if key not in self.windows:
            context = self.browser.new_context(reduced_motion="reduce", locale=visit.language)
            user, _below = people(self.shop)[visit.who]
            cookies = {django_settings.LANGUAGE_COOKIE_NAME: visit.language}
            if user is not None:
                session = client_of(user).cookies[django_settings.SESSION_COOKIE_NAME].value
                cookies[django_settings.SESSION_COOKIE_NAME] = session
            context.add_cookies(
                [{"name": name, "value": value, "url": self.home} for name, value in cookies.items()]
            )
            self.windows[key] = self._listened(context.new_page())
        return self.windows[key]

    def _listened(self, page: Page) -> Page:
        def elsewhere(url: str) -> None:
            if not url.startswith((self.home, "data:", "blob:")):
                self._note(f"asked {url}")

        page.on("console", lambda said: said.type in ("error", "warning") and self._note(said.text))
        page.on("pageerror", lambda error: self._note(f"script: {error}"))
        page.on("request", lambda request: elsewhere(request.url))
        return page

    def _note(self, what: str) -> None:
        self.wrong.append(f"{self.at}: {what}")

    def close(self) -> None:
        for page in self.windows.values():
            page.context.close()


@contextmanager
def eyes(browser: Browser, home: str, shop: Shop) -> Iterator[Eyes]:
    opened = Eyes(browser, home, shop)
    yield opened
    opened.close()


@pytest.fixture
def luna_shop(settings: Any, transactional_db: None) -> Shop:
    """Café Luna with one of everything, committed."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}  # nothing is collected for a test
    cache.clear()
    return furnished("luna", secret=WORDS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_holds(chromium: Browser, live_server, luna_shop: Shop, language: str):
    with eyes(chromium, live_server.url, luna_shop) as looking:
        asked = visits(luna_shop, language)
        assert len(asked) > 50
        for visit in asked:
            looking.look(visit)
    assert not looking.wrong, "\n".join(looking.wrong)


def test_the_walk_opens_every_page_of_the_dashboard_or_says_why_not(luna_shop: Shop):
    below, seen = f"/m/{luna_shop.ids['slug']}/", set(pages(luna_shop, "owner"))
    client = client_of(luna_shop.users["owner"])

    def is_lost(route: Route) -> bool:
        path = route.filled(luna_shop.ids)
        return path.startswith(below) and path not in seen and client.get(path).status_code in (403, 404, 410)

    lost = {route.template for route in routes() if not route.unknown and is_lost(route)}
    assert lost == UNSEEN.keys(), "\n".join(sorted(lost ^ UNSEEN.keys()))
