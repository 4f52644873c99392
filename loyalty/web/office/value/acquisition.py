"""What a new member costs, by where they joined, with and without friends' links; and the form for what was spent."""

from dataclasses import replace
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from analytics.charts.base import Chart
from analytics.charts.trend import Line, Series
from analytics.models import Cost
from analytics.operations.noting import note_cost
from analytics.queries import costing
from analytics.queries.costing import REFERRAL, Won
from analytics.queries.sums import Reader, reader
from analytics.rules.calendar import Grain, stretch, stretches
from loyalty.core import formats
from loyalty.core.errors import DomainError
from loyalty.core.money import major
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.files import download
from loyalty.web.office.frame import office_page
from loyalty.web.office.orders import channel_name
from loyalty.web.office.reports.frame import Asked, asked_of, choices, show_of, tabs, tick_of
from loyalty.web.office.value.forms import MONTHS_BACK, WinningForm

CHART_MONTHS = 13
USUAL = ("web", "pos", "app")
"""Sources that can be chosen before anybody came by them."""


def source_name(source: str) -> str:
    """What a source is called."""
    return _("A friend’s link") if source == REFERRAL else channel_name(source) or _("Not known")


def by_month(request: HttpRequest, here: Here) -> Asked:
    """What the address asks for; a day or a week becomes its month, because costs are noted by month."""
    asked = asked_of(request, here)
    if asked.when.grain not in (Grain.DAY, Grain.WEEK):
        return asked
    return replace(asked, when=stretch(Grain.MONTH, asked.when.first))


def month_choices(asked: Asked, url: str) -> dict[str, Any]:
    """The controls above such a page."""
    found = choices(asked, url)
    return {**found, "grains": found["grains"][2:], "comparisons": []}


def months_of(today: date, count: int = MONTHS_BACK) -> list[tuple[str, str]]:
    """The months that costs can be noted for, newest first."""
    found = stretches(Grain.MONTH, upto=today, count=count)
    return [(one.first.isoformat(), formats.period("month", one.first)) for one in reversed(found)]


def _form(request: HttpRequest, here: Here, asked: Asked, sources: list[str]) -> WinningForm:
    named = [(one, source_name(one)) for one in dict.fromkeys([*sources, *USUAL, REFERRAL]) if one]
    initial = {"month": asked.when.first.replace(day=1).isoformat()}
    return WinningForm(
        request.POST if request.method == "POST" else None, currency=here.merchant.currency, initial=initial,
        months=months_of(asked.today), sources=named,
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@require("overview.view")
def page(request: HttpRequest, here: Here) -> HttpResponse:
    """New members of the period by source with what each cost; what was spent is noted here."""
    asked = by_month(request, here)
    read = reader(zone=here.merchant.timezone, at=here.at)
    found = costing.acquisition(read, asked.when)
    form = _form(request, here, asked, [one.source for one in found.sources])
    if request.method == "POST":
        if not here.may("reports.edit"):
            raise PermissionDenied
        if form.is_valid() and _noted(form, here):
            messages.success(request, _("Noted."))
            return sent_to(request, request.get_full_path())
    url = reverse("office:report_winning", args=[here.merchant.slug])
    context = {
        **month_choices(asked, url),
        "tabs": tabs(here, asked, "winning"),
        "rows": [_row(one) for one in found.sources],
        "everybody": _row(found.everybody),
        "without_friends": _row(found.without_friends),
        "points": found.points,
        "prizes": found.prizes,
        "chart": _chart(here, asked, read),
        "noted": [_entry(one) for one in costing.noted(*asked.when.days, kind=Cost.Kind.WINNING)],
        "form": form,
        "fresh": read.fresh,
        "file_url": reverse("office:report_winning_file", args=[here.merchant.slug]) + asked.query(),
    }
    status = 422 if form.errors else 200
    return office_page(request, here, "office/value/winning.html", context, current="reports", status=status)


def _noted(form: WinningForm, here: Here) -> bool:
    said = form.cleaned_data
    try:
        note_cost(kind=Cost.Kind.WINNING, source=said["source"], month=form.first(), amount_minor=said["amount"],
                  at=here.at)  # fmt: skip
    except DomainError as error:
        show_errors(form, error, {"amount_minor": "amount"})
        return False
    return True


def _row(one: Won) -> dict[str, Any]:
    return {"name": source_name(one.source), "one": one}


def _entry(row: Cost) -> dict[str, Any]:
    return {
        "month": formats.period("month", row.month),
        "name": source_name(row.source),
        "amount_minor": row.amount_minor,
    }


def _chart(here: Here, asked: Asked, read: Reader) -> Chart:
    """What a new member cost, month by month."""
    months = stretches(Grain.MONTH, upto=min(asked.when.last, asked.today), count=CHART_MONTHS)
    found = costing.course(read, months)

    def line(name: str, sides: list[Won]) -> Series:
        return Series(name, tuple(None if one.each_minor is None else float(one.each_minor) for one in sides))

    return Line(
        key="winning", title=_("What a new member cost"), axis=_("Month"),
        sentence=_("All new members, and those whom no friend brought. Months without anything noted are left out."),
        places=tuple(formats.period("month", one.first, short=True) for one in months),
        series=(
            line(_("All"), [everybody for everybody, _others in found]),
            line(_("Without friends’ links"), [others for _everybody, others in found]),
        ),
        show=show_of("money", here.merchant.currency), tick=tick_of("money", here.merchant.currency),
    )  # fmt: skip


@require_safe
@require("overview.view")
def export(request: HttpRequest, here: Here) -> FileResponse:
    """The table as a file."""
    asked, currency = by_month(request, here), here.merchant.currency
    found = costing.acquisition(reader(zone=here.merchant.timezone, at=here.at), asked.when)
    head = [_("Source"), _("New members"), _("Amount spent"), _("Each")]
    rows = (
        [
            source_name(one.source), one.members,
            "" if one.spent_minor is None else major(one.spent_minor, currency),
            "" if one.each_minor is None else major(one.each_minor, currency),
        ]
        for one in found.sources
    )  # fmt: skip
    return download(request, f"winning-{asked.when.first.isoformat()}", head, rows)
