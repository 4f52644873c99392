"""Every table with a file is had as CSV, XLSX and Parquet, with the same rows, by the same people."""

import csv
import io
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook
from pyarrow import parquet

from analytics.queries.figures import FIGURES
from analytics.queries.sums import reader
from analytics.queries.telling import figure
from analytics.rules.calendar import Grain, stretch
from loyalty.core import clock
from loyalty.core.money import major
from loyalty.core.tenancy.scope import acting_for
from loyalty.web.office.reports.themes import THEMES
from members.operations.refunds import refund_order
from members.rules.shopping import NewRefund
from rewards.operations.redemption import redeem_reward
from tests.cast import AT, MARA, buy, days, person
from tests.web.office.conftest import Luna, browser_of

MARCH = "?by=month&day=2026-03-01"
EVIL = "=cmd|' /C calc'!A0"


@pytest.fixture
def busy(lunas: Luna) -> Luna:
    """A spring at Café Luna, with a member and a channel that a spreadsheet would run."""
    with acting_for(lunas.merchant, by=MARA):
        buy(lunas.ana, 100, at=AT - days(10), channel="web")
        buy(lunas.ana, 60.50, at=AT + days(3), channel="pos", location="main")
        buy(lunas.ben, 500, at=AT + days(4), external_id="big", channel="=web")
        buy(None, 77, at=AT + days(4), channel="pos")
        redeem_reward(member=lunas.ana.pk, reward=lunas.reward.pk, key="k", at=AT + days(5))
        refund_order(source="api", order_external_id="big", at=AT + days(40),
                     refund=NewRefund("r", AT + days(40), amount_minor=12_300))  # fmt: skip
        person("evil", given_name=EVIL, family_name="-1")
    return lunas


def in_form(url: str, form: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}as={form}"


def content(browser: Client, url: str, form: str) -> bytes:
    answer = browser.get(in_form(url, form) if form else url)
    assert answer.status_code == 200, url
    assert re.search(rf'filename="?[^"]+\.{form or "csv"}"?$', answer["Content-Disposition"])
    return b"".join(answer.streaming_content)


def as_csv(browser: Client, url: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content(browser, url, "").decode("utf-8-sig"))))


def as_xlsx(browser: Client, url: str) -> list[list[Any]]:
    book = load_workbook(io.BytesIO(content(browser, url, "xlsx")))
    return [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]


def as_parquet(browser: Client, url: str) -> list[list[Any]]:
    found = parquet.read_table(io.BytesIO(content(browser, url, "parquet")))
    return [found.column_names, *([row[name] for name in found.column_names] for row in found.to_pylist())]


def said(value: Any) -> Any:
    """A cell of any of the three, as the same thing: a number, a text, an instant."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.timestamp() // 1
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    if re.fullmatch(r"\d{4}-\d\d-\d\dT.*", text):
        return datetime.fromisoformat(text).timestamp() // 1
    text = text[1:] if re.match("'+[=+@\t\r-]", text) else text
    try:
        return round(float(text), 9)
    except ValueError:
        return text


def tables(browser: Client, shop: Luna) -> list[str]:
    """The address of every table of the reports and of the list of members."""
    found = [f"reports/figures/{key}/rows.csv{MARCH}" for key in FIGURES]
    for name in THEMES:
        page = browser.get(shop.url(f"reports/{name}/{MARCH}"))
        found += [one["csv_url"] for one in page.context["charts"] if not one["chart"].is_empty]
        found += (
            [page.context["apart"]["csv_url"]]
            if page.context["apart"] and page.context["apart"]["cut"]
            else []
        )
    found += [
        "reports/liability/journal.csv",
        "reports/liability/?csv=months",
        f"reports/winning/file/{MARCH}",
    ]
    return [one if one.startswith("/") else shop.url(one) for one in [*found, "members/export.csv"]]


def test_each_table_says_the_same_in_all_three(busy: Luna, owner: Client) -> None:
    rows = 0
    for url in tables(owner, busy):
        told, sheet, file = as_csv(owner, url), as_xlsx(owner, url), as_parquet(owner, url)
        plain = [[said(cell) for cell in row] for row in told[1:]]
        assert [[said(cell) for cell in row] for row in sheet[1:]] == plain, url
        assert [[said(cell) for cell in row] for row in file[1:]] == plain, url
        assert len(file[0]) == len(told[0]), url
        rows += len(plain)
    assert rows > 60


def test_pages_lead_to_all_three(busy: Luna, owner: Client) -> None:
    for path in (
        f"reports/orders/{MARCH}",
        f"reports/figures/revenue/{MARCH}",
        "members/",
        "reports/liability/",
    ):
        page = owner.get(busy.url(path)).content.decode()
        assert "as=xlsx" in page
        assert "as=parquet" in page


def test_a_figures_rows_add_up_to_it_in_the_file(busy: Luna, owner: Client) -> None:
    with acting_for(busy.merchant, by=MARA):
        read = reader(zone=busy.merchant.timezone, at=clock.now())
        revenue = figure(read, "revenue", stretch(Grain.MONTH, date(2026, 3, 1))).value
    assert revenue
    rows = as_parquet(owner, busy.url(f"reports/figures/revenue/rows.csv{MARCH}"))[1:]
    assert all(isinstance(row[3], Decimal) and isinstance(row[1], datetime) for row in rows)
    assert sum(row[3] for row in rows) == major(int(revenue), "SEK")
    apart = as_parquet(owner, busy.url(f"reports/orders/{MARCH}&cut=channel&csv=apart"))
    column = apart[0].index("Revenue")
    assert sum(row[column] for row in apart[1:]) == major(int(revenue), "SEK")


def test_no_form_runs_what_somebody_typed(busy: Luna, owner: Client) -> None:
    url = busy.url("members/export.csv")
    told = next(row for row in as_csv(owner, url) if row[1].endswith(EVIL))
    assert told[1:3] == [f"'{EVIL}", "'-1"]
    book = load_workbook(io.BytesIO(content(owner, url, "xlsx")))
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row]
    assert [cell.value for cell in cells if cell.data_type == "f"] == []
    assert f"'{EVIL}" in [cell.value for cell in cells]
    # Nothing runs in Parquet: there it stands as it was typed.
    assert [EVIL, "-1"] in [row[1:3] for row in as_parquet(owner, url)]


def test_a_form_there_is_not_is_csv(busy: Luna, owner: Client) -> None:
    for odd in ("pdf", "", "%00", "CSV"):
        answer = owner.get(busy.url(f"members/export.csv?as={odd}"))
        assert answer["Content-Type"] == "text/csv; charset=utf-8"


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
def test_who_may_not_see_the_table_gets_no_file_of_it(busy: Luna, owner: Client, form: str) -> None:
    all_of_them = tables(owner, busy)

    def refused(role: str) -> list[str]:
        browser = browser_of(busy, role)
        return [url for url in all_of_them if browser.get(in_form(url, form)).status_code == 403]

    assert refused("cashier") == all_of_them
    assert refused("analyst") == [busy.url("members/export.csv")]  # who members are
