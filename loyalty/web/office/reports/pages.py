"""The summary of key figures, and a page for each theme: figures, charts, and the same by channel, place or tier."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from analytics.charts.base import Chart
from analytics.queries import journeys
from analytics.queries.figures import FIGURES, KEPT, Definition
from analytics.queries.sums import Reader, reader
from analytics.queries.telling import Table, can_count, figures
from campaigns.queries.campaigning.reading import campaigns
from loyalty.core import formats
from loyalty.core.errors import NotFound
from loyalty.core.money import major
from loyalty.core.pages import Here, require
from loyalty.web.office.files import chart_file, download
from loyalty.web.office.frame import office_page, words
from loyalty.web.office.reports.drawing import CHARTS, Drawer, all_periods, spark
from loyalty.web.office.reports.frame import (
    CUTS,
    CUTS_SAY,
    Asked,
    asked_of,
    change,
    choices,
    guided,
    namer,
    number_of,
    plain,
    shown,
    tabs,
    worded,
)
from loyalty.web.office.reports.themes import SUMMARY, THEMES
from loyalty.web.office.value.worth import forecast
from loyalty.web.office.worth import point_cost, points_minor
from members.queries.belonging import segment_choices
from rewards.queries.catalogue import rewards

MOST_NAMES = 25


def drawer(here: Here, asked: Asked, keys: tuple[str, ...]) -> Drawer:
    """Draws what figures of one shop and period there are."""
    read = reader(zone=here.merchant.timezone, at=here.at)
    table = figures(read, all_periods(asked), keys)
    return Drawer(here.merchant.slug, here.merchant.currency, read, asked, table)


def stats(draw: Drawer, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """Figures as cards: each with how it moved, a small line, and the way to its rows."""
    said, found = words(), []
    for key in keys:
        made, now = FIGURES[key], draw.table[key, draw.asked.when, ""]
        moved, kind = (
            change(made, now, draw.table[key, draw.asked.other, ""]) if draw.asked.is_over else ("", "")
        )
        url = reverse("office:report_figure", args=[draw.slug, key])
        guide = guided(made, draw.currency)
        found.append(
            {
                "label": made.label(said),
                "value": shown(made.unit, now.value, draw.currency),
                "definition": f"{made.says(said)} {guide}".strip(),
                "href": url + draw.asked.query(cut=""),
                "change": moved,
                "change_kind": kind,
                "spark": spark(draw, key),
            }
        )
    return found


@require_safe
@require("overview.view")
def reports(request: HttpRequest, here: Here) -> HttpResponse:
    """The figures an owner looks at first, and the way to everything else."""
    asked = asked_of(request, here)
    draw = drawer(here, asked, SUMMARY)
    url = reverse("office:reports", args=[here.merchant.slug])
    context = {
        **choices(asked, url),
        "tabs": tabs(here, asked),
        "stats": stats(draw, SUMMARY),
        "is_empty": not draw.table["members_total", asked.when, ""].value
        and not draw.table["revenue_members", asked.when, ""].value,
        "fresh": draw.read.fresh,
        "themes": [
            {
                "label": worded(theme.label),
                "question": theme.question,
                "url": reverse("office:report", args=[here.merchant.slug, name]) + asked.query(cut=""),
                "names": " · ".join(FIGURES[key].label(words()) for key in theme.figures[:4]),
            }
            for name, theme in THEMES.items()
        ],
    }
    return office_page(request, here, "office/reports/summary.html", context, current="reports")


def says_something(chart: Chart) -> bool:
    """Whether anything in a chart is not nought: empty axes tell less than the figure above them."""
    return any(cell for row in chart.rows for cell in row[1:])


@require_safe
@require("overview.view")
def theme(request: HttpRequest, here: Here, name: str) -> HttpResponseBase:
    """One theme; with `?csv=` the table of one of its charts, or what is told apart, as a file."""
    if name not in THEMES:
        raise NotFound("report")
    made, asked = THEMES[name], asked_of(request, here)
    if request.GET.get("csv") == "apart":
        return _apart_file(request, here, asked, name)
    if request.GET.get("csv") == "around" and name == "orders":
        return _around_file(request, here, asked)
    draw = drawer(here, asked, made.figures)
    charts = [one for one in CHARTS[name](draw) if one.is_empty or says_something(one)]
    url = reverse("office:report", args=[here.merchant.slug, name])
    if "csv" in request.GET:
        chart = next((one for one in charts if one.key == request.GET["csv"]), None)
        if chart is None:
            raise NotFound("chart")
        return chart_file(request, f"{name}-{chart.key}", chart)
    context = {
        **choices(asked, url),
        "tabs": tabs(here, asked, name),
        "theme": made,
        "label": worded(made.label),
        "stats": stats(draw, made.figures),
        "charts": [{"chart": one, "csv_url": f"{url}{asked.query(csv=one.key)}"} for one in charts],
        "fresh": draw.read.fresh,
        "apart": _apart(here, asked, draw.read, made.figures, url),
        "around": _around(asked, draw, url) if name == "orders" else None,
        "owed": _owed(draw) if name == "points" else None,
        "forecast": forecast(here) if name == "value" else None,
    }
    return office_page(request, here, "office/reports/theme.html", context, current="reports")


def _apart(here: Here, asked: Asked, read: Reader, keys: tuple[str, ...], url: str) -> dict[str, Any] | None:
    """The figures of a theme that can be told apart, by the cut in the address or the first that is kept; what has to
    be counted only where it is asked for. None where there is no cut."""
    possible = _possible(keys)
    if not possible:
        return None
    cut = asked.cut if asked.cut in possible else next((one for one in possible if one in KEPT), "")
    made, table, found = _parts(asked, read, keys, cut)
    name_of = namer(cut)
    return {
        "cut": cut,
        "label": CUTS.get(cut, ""),
        "says": CUTS_SAY.get(cut, ""),
        "too_long": bool(cut) and not made,
        "heads": [one.label(words()) for one in made],
        "rows": [
            {"name": name_of(name), "cells": _cells(here, asked, table, made, cut, name)}
            for name in found[:MOST_NAMES]
        ],
        "more": max(0, len(found) - MOST_NAMES),
        "csv_url": url + asked.query(cut=cut, csv="apart") if made else "",
        "choices": [
            {"label": CUTS[one], "url": url + asked.query(cut=one) + "#apart", "current": one == cut}
            for one in possible
        ],
    }


def _possible(keys: tuple[str, ...]) -> list[str]:
    """The cuts that some figures can be told apart by: segments and campaigns where the shop has any."""
    there = {"segment": bool(segment_choices()), "campaign": campaigns().exists()}
    return [cut for cut in CUTS if there.get(cut, True) and any(cut in FIGURES[key].cuts for key in keys)]


def _parts(
    asked: Asked, read: Reader, keys: tuple[str, ...], cut: str
) -> tuple[list[Definition], Table, list[str]]:
    """The figures that can be told apart by a cut (none where that takes too long), what they come to, and the names of
    the parts, largest first."""
    made = [
        FIGURES[key]
        for key in keys
        if cut in FIGURES[key].cuts and can_count(read, FIGURES[key], asked.when, cut)
    ]
    if not made:
        return [], {}, []
    table = figures(read, [asked.when, asked.other], [one.key for one in made], cut=cut)
    names = {name for _key, _when, name in table}
    return made, table, sorted(names, key=lambda name: -abs(table[made[0].key, asked.when, name].part))


def _apart_file(request: HttpRequest, here: Here, asked: Asked, theme_name: str) -> HttpResponseBase:
    """Every part of the period, the ones that the page leaves out too."""
    keys, cut = THEMES[theme_name].figures, asked.cut
    made, table, found = _parts(asked, reader(zone=here.merchant.timezone, at=here.at), keys, cut)
    if not made:
        raise NotFound("report")
    name_of, said = namer(cut), words()
    rows = [
        [
            name_of(name),
            *(number_of(one, table[one.key, asked.when, name].value, here.merchant.currency) for one in made),
        ]
        for name in found
    ]
    return download(
        request, f"{theme_name}-{cut}", [str(CUTS[cut]), *(one.label(said) for one in made)], rows
    )


def _cells(
    here: Here, asked: Asked, table: Table, made: list[Any], cut: str, name: str
) -> list[dict[str, str]]:
    slug, currency = here.merchant.slug, here.merchant.currency
    found = []
    for one in made:
        now = table[one.key, asked.when, name]
        moved, kind = change(one, now, table[one.key, asked.other, name]) if asked.is_over else ("", "")
        url = reverse("office:report_figure", args=[slug, one.key])
        found.append(
            {
                "label": one.label(words()),
                "value": shown(one.unit, now.value, currency),
                "url": url + asked.query(cut=cut, name=name),
                "change": moved,
                "kind": kind,
                "plain": plain(one, now.value, currency),
            }
        )
    return found


def _around_file(request: HttpRequest, here: Here, asked: Asked) -> HttpResponseBase:
    found = journeys.around_joining(asked.when, zone=here.merchant.timezone, at=here.at)
    currency = here.merchant.currency
    rows = [
        [_("Orders"), found.orders_before, found.orders_after],
        [_("Spent"), *(major(sum_, currency) for sum_ in (found.before_minor, found.after_minor))],
    ]
    name = f"around-{asked.when.first.isoformat()}"
    return download(request, name, [_("What"), _("Before"), _("After")], rows if found.is_known else [])


def _around(asked: Asked, draw: Drawer, url: str) -> dict[str, Any]:
    """Buying before and after joining, or that too little is known."""
    found = journeys.around_joining(asked.when, zone=draw.read.zone, at=draw.read.at)
    return {
        "known": found.is_known,
        "members": found.members,
        "days": journeys.AROUND_DAYS,
        "csv_url": url + asked.query(csv="around"),
        "rows": [
            (_("Orders"), formats.number(found.orders_before), formats.number(found.orders_after)),
            (
                _("Spent"),
                *(formats.money(sum_, draw.currency) for sum_ in (found.before_minor, found.after_minor)),
            ),
        ],
    }


def _owed(draw: Drawer) -> dict[str, Any]:
    """What members hold, in money at what rewards cost the shop; None where no reward says what it costs."""
    held = draw.table["points_outstanding", draw.asked.when, ""].part
    return {
        "points": held,
        "minor": points_minor(held, point_cost(list(rewards()))),
        "day": draw.asked.when.last if draw.asked.is_over else draw.asked.today,
    }
