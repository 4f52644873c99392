"""What every chart keeps: the policy, the keyboard, words for who cannot see it, and the table's numbers."""

import csv
import io
import re
from itertools import pairwise
from math import inf, isfinite, nan

import pytest
from defusedxml.ElementTree import fromstring
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from analytics.charts.base import Chart
from analytics.charts.scale import Linear, ticks
from analytics.charts.shapes import Distribution, Funnel, Heat, sparkline
from analytics.charts.svg import NARROW, WIDE, el, number
from analytics.charts.trend import Bars, Line, Series, Stacked
from loyalty.exchange.writing import csv_bytes

NASTY = '<script>alert("1")</script> & "co"'
MONTHS = ("Jan", "Feb", "Mar", "Apr")
TREND = {"title": NASTY, "sentence": NASTY, "places": MONTHS, "axis": "Month"}
SERIES = (Series("Given", (10.0, None, 1200.0, 7.0)), Series(NASTY, (3.0, 4.0, 5.0, -6.0)))
COHORTS = (("Jan", 20, (1.0, 0.5, 0.25)), ("Feb", 30, (1.0, None)), ("Mar", 0, (None,)))


def charts() -> list[Chart]:
    """One of every kind, with names that would break out of their markup if they could."""
    words = {"of_first": "of the first", "of_last": "of the step before", "count": "Members", "head": "Step"}
    links = tuple(f"/rows/?month={month}&a=1" for month in MONTHS)
    return [
        Line(key="line", series=SERIES, **TREND),
        Bars(key="bars", series=SERIES, links=links, **TREND),
        Stacked(key="stacked", series=SERIES, **TREND),
        Heat(key="heat", title="t", sentence="s", cohorts=COHORTS, periods=("0", "1", "2"), corner="Joined", size="Members"),
        Funnel(key="funnel", title="t", sentence="s", steps=(("Joined", 40), (NASTY, 30), ("Used", 0)), **words),
        Distribution(
            key="spread", title="t", sentence="s", bins=((0.0, 10.0, 4), (10.0, 20.0, 0), (20.0, 30.0, 9)), middle=18.0,
            low=12.0, high=24.0, middle_name="Mean", value_name="Spend", count_name="Members",
        ),
    ]  # fmt: skip


EACH = pytest.mark.parametrize("chart", charts(), ids=lambda chart: chart.key)
FRAMES = pytest.mark.parametrize("frame", [WIDE, NARROW], ids=lambda frame: frame.name)


@EACH
@FRAMES
def test_a_drawing_is_whole_and_lets_nothing_through(chart: Chart, frame: object) -> None:
    root = fromstring(str(chart.drawing(frame)))  # type: ignore[arg-type]
    width, height = (float(part) for part in root.get("viewBox", "").split()[2:])
    for node in root.iter():
        assert node.tag in {"svg", "g", "a", "rect", "line", "path", "circle", "text", "title", "desc"}
        assert not [name for name in node.keys() if name == "style" or name.startswith("on")]  # noqa: SIM118
        for name in ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "width", "height"):
            place = float(node.get(name, 0))
            assert isfinite(place) and -1 <= place <= max(width, height) + 1, (node.tag, name, place)


@EACH
@FRAMES
def test_everything_pointed_at_can_be_reached_and_is_said(chart: Chart, frame: object) -> None:
    root = fromstring(str(chart.drawing(frame)))  # type: ignore[arg-type]
    title, desc = root.find("title"), root.find("desc")
    assert title is not None and desc is not None
    assert (title.text, desc.text) == (chart.title, chart.sentence)
    assert root.get("aria-labelledby") == title.get("id") and root.get("aria-describedby") == desc.get("id")
    points = [node for node in root.iter() if node.get("class") == "chart__point"]
    assert points
    for node in points:
        assert node.get("aria-label")
        assert node.get("tabindex") == "0" or (node.tag == "a" and node.get("href"))


@EACH
def test_the_table_and_the_csv_say_what_is_drawn(chart: Chart) -> None:
    rows = list(csv.reader(io.StringIO(csv_bytes([chart.heads, *chart.rows]).decode())))
    assert len(rows) == len(chart.rows) + 1 == len(chart.shown_rows) + 1
    for told, row, shown in zip(rows[1:], chart.rows, chart.shown_rows, strict=True):
        assert len(told) == len(row) == len(shown) == len(chart.heads)
        for text, value in zip(told[1:], row[1:], strict=True):
            assert (float(text) if text else None) == value


@EACH
def test_a_page_shows_the_drawing_once_for_each_width(chart: Chart) -> None:
    page = render_to_string("components/chart.html", {"chart": chart, "csv_url": "/c.csv"})
    assert page.count('<svg viewBox="0 0 560') + page.count('<svg viewBox="0 0 340') == 2
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert NASTY not in page and "nan" not in page.lower().replace("tenant", "")


def test_nothing_to_draw_is_said() -> None:
    empty = [
        Line(key="none", title="t", sentence="s", places=MONTHS, series=(Series("Given", (None,) * 4),)),
        Line(key="bare", title="t", sentence="s", places=(), series=()),
        Heat(key="heat", title="t", sentence="s", cohorts=(), periods=(), corner="", size=""),
        Funnel(
            key="f",
            title="t",
            sentence="s",
            steps=(("Joined", 0),),
            head="",
            of_first="",
            of_last="",
            count="",
        ),
        Distribution(key="d", title="t", sentence="s", bins=()),
    ]
    for chart in empty:
        page = render_to_string("components/chart.html", {"chart": chart})
        assert "Too little data" in page and "chart__paper" not in page


def test_a_gap_is_a_gap_and_a_lone_value_leaves_a_trace() -> None:
    chart = Line(
        key="l", title="t", sentence="s", places=MONTHS, series=(Series("Given", (1.0, 2.0, None, 4.0)),)
    )
    drawn = str(chart.drawing(WIDE))
    assert drawn.count('class="chart__line series-1"') == 2
    assert 'class="chart__dot series-1"' in drawn
    assert "Mar. Given: –" in drawn


def test_stacked_parts_end_at_their_sum() -> None:
    chart = Stacked(
        key="s",
        title="t",
        sentence="s",
        places=("Jan",),
        series=(Series("a", (30.0,)), Series("b", (50.0,)), Series("c", (-20.0,))),
    )
    bars = [
        node for node in fromstring(str(chart.drawing(WIDE))).iter() if "chart__bar" in node.get("class", "")
    ]
    a, b, c = ((float(bar.get("y", 0)), float(bar.get("height", 0))) for bar in bars)
    assert b[0] + b[1] == pytest.approx(a[0], abs=0.02)  # b stands on a
    assert c[0] == pytest.approx(a[0] + a[1], abs=0.02)  # c hangs below nought
    assert (a[1] / b[1], c[1] / a[1]) == (pytest.approx(3 / 5, rel=1e-2), pytest.approx(2 / 3, rel=1e-2))


def test_what_is_not_a_number_is_refused_rather_than_drawn() -> None:
    for value in (nan, inf):
        with pytest.raises(ValueError, match="numbers"):
            Line(key="l", title="t", sentence="s", places=("Jan",), series=(Series("Given", (value,)),))
        with pytest.raises(ValueError, match="number"):
            number(value)


def test_what_the_policy_blocks_cannot_be_written() -> None:
    for attributes in ({"style": "x"}, {"onclick": "x"}, {"href": "javascript:x"}):
        with pytest.raises(ValueError, match="policy"):
            el("a", **attributes)


def test_a_spreadsheet_takes_no_name_for_a_formula() -> None:
    chart = Line(key="l", title="t", sentence="s", places=("=1+1",), series=(Series("@x", (-1.0,)),))
    assert list(csv.reader(io.StringIO(csv_bytes([chart.heads, *chart.rows]).decode()))) == [
        ["", "'@x"],
        ["'=1+1", "-1.0"],
    ]


def test_a_sparkline_of_a_flat_line_or_of_nothing() -> None:
    assert "NaN" not in str(sparkline([5.0, 5.0, 5.0], text="flat"))
    assert str(sparkline([5.0], text="one")) == "" == str(sparkline([None, None], text="none"))


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9), st.booleans())
def test_ticks_are_few_even_and_hold_what_they_must(low: float, wide: float, whole: bool) -> None:
    high = low + wide
    if 0 < high - low < 1e-6 * max(abs(low), 1):
        high = low
    marks = ticks(low, high, whole=whole)
    assert 2 <= len(marks) <= 8
    unseen = 1e-6 * (marks[1] - marks[0])  # what lies past the end by less than this lies on it
    assert marks[0] <= low + unseen and marks[-1] >= high - unseen
    steps = [b - a for a, b in pairwise(marks)]
    assert max(steps) - min(steps) <= 1e-5 * max(steps)
    if whole:
        assert all(mark == int(mark) for mark in marks)


def test_a_scale_of_one_value_does_not_divide_by_nought() -> None:
    assert Linear(5, 5, 0, 100)(5) == 0
