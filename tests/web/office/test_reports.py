"""Reports: every figure on its page, opened to its rows, along time, compared, told apart, and as a file."""

import csv
import io

import pytest
from django.test import Client

from analytics.models import Fact
from analytics.queries import freshness
from analytics.queries.figures import FIGURES
from analytics.rules.calendar import Grain
from analytics.tasks import fill_of
from campaigns.queries.campaigning.reading import public_id
from loyalty.core import clock
from loyalty.core.tenancy.scope import acting_for
from loyalty.web.office.reports import drilldown
from loyalty.web.office.reports.drawing import CHARTS
from loyalty.web.office.reports.themes import SUMMARY, THEMES
from members.operations.bulk import put_into_segment
from members.operations.points import adjust_points
from members.operations.refunds import refund_order
from members.rules.shopping import NewRefund
from rewards.operations.redemption import redeem_reward
from tests.campaigns.campaigning.started import FIFTY, running
from tests.cast import AT, MARA, buy, days, person
from tests.web.office.conftest import Luna, browser_of

MARCH = "?by=month&day=2026-03-01"


@pytest.fixture
def busy(lunas: Luna) -> Luna:
    """A spring at Café Luna."""
    with acting_for(lunas.merchant, by=MARA):
        buy(lunas.ana, 100, at=AT - days(10), channel="web")
        buy(lunas.ana, 60, at=AT + days(3), channel="pos", location="main")
        buy(lunas.ben, 500, at=AT + days(4), external_id="big", channel="=web")
        buy(None, 77, at=AT + days(4), channel="pos")
        redeem_reward(member=lunas.ana.pk, reward=lunas.reward.pk, key="k", at=AT + days(5))
        adjust_points(member=lunas.ben.pk, amount=9, reason="x", at=AT + days(5))
        refund_order(source="api", order_external_id="big", at=AT + days(40),
                     refund=NewRefund("r", AT + days(40), amount_minor=12_300))  # fmt: skip
    return lunas


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined]


def test_every_figure_stands_on_a_page_and_every_key_figure_has_one(busy: Luna) -> None:
    told = [key for theme in THEMES.values() for key in theme.figures]
    assert sorted(told) == sorted(FIGURES)
    assert {made.row for made in FIGURES.values()} == {f"K{number}" for number in range(1, 10)}
    assert set(SUMMARY) <= set(FIGURES)


@pytest.mark.parametrize("grain", Grain)
@pytest.mark.parametrize("compare", ["before", "year"])
@pytest.mark.parametrize("name", ["", *THEMES])
def test_pages_answer_for_every_period_and_comparison(
    busy: Luna, owner: Client, name: str, grain: str, compare: str
) -> None:
    page = owner.get(
        busy.url(f"reports/{name}{'/' if name else ''}?by={grain}&day=2026-03-05&with={compare}")
    )
    assert page.status_code == 200
    assert "NaN" not in text(page)


@pytest.mark.parametrize("name", ["", *THEMES])
def test_a_shop_without_anything_is_told_what_to_do(lunas: Luna, owner: Client, name: str) -> None:
    page = owner.get(lunas.url(f"reports/{name}{'/' if name else ''}?by=year&day=2024-05-05"))
    assert page.status_code == 200
    assert "NaN" not in text(page)
    if not name:
        assert "Nothing to report yet" in text(page)


@pytest.mark.parametrize("key", FIGURES)
def test_a_figure_opens_to_rows_and_a_file_that_add_up_to_it(busy: Luna, owner: Client, key: str) -> None:
    page = owner.get(busy.url(f"reports/figures/{key}/{MARCH}"))
    assert page.status_code == 200
    assert len(page.context["rows"]) == page.context["count"] or page.context["next_url"]
    file = owner.get(busy.url(f"reports/figures/{key}/rows.csv{MARCH}"))
    rows = list(csv.reader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig"))))[1:]
    assert len(rows) == page.context["count"]
    if FIGURES[key].unit == "money" and FIGURES[key].whole is None:
        total = sum(float(row[3]) for row in rows)
        assert page.context["value"].replace(",", "").endswith(f"{total:.2f}")


def test_a_figure_says_its_value_how_it_came_about_and_how_it_moved(busy: Luna, owner: Client) -> None:
    page = text(owner.get(busy.url(f"reports/figures/aov_members/{MARCH}")))
    for said in ("SEK&nbsp;262.33", "SEK 262.33", "SEK\u00a0262.33"):
        if said in page:
            break
    else:
        pytest.fail("the value is not said")
    assert "÷" in page
    assert "against February 2026" in page


def test_a_period_that_goes_on_is_compared_with_nothing(busy: Luna, owner: Client) -> None:
    page = owner.get(busy.url("reports/?by=year"))
    assert (
        "Still going on" in text(owner.get(busy.url("reports/?by=year&day=2999-01-01")))
        or page.status_code == 200
    )
    assert all(
        not stat["change"] for stat in owner.get(busy.url("reports/?by=day&day=2099-12-31")).context["stats"]
    )


def test_a_part_of_a_figure_opens_to_its_own_rows(busy: Luna, owner: Client) -> None:
    page = owner.get(busy.url(f"reports/orders/{MARCH}&cut=channel"))
    cells = {row["name"]: row["cells"][0] for row in page.context["apart"]["rows"]}
    assert {"At the till", "=web"} <= set(cells)
    opened = owner.get(cells["=web"]["url"])
    assert opened.context["count"] == 1
    assert opened.context["value"] == cells["=web"]["value"]


def test_a_theme_is_told_apart_by_segment_and_campaign_where_the_shop_has_any(
    busy: Luna, owner: Client
) -> None:
    def choices(name: str) -> list[str]:
        apart = owner.get(busy.url(f"reports/{name}/{MARCH}")).context["apart"]
        return [str(one["label"]) for one in apart["choices"]] if apart else []

    assert choices("members") == []
    assert choices("orders") == ["Channel", "Place", "Tier"]
    with acting_for(busy.merchant, by=MARA):
        put_into_segment(members=[busy.ana.pk], segment="regulars", at=clock.now())
        row = running(name="Spring", rules=[FIFTY])
        buy(busy.ana, 30, at=AT + days(2), external_id="gift")
    assert choices("members") == ["Segment"]
    assert choices("orders") == ["Channel", "Place", "Tier", "Segment", "Campaign"]
    page = owner.get(busy.url(f"reports/members/{MARCH}"))
    assert page.context["apart"]["rows"] == []  # nothing is counted before it is asked for
    assert "Told apart when you ask" in text(page)

    page = owner.get(busy.url(f"reports/orders/{MARCH}&cut=segment"))
    assert "By the segments that members are in now" in text(page)
    parts = {row["name"]: row["cells"][0] for row in page.context["apart"]["rows"]}
    assert set(parts) == {"regulars", "In no segment"}
    opened = owner.get(parts["regulars"]["url"])
    assert opened.context["value"] == parts["regulars"]["value"]
    assert "By the segments that members are in now" in text(opened)

    page = owner.get(busy.url(f"reports/orders/{MARCH}&cut=campaign"))
    parts = {row["name"]: row["cells"][0] for row in page.context["apart"]["rows"]}
    assert set(parts) == {"Spring", "No campaign"}
    opened = owner.get(parts["Spring"]["url"])
    assert (opened.context["count"], opened.context["part"]) == (1, "Campaign: Spring")
    file = owner.get(page.context["apart"]["csv_url"])
    rows = list(csv.reader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig"))))
    assert rows[0][0] == "Campaign"
    assert {one[0] for one in rows[1:]} == {"Spring", "No campaign"}
    assert owner.get(busy.url(f"reports/members/{MARCH}&cut=campaign&csv=apart")).status_code == 404
    assert public_id(row) in parts["Spring"]["url"]


def test_a_large_shop_is_told_what_it_cannot_have_told_apart_at_once(
    busy: Luna, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with acting_for(busy.merchant, by=MARA):
        put_into_segment(members=[busy.ana.pk], segment="regulars", at=clock.now())
    fill_of(busy.merchant.pk)
    monkeypatch.setattr(freshness, "LIVE_BELOW", 0)
    month, year = (
        owner.get(busy.url(f"reports/orders/?by={by}&day=2026-03-01&cut=segment")) for by in ("month", "year")
    )
    assert len(month.context["apart"]["rows"]) == 2
    assert year.context["apart"]["rows"] == []
    assert "Too much to count at once" in text(year)
    part = "?by=year&day=2026-03-01&cut=segment&name=regulars"
    page = owner.get(busy.url(f"reports/figures/revenue_members/{part}"))
    assert page.context["part"] == ""
    file, whole = (
        b"".join(owner.get(busy.url(f"reports/figures/revenue_members/rows.csv{asked}")).streaming_content)
        for asked in (part, "?by=year&day=2026-03-01")
    )
    assert file == whole, "the file has the rows that the page opens"


def test_a_charts_table_is_a_file_that_no_spreadsheet_runs(busy: Luna, owner: Client) -> None:
    for name in THEMES:
        page = owner.get(busy.url(f"reports/{name}/{MARCH}"))
        for one in page.context["charts"]:
            file = owner.get(one["csv_url"])
            assert file.status_code == 200
            assert b"text/csv" in file["Content-Type"].encode()
    assert owner.get(busy.url(f"reports/orders/{MARCH}&csv=nothing")).status_code == 404


def test_buying_before_and_after_joining_is_a_file(busy: Luna, owner: Client) -> None:
    def rows(when: str) -> list[list[str]]:
        url = owner.get(busy.url(f"reports/orders/{when}")).context["around"]["csv_url"]
        return list(csv.reader(io.StringIO(b"".join(owner.get(url).streaming_content).decode("utf-8-sig"))))

    assert rows(MARCH) == [["What", "Before", "After"], ["Orders", "1", "3"], ["Spent", "100.00", "787.00"]]
    assert rows("?by=month&day=2026-01-01") == [["What", "Before", "After"]], "nobody had joined then"


def test_for_a_file_of_what_is_told_apart_no_chart_is_drawn(
    busy: Luna, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    for name, charts in CHARTS.items():
        monkeypatch.setitem(
            CHARTS, name, lambda draw, name=name, charts=charts: drawn.append(name) or charts(draw)
        )
    for asked in ("&cut=channel&csv=apart", "&csv=around"):
        assert owner.get(busy.url(f"reports/orders/{MARCH}{asked}")).status_code == 200
    assert drawn == []
    assert owner.get(busy.url(f"reports/orders/{MARCH}")).status_code == 200
    assert drawn == ["orders"], "the twin: the page has them"


@pytest.mark.parametrize(
    "query",
    ["?by=x", "?day=x", "?day=0001-01-01", "?day=9999-12-31", "?with=x", "?cut=x", "?page=x", "?page=0", "?page=999999",
     "?cut=tier&name=%00", "?cut=channel", "?name=x"],
)  # fmt: skip
def test_odd_addresses_are_answered(busy: Luna, owner: Client, query: str) -> None:
    for path in (
        "reports/",
        "reports/orders/",
        "reports/figures/revenue/",
        "reports/figures/revenue/rows.csv",
    ):
        assert owner.get(busy.url(path + query)).status_code == 200
    for path in ("reports/nothing/", "reports/figures/nothing/", "reports/figures/nothing/rows.csv"):
        assert owner.get(busy.url(path)).status_code == 404


def test_who_may_read_reports(busy: Luna) -> None:
    answers = {role: browser_of(busy, role).get(busy.url("reports/")).status_code
               for role in ("owner", "manager", "analyst", "cashier")}  # fmt: skip
    assert answers == {"owner": 200, "manager": 200, "analyst": 200, "cashier": 403}


def test_another_shops_figures_never_show(busy: Luna, ottos: Luna) -> None:
    page = browser_of(ottos, "owner").get(ottos.url(f"reports/figures/revenue/{MARCH}"))
    assert page.context["value"].endswith("350.00")  # its own one order
    assert browser_of(ottos, "owner").get(busy.url("reports/")).status_code == 404


def test_the_shops_own_word_for_points_stands_everywhere(busy: Luna, owner: Client) -> None:
    page = text(owner.get(busy.url(f"reports/points/{MARCH}")))
    assert "{points}" not in page and "{Points}" not in page
    with acting_for(busy.merchant, by=MARA):
        person("somebody")


def test_what_is_owed_stands_on_a_page_and_in_a_journal(busy: Luna, owner: Client) -> None:
    page = owner.get(busy.url("reports/liability/"))
    assert page.status_code == 200
    assert page.context["owed"].agreement.holds
    assert "To the point" in text(page)
    file = b"".join(owner.get(busy.url("reports/liability/journal.csv")).streaming_content).decode(
        "utf-8-sig"
    )
    rows = list(csv.DictReader(io.StringIO(file)))
    assert sum(float(row["Debit"] or 0) for row in rows) == pytest.approx(
        sum(float(row["Credit"] or 0) for row in rows)
    )
    assert rows[0]["Month"] == "2026-02-01"


def test_a_shop_that_owes_nothing_is_told_so(ottos: Luna, db: None) -> None:
    page = browser_of(ottos, "owner").get(ottos.url("reports/liability/"))
    assert page.status_code == 200


@pytest.mark.parametrize("part", ["", "&cut=channel&name=pos", "&cut=tier&name="])
def test_a_page_beyond_the_last_says_what_the_figure_is_all_the_same(
    busy: Luna, owner: Client, part: str
) -> None:
    first, beyond = (
        owner.get(busy.url(f"reports/figures/revenue_members/{MARCH}{part}&page={page}")) for page in (1, 9)
    )
    assert (len(first.context["rows"]) > 0, beyond.context["rows"]) == (True, [])
    assert first.context["value"] == beyond.context["value"] != "SEK\u00a00.00"


def opened(busy: Luna, owner: Client, key: str) -> tuple[object, ...]:
    """What the page of a figure says and shows, of all of it and of one channel."""
    found: list[object] = []
    for part in ("", "&cut=channel&name=pos"):
        page = owner.get(busy.url(f"reports/figures/{key}/{MARCH}{part}"))
        found += [page.context[name] for name in ("value", "sum", "rows")]
    return tuple(found)


def test_a_large_shop_opens_the_same_rows_to_the_same_figures(
    busy: Luna, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with acting_for(busy.merchant, by=MARA):
        buy(busy.ana, 10, at=clock.now())
    fill_of(busy.merchant)
    counted = {key: opened(busy, owner, key) for key in FIGURES}
    page, seen = busy.url(f"reports/figures/revenue/{MARCH}"), 0
    count = owner.get(page).context["count"]
    assert count > 1
    monkeypatch.setattr(freshness, "LIVE_BELOW", 1)
    assert {key: opened(busy, owner, key) for key in FIGURES} == counted
    monkeypatch.setattr(drilldown, "PAGE", 1)
    while page:
        answer = owner.get(page)
        assert (answer.context["count"], answer.context["summary"]) == (None, "")
        seen += len(answer.context["rows"])
        page = answer.context["next_url"]
    assert seen == count


def test_twin_a_large_shop_reads_the_figure_from_facts_alone(
    busy: Luna, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with acting_for(busy.merchant, by=MARA):
        buy(busy.ana, 10, at=clock.now())
    fill_of(busy.merchant)
    monkeypatch.setattr(freshness, "LIVE_BELOW", 1)
    counted = opened(busy, owner, "revenue")
    with acting_for(busy.merchant, by=MARA):
        Fact.objects.filter(measure="revenue").update(amount=1)
    assert opened(busy, owner, "revenue") != counted


def test_what_a_large_shop_owes_says_when_it_was_counted(
    busy: Luna, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with acting_for(busy.merchant, by=MARA):
        buy(busy.ana, 10, at=clock.now())
    monkeypatch.setattr(freshness, "LIVE_BELOW", 1)
    live = owner.get(busy.url("reports/liability/"))
    assert "Counted just now" in text(live)
    fill_of(busy.merchant)
    kept = owner.get(busy.url("reports/liability/"))
    assert "once an hour" in text(kept)
    assert kept.context["owed"].agreement == live.context["owed"].agreement
    assert kept.context["cohorts"] == live.context["cohorts"]
