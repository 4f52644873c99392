"""The review of a quarter: everything that counts on a few sheets of paper, and what to change. It is made to be
printed, and comes as one file with a sheet for each table."""

from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from analytics.charts.base import Chart
from analytics.charts.trend import Bars, Line
from analytics.models import Advice, ValueFit
from analytics.queries import costing, liability, proposing
from analytics.queries import goals as aims
from analytics.queries import value as foretold
from analytics.queries.figures import FIGURES
from analytics.queries.returns import answer_for
from analytics.rules.calendar import Grain, stretches
from loyalty.core import formats
from loyalty.core.money import major
from loyalty.core.pages import Here, require
from loyalty.exchange.writing import Sheet
from loyalty.web.office.files import workbook
from loyalty.web.office.frame import office_page, words
from loyalty.web.office.reports.drawing import Drawer, of_orders, of_points
from loyalty.web.office.reports.frame import Asked, asked_of, change, number_of, shown, tabs, worded
from loyalty.web.office.reports.pages import drawer
from loyalty.web.office.reports.themes import THEMES
from loyalty.web.office.value import advice, goals
from loyalty.web.office.value.acquisition import source_name
from loyalty.web.office.value.brought import TITLES, money_told
from loyalty.web.office.value.worth import groups_of
from loyalty.web.office.worth import point_cost, points_minor
from rewards.queries.catalogue import rewards

CHAPTERS = {
    "members": gettext_lazy("The programme"),
    "retention": gettext_lazy("Coming back"),
    "orders": gettext_lazy("Purchases"),
    "points": gettext_lazy("{Points} and rewards"),
}
FIGURES_OF = {
    "members": ("members_total", "members_new", "members_active", "members_lapsed", "brought_share",
                "active_share", "nps"),
    "retention": ("retention", "repeat_rate", "frequency", "value_per_buyer"),
    "orders": ("revenue", "revenue_members", "aov_members", "aov_others", "refunds"),
    "points": ("points_issued", "points_spent", "points_expired", "points_outstanding", "redemption_rate",
               "redemptions", "reward_cost"),
}  # fmt: skip


def quarter_of(request: HttpRequest, here: Here) -> Asked:
    """The quarter of the day in the address, compared with the one before, however reports are compared elsewhere."""
    asked = asked_of(request, here, grain=Grain.QUARTER)
    return Asked(asked.when, asked.today)


@require_safe
@require("overview.view")
def page(request: HttpRequest, here: Here) -> HttpResponse:
    """The quarter, chapter by chapter."""
    asked = quarter_of(request, here)
    keys = tuple(key for chapter in FIGURES_OF.values() for key in chapter)
    draw = drawer(here, asked, keys)
    url = reverse("office:report_review", args=[here.merchant.slug])
    context = {
        "tabs": tabs(here, asked_of(request, here), "review"),
        "asked": asked,
        "period": formats.period(asked.when.grain, asked.when.first),
        "before": formats.period(asked.other.grain, asked.other.first),
        "year": formats.period(asked.when.grain, asked.when.year_before.first),
        "quarters": [
            {"label": formats.period(one.grain, one.first), "url": f"{url}?day={one.first.isoformat()}",
             "current": one == asked.when}
            for one in reversed(stretches(Grain.QUARTER, upto=asked.today, count=5))
        ],
        "lead": _lead(draw),
        "chapters": _chapters(draw),
        **_beyond(here, asked, draw),
        "file_url": reverse("office:report_review_file", args=[here.merchant.slug]) + f"?day={asked.when.first}",
        "fresh": draw.read.fresh,
    }  # fmt: skip
    return office_page(request, here, "office/value/review.html", context, current="reports")


def _lead(draw: Drawer) -> list[dict[str, Any]]:
    """The four figures that stand on top."""
    return [_line(draw, key) for key in ("revenue_members", "members_active", "retention", "redemption_rate")]


def _line(draw: Drawer, key: str) -> dict[str, Any]:
    made, asked, table = FIGURES[key], draw.asked, draw.table
    now, before, year = (table[key, when, ""] for when in (asked.when, asked.other, asked.when.year_before))
    moved, kind = change(made, now, before) if asked.is_over else ("", "")
    of_year, year_kind = change(made, now, year) if asked.is_over else ("", "")
    return {
        "key": key,
        "label": made.label(words()),
        "says": made.says(words()),
        "value": shown(made.unit, now.value, draw.currency),
        "before": shown(made.unit, before.value, draw.currency),
        "year": shown(made.unit, year.value, draw.currency),
        "change": moved, "kind": kind, "year_change": of_year, "year_kind": year_kind,
        "url": reverse("office:report_figure", args=[draw.slug, key]) + asked.query(),
    }  # fmt: skip


def _chapters(draw: Drawer) -> list[dict[str, Any]]:
    return [
        {
            "title": worded(title),
            "question": THEMES[name].question,
            "lines": [_line(draw, key) for key in FIGURES_OF[name]],
            "charts": [chart for chart in _charts(draw, name) if not chart.is_empty],
        }
        for name, title in CHAPTERS.items()
    ]


def _charts(draw: Drawer, name: str) -> list[Chart]:
    """Two charts for each chapter at most: more are in the reports."""
    match name:
        case "members":
            return [draw.one("members_total"), draw.one("members_new", kind=Bars)]
        case "retention":
            return [draw.one("retention"), draw.one("repeat_rate")]
        case "orders":
            return [of_orders(draw)[0], draw.one("aov_members", kind=Line)]
        case _:
            return of_points(draw)[:2]


def _beyond(here: Here, asked: Asked, draw: Drawer) -> dict[str, Any]:
    """What is owed, what members will spend, what winning them cost, what the programme brings, goals and advice."""
    read, currency = draw.read, here.merchant.currency
    owed = liability.owed(zone=here.merchant.timezone, at=here.at)
    found = answer_for(read, asked.when, owed)
    fit = foretold.last_fit()
    everybody = (
        next((one for one in fit.told["groups"] if not one["cut"]), None)
        if fit is not None and fit.state == ValueFit.State.FITTED
        else None
    )
    won = costing.acquisition(read, asked.when)
    return {
        "owed": owed,
        "owed_minor": points_minor(owed.expected, point_cost(list(rewards()))),
        "everybody": everybody,
        "won": won,
        "answer": money_told(found.brought, currency),
        "cost_minor": found.costs.total_minor,
        "missing": [TITLES[one] for one in found.brought.missing],
        "goals": [goals.told(one, here) for one in aims.standings(read, aims.current(read))],
        "advice": [advice.opened(row, here) for row in proposing.given(Advice.State.OPEN)],
        "printed_on": here.at,
    }


@require_safe
@require("overview.view")
def export(request: HttpRequest, here: Here) -> FileResponse:
    """Every figure of the quarter, each along nine quarters, and the tables beside them, a sheet each."""
    asked, currency = quarter_of(request, here), here.merchant.currency
    draw = drawer(here, asked, tuple(FIGURES))
    name = f"review-{asked.when.first.isoformat()}.xlsx"
    return workbook(name, [_figures(draw), _along(draw), _winning(here, draw), _groups(currency)])


def _figures(draw: Drawer) -> Sheet:
    asked = draw.asked
    spans = (asked.when, asked.other, asked.when.year_before)
    head = [_("Key figure"), _("Figure"), _("Unit"), *(formats.period(one.grain, one.first) for one in spans)]
    said = words()
    units = {
        "money": draw.currency,
        "points": said["other"],
        "share": "1 = 100 %",
        "score": "\u2212100 … 100",
    }
    rows = [
        [made.row, made.label(said), units.get(made.unit, ""),
         *(number_of(made, draw.table[key, one, ""].value, draw.currency) for one in spans)]
        for key, made in FIGURES.items()
    ]  # fmt: skip
    return _("Figures"), head, rows


def _along(draw: Drawer) -> Sheet:
    head = [_("Figure"), *(formats.period(one.grain, one.first) for one in draw.periods)]
    rows = [
        [made.label(words()),
         *(number_of(made, draw.table[key, one, ""].value, draw.currency) for one in draw.periods)]
        for key, made in FIGURES.items()
    ]  # fmt: skip
    return _("Quarters"), head, rows


def _winning(here: Here, draw: Drawer) -> Sheet:
    currency = here.merchant.currency
    rows = [
        [source_name(one.source), one.members, None if one.spent_minor is None else major(one.spent_minor, currency),
         None if one.each_minor is None else major(one.each_minor, currency)]
        for one in costing.acquisition(draw.read, draw.asked.when).sources
    ]  # fmt: skip
    return _("Winning members"), [_("Source"), _("New members"), _("Amount spent"), _("Each")], rows


def _groups(currency: str) -> Sheet:
    rows = [
        [one["what"], one["label"], one["members"], major(one["spent_minor"], currency),
         major(one["predicted_minor"], currency)]
        for one in groups_of(foretold.last_fit())
    ]  # fmt: skip
    head = [_("Group"), _("Name"), _("Members"), _("Spent so far"), _("Expected in 12 months")]
    return _("Value"), head, rows
