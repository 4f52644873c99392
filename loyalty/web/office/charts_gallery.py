"""Every chart in every state, with figures that are made up: what reports are drawn with."""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from analytics.charts.base import Chart
from analytics.charts.shapes import Distribution, Funnel, Heat, sparkline
from analytics.charts.trend import Bars, Line, Series, Stacked
from loyalty.core import formats
from loyalty.web.office.files import chart_file

_GIVEN = (41_200.0, 44_900.0, 43_100.0, 52_700.0, 58_300.0, None, 61_900.0, 66_400.0, 71_050.0)
_USED = (12_400.0, 15_100.0, 18_800.0, 21_000.0, 26_450.0, None, 30_300.0, 38_700.0, 41_900.0)
_RETAINED = (1.0, 0.71, 0.58, 0.49, 0.43, 0.4, 0.37, 0.35, 0.34)
_WORTH = (4, 11, 29, 61, 102, 131, 118, 90, 61, 38, 22, 12, 6, 3)


def _money(value: float) -> str:
    return formats.money(round(value * 100), "SEK")


def _share(value: float) -> str:
    return f"{value * 100:.0f} %"


def _months() -> tuple[str, ...]:
    return tuple(formats.short_month(date(2026, month, 1)) for month in range(1, 10))


def samples() -> list[Chart]:
    """One chart of every kind, a line beside what it is compared with, and one without data."""
    return [*_trends(), *_shapes()]


def _trends() -> list[Chart]:
    months = _months()
    return [
        Line(
            key="line", title=_("Points given and used"), axis=_("Month"), places=months,
            sentence=_("Both rose over the year; of June nothing is known."),
            series=(Series(_("Given"), _GIVEN), Series(_("Used"), _USED)),
        ),
        Line(
            key="compared", title=_("Revenue from members"), axis=_("Month"), places=months, show=_money,
            sentence=_("This year beside the year before."), tick=lambda value: f"{value / 1000:.0f}k",
            series=(
                Series(_("This year"), tuple((value or 58_000) * 1.4 for value in _GIVEN)),
                Series(_("The year before"), tuple(50_000.0 + 900 * (i % 4) for i in range(9)), before=True),
            ),
        ),
        Bars(
            key="bars", title=_("Average order"), axis=_("Month"), places=months, show=_money,
            sentence=_("Members spend more per order than others; that does not say the programme is why."),
            tick=lambda value: f"{value:.0f}",
            series=(
                Series(_("Members"), tuple(240.0 + 9 * i for i in range(9))),
                Series(_("Others"), tuple(205.0 + 3 * (i % 3) for i in range(9))),
            ),
        ),
        Stacked(
            key="stacked", title=_("How points moved"), axis=_("Month"), places=months,
            sentence=_("Given above the line; used and expired below it."),
            series=(
                Series(_("Given"), _GIVEN),
                Series(_("Used"), tuple(-(value or 0) for value in _USED)),
                Series(_("Expired"), tuple(-400.0 * i for i in range(9))),
            ),
        ),
    ]  # fmt: skip


def _shapes() -> list[Chart]:
    months = _months()
    return [
        Heat(
            key="heat", title=_("Who comes back"), corner=_("Joined"), size=_("Members"), show=_share,
            sentence=_("Of the members who joined in a month, how many bought again in each month after it."),
            periods=tuple(str(i) for i in range(9)),
            cohorts=tuple(
                (months[row], 120 + 17 * row, tuple(share * (1 - 0.012 * row) for share in _RETAINED[: 9 - row]))
                for row in range(9)
            ),
        ),
        Funnel(
            key="funnel", title=_("From joining to a tier"), head=_("Step"), count=_("Members"), show=_share,
            sentence=_("Most who join earn; one in three has used a reward."),
            of_first=_("of those who joined"), of_last=_("of the step before"),
            steps=((_("Joined"), 2418), (_("First points"), 1984), (_("First reward"), 811), (_("Second tier"), 240)),
        ),
        Distribution(
            key="distribution", title=_("What members are worth"), show=_money,
            sentence=_("Expected spend of each member over the next 12 months, and the mean with its range."),
            tick=lambda value: f"{value:,.0f}",
            bins=tuple((i * 250.0, (i + 1) * 250.0, count) for i, count in enumerate(_WORTH)),
            middle=1480.0, low=1310.0, high=1660.0, middle_name=_("Mean"), range_name=_("Range"),
            value_name=_("Spend"), count_name=_("Members"),
        ),
        Line(
            key="empty", title=_("A new shop"), sentence=_("Nothing was bought yet."), axis=_("Month"),
            places=months, series=(Series(_("Given"), (None,) * 9),),
        ),
    ]  # fmt: skip


def charts(request: HttpRequest, context: dict[str, Any], here: str) -> HttpResponseBase:
    """The page of charts; with `?csv=line` the rows of one. 404 for a chart there is none of."""
    found = samples()
    if "csv" in request.GET:
        chart = next((one for one in found if one.key == request.GET["csv"]), None)
        if chart is None:
            raise Http404
        return chart_file(request, chart.key, chart)
    told = {
        "charts": [{"chart": one, "csv_url": f"{here}?face=charts&csv={one.key}"} for one in found],
        "spark": sparkline(_GIVEN, text=_("Rising over nine months")),
    }
    return render(request, "office/charts/gallery.html", {**context, **told})
