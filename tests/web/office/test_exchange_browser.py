"""Importing in a real browser: a file with errors, the rows to fix downloaded, fixed and sent again, and the whole file
once more, which changes nothing. A worker runs beside it, as it does on a server."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from playwright.sync_api import Page, expect

from loyalty.core.jobs import tasks
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from tests.cast import MARA
from tests.web.office.conftest import Luna
from tests.web.office.test_browser import Watched, _own_cache, open_shop, window  # noqa: F401 - fixtures

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]
GOOD = [f"member{n}@example.org,Given{n},Family{n},{10 + n},1990-05-{1 + n % 28:02}" for n in range(30)]
HEAD = "Email,First Name,Last Name,Points Balance,Birthday"


@pytest.fixture
def worker(transactional_db: None) -> Iterator[None]:
    """A worker that looks for something to do all the time."""
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            tasks.run_waiting()
            time.sleep(0.1)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join(timeout=30)


def send(page: Page, window: Watched, luna: Luna, file: Path) -> None:  # noqa: F811
    window.go(luna.url("imports/new/?kind=members"))
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Read the file").click()
    page.get_by_role("button", name="Check every row").click()


def looked_at(page: Page) -> list[str]:
    """What is wrong with the page in both themes, narrow and wide."""
    wrong = []
    for scheme in ("light", "dark"):
        for width in (390, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            wrong += [f"{page.url}: {wide} px too wide"] if wide > 0 else []
            for fault in Axe().run(page).response["violations"]:
                wrong += [
                    f"{page.url} {scheme} {width}: {fault['id']}: {node['html'][:160]}"
                    for node in fault["nodes"]
                ]
    page.set_viewport_size({"width": 1440, "height": 900})
    return wrong


@pytest.mark.slow
def test_a_file_with_errors_is_fixed_and_sent_again(
    window: Watched,  # noqa: F811
    open_shop: Luna,  # noqa: F811
    worker: None,
    tmp_path: Path,
):
    page, file = window.page, tmp_path / "customers.csv"
    file.write_text("\n".join([HEAD, *GOOD, "nonsense,Olle,Ek,5,1980-02-31", ",No,Body,1,"]))
    window.sign_in("owner@luna.example")
    window.menu("Import and export")
    page.get_by_role("link", name="Members").last.click()
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_label("First Name")).to_have_value("given_name")
    wrong = looked_at(page)
    page.get_by_role("button", name="Check every row").click()
    expect(page.get_by_text("There is no such day.")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("The row names nobody")).to_be_visible()
    wrong += looked_at(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the rows to fix").click()
    rows = Path(download.value.path()).read_text("utf-8-sig")
    assert len(rows.splitlines()) == 3 and "nonsense" in rows

    page.get_by_role("button", name="Import 30 rows now").dblclick()
    expect(page.get_by_role("link", name="Undo this import")).to_be_visible(timeout=20_000)
    wrong += looked_at(page)
    assert members(open_shop) == 32

    fixed = tmp_path / "fixed.csv"
    fixed.write_text(rows.replace("nonsense", "olle@example.org").replace("1980-02-31", "1980-02-29"))
    send(page, window, open_shop, fixed)
    page.get_by_role("button", name="Import 1 row now").click(timeout=20_000)
    expect(page.get_by_role("link", name="Undo this import")).to_be_visible(timeout=20_000)
    send(page, window, open_shop, file)
    expect(page.get_by_text("No row can be imported yet.")).to_be_visible(timeout=20_000)
    expect(page.locator(".tally__part", has_text="Here already")).to_contain_text("30")
    assert members(open_shop) == 33

    window.go(open_shop.url("exports/"))
    page.get_by_role("button", name="CSV – Members", exact=True).click()
    expect(page.get_by_role("link", name="Download")).to_be_visible(timeout=20_000)
    wrong += looked_at(page)
    window.go(open_shop.url("jobs/"))
    wrong += looked_at(page)
    window.go(open_shop.url("exports/"))
    wrong += looked_at(page)
    assert wrong == []
    assert window.complaints == []


def members(luna: Luna) -> int:
    with acting_for(luna.merchant, by=MARA):
        return Member.objects.count()
