"""One figure: what it is, how it went, and the rows that add up to it, on a page and as a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from analytics.charts.trend import Bars, Line
from analytics.queries import rows as opened
from analytics.queries.figures import Definition, definition, told_apart
from analytics.queries.sums import Reader, reader
from analytics.queries.telling import Told, can_count
from analytics.queries.telling import figure as told_of
from loyalty.core import formats, ids
from loyalty.core.errors import NotFound
from loyalty.core.money import major
from loyalty.core.pages import Here, require
from loyalty.web.office.files import download
from loyalty.web.office.frame import office_page, words
from loyalty.web.office.lists import PAGE, is_text
from loyalty.web.office.members import known_as
from loyalty.web.office.overview import MOVES
from loyalty.web.office.reports.drawing import Drawer
from loyalty.web.office.reports.frame import (
    CUTS,
    CUTS_SAY,
    Asked,
    asked_of,
    change,
    choices,
    guided,
    namer,
    shown,
    worded,
)
from loyalty.web.office.reports.pages import drawer
from loyalty.web.office.reports.themes import THEMES
from members.queries import directory
from members.queries.orders import numbers_of


def _part_of(request: HttpRequest, made: Definition, asked: Asked, read: Reader) -> tuple[str, str]:
    """The cut in the address and the name of the part; nothing for a figure that is not told apart so, or that would
    take too long to be."""
    name = request.GET.get("name", "")[:60]
    if not asked.cut or asked.cut not in made.cuts or "name" not in request.GET or not is_text(name):
        return "", ""
    cut = told_apart(made, asked.cut)
    return (cut, name) if can_count(read, made, asked.when, cut) else ("", "")


@dataclass(frozen=True, slots=True)
class _Opened:
    """A page of a figure's rows, the figure, and how many rows there are in all: None where nobody counted them."""

    rows: list[opened.Row]
    now: Told
    has_more: bool
    count: int | None


def _opened(draw: Drawer, made: Definition, cut: str, name: str, *, first: int) -> _Opened:
    """The figure is what its rows come to. In a large shop, which is not added up while somebody waits, it is the one
    that was summed last."""
    read, when = draw.read, draw.asked.when
    asked: dict[str, Any] = {"zone": read.zone, "at": read.at, "cut": cut, "name": name, "first": first}
    if not read.fresh.is_live:
        some = opened.some_rows(made.key, when, **asked, most=PAGE + 1)
        now = told_of(read, made.key, when, cut=cut, name=name) if cut else draw.table[made.key, when, ""]
        return _Opened(some[:PAGE], now, len(some) > PAGE, None)
    found = opened.rows(made.key, when, **asked, most=PAGE)
    now = Told(made.key, found.part, found.whole if made.whole else None)
    if not found.rows and (first or not cut):  # there may be rows on the pages before: nobody added them up
        now = told_of(read, made.key, when, cut=cut, name=name) if cut else draw.table[made.key, when, ""]
    return _Opened(found.rows, now, first + PAGE < found.count, found.count)


@require_safe
@require("overview.view")
def figure(request: HttpRequest, here: Here, figure: str) -> HttpResponse:
    """What a figure is, its course, and its rows, largest first."""
    made, asked = definition(figure), asked_of(request, here)
    number = request.GET.get("page", "1")
    page = min(int(number), 100_000) if number.isdecimal() and len(number) < 7 and int(number) else 1
    draw = drawer(here, asked, (figure,))
    cut, name = _part_of(request, made, asked, draw.read)
    found = _opened(draw, made, cut, name, first=(page - 1) * PAGE)
    now = found.now
    said, url = words(), reverse("office:report_figure", args=[here.merchant.slug, figure])
    part = {"cut": cut, "name": name} if cut else {"cut": ""}
    moved, kind = (
        change(made, now, draw.table[figure, asked.other, ""]) if asked.is_over and not cut else ("", "")
    )
    context = {
        **choices(asked, url),
        "made": made,
        "label": made.label(said),
        "says": f"{made.says(said)} {guided(made, here.merchant.currency)}".strip(),
        "formula": worded(_(made.formula)),
        "value": shown(made.unit, now.value, here.merchant.currency),
        "sum": _sum(made, now, here.merchant.currency),
        "change": moved,
        "change_kind": kind,
        "part": f"{CUTS[cut]}: {namer(cut)(name)}" if cut else "",
        "part_says": CUTS_SAY.get(cut, ""),
        "whole_url": url + asked.query(cut=""),
        "chart": None if cut else draw.one(figure, kind=Line if made.whole else Bars),
        "rows": _told(found.rows, made, here),
        "columns": _columns(made, said),
        "count": found.count,
        "has_notes": any(row.note for row in found.rows),
        "csv_url": reverse("office:report_rows", args=[here.merchant.slug, figure]) + asked.query(**part),
        "back": _theme_of(here, asked, figure),
        "fresh": draw.read.fresh,
        "previous_url": url + asked.query(**part, page=str(page - 1)) if page > 1 else "",
        "next_url": url + asked.query(**part, page=str(page + 1)) if found.has_more else "",
        "summary": _summary(page, len(found.rows), found.count),
    }
    return office_page(request, here, "office/reports/figure.html", context, current="reports")


@require_safe
@require("overview.view")
def export(request: HttpRequest, here: Here, figure: str) -> FileResponse:
    """All rows of a figure as a file: those that its page opens."""
    made, asked = definition(figure), asked_of(request, here)
    read = reader(zone=here.merchant.timezone, at=here.at)
    cut, name = _part_of(request, made, asked, read)
    found = opened.every_row(figure, asked.when, zone=read.zone, at=read.at, cut=cut, name=name)
    kind, currency = _kind(made), here.merchant.currency
    head = [_("Id"), _("When"), _("What"), *_columns(made, words())]
    rows = (
        [
            ids.encode(kind, row.about),
            timezone.localtime(row.at) if row.at else None,
            row.note,
            *_plain(made, row, currency),
        ]
        for row in found
    )
    return download(request, f"{figure}-{asked.when.first.isoformat()}", head, rows)


def _kind(made: Definition) -> str:
    return "ord" if made.opens.what == "orders" else "mbr"


def _columns(made: Definition, said: dict[str, str]) -> list[str]:
    """What the numbers of a row are called: its part, and where something is divided its whole."""
    if made.whole is None:
        return [made.label(said)]
    above, _sign, below = worded(_(made.formula)).partition("÷")
    return [part[:1].upper() + part[1:] for part in (above.strip(), below.strip())]


def _sum(made: Definition, now: Told, currency: str) -> str:
    """How the figure comes about: "SEK 15,500 ÷ 2"; "" for what is not divided."""
    if now.whole is None:
        return ""
    return f"{_number(made, now.part, currency)} ÷ {formats.number(now.whole)}"


def _number(made: Definition, part: int, currency: str) -> str:
    return formats.money(part, currency) if made.unit == "money" else formats.number(part)


def _plain(made: Definition, row: opened.Row, currency: str) -> list[int | Decimal]:
    part = major(round(row.part), currency) if made.unit == "money" else row.part
    return [part, row.whole] if made.whole else [part]


def _told(found: Sequence[opened.Row], made: Definition, here: Here) -> list[dict[str, Any]]:
    """Rows as people read them, with who or what each is about."""
    slug, currency, columns = here.merchant.slug, here.merchant.currency, _columns(made, words())
    about = {row.about for row in found}
    if made.opens.what == "orders":
        names: dict[UUID, str] = numbers_of(about)
        link, kind = "office:order", "ord"
    else:
        names = {one: row.name or known_as(row) for one, row in directory.by_ids(about).items()}
        link, kind = "office:member", "mbr"
    return [
        {
            "name": names.get(row.about) or _("Not known"),
            "url": reverse(link, args=[slug, ids.encode(kind, row.about)]),
            "at": row.at,
            "note": MOVES.get(row.note, row.note) if made.opens.what == "points" else row.note,
            "cells": list(zip(columns, _cells(made, row, currency), strict=True)),
        }
        for row in found
    ]


def _cells(made: Definition, row: opened.Row, currency: str) -> list[str]:
    return [_number(made, row.part, currency), *([formats.number(row.whole)] if made.whole else [])]


def _summary(page: int, shown_rows: int, count: int | None) -> str:
    if not shown_rows or not count:
        return ""
    first = (page - 1) * PAGE + 1
    last = first + shown_rows - 1
    return _("{first}–{last} of {count}").format(
        first=formats.number(first), last=formats.number(last), count=formats.number(count)
    )


def _theme_of(here: Here, asked: Asked, key: str) -> dict[str, str]:
    """The page that a figure belongs to."""
    for name, theme in THEMES.items():
        if key in theme.figures:
            url = reverse("office:report", args=[here.merchant.slug, name]) + asked.query()
            return {"label": worded(theme.label), "url": url}
    raise NotFound("figure")
