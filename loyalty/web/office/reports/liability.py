"""What is owed to members in points and in money, for the owner and the accountant."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from analytics.queries import liability
from analytics.queries.freshness import today_of
from analytics.queries.sums import reader
from analytics.rules.liability import DEFERRED, REVENUE, Closing
from loyalty.core import formats
from loyalty.core.money import major
from loyalty.core.pages import Here, require
from loyalty.web.office.files import download
from loyalty.web.office.frame import office_page
from loyalty.web.office.reports.frame import asked_of, tabs
from loyalty.web.office.worth import point_cost, points_minor
from rewards.queries.catalogue import rewards

ACCOUNTS = {REVENUE: gettext_lazy("Revenue"), DEFERRED: gettext_lazy("Owed to members (deferred revenue)")}
REASONS = {
    "deferred": gettext_lazy("Part of the month’s sales that belongs to points"),
    "recognised": gettext_lazy("Points used, and their part of what will never be used"),
}
_SHOWN_MONTHS = 24


def _closings(here: Here, owed: liability.Owed, each: Decimal | None) -> list[Closing]:
    if each is None or not owed.cohorts:
        return []
    zone = here.merchant.timezone
    today = today_of(zone, here.at)
    months = liability.months_of(owed.cohorts[0].month, today.replace(day=1))
    over = [month for month in months if month.after <= today]
    read = reader(zone=zone, at=here.at)
    return liability.closings(read, over, value_minor_per_point=each, use=owed.share) if over else []


@require_safe
@require("overview.view")
def page(request: HttpRequest, here: Here) -> HttpResponseBase:
    """What is left of what was given, how much of it will be used, the months' journal, and whether it agrees; with
    `?csv=months` the table of what is left as a file."""
    owed = liability.owed(zone=here.merchant.timezone, at=here.at)
    if request.GET.get("csv") == "months":
        return _months_file(request, owed)
    each, currency = point_cost(list(rewards())), here.merchant.currency
    months, hundred = _closings(here, owed, each), points_minor(100, each)
    context = {
        "tabs": tabs(here, asked_of(request, here), "liability"),
        "owed": owed,
        "is_kept": owed.as_of < here.at,
        "minor": points_minor(owed.expected, each),
        "hundred": None if hundred is None else formats.money(hundred, currency),
        "use": None if owed.use is None else formats.percent(Decimal(repr(owed.use.value))),
        "range": None
        if owed.use is None
        else [formats.percent(Decimal(repr(end))) for end in (owed.use.low, owed.use.high)],
        "cohorts": [
            {"name": formats.period("month", one.month), "one": one}
            for one in reversed(owed.cohorts)
            if one.left
        ],
        "months": [_told(one) for one in months[::-1][:_SHOWN_MONTHS]],
        "csv_url": reverse("office:report_journal", args=[here.merchant.slug]) if months else "",
    }
    return office_page(request, here, "office/reports/liability.html", context, current="reports")


def _months_file(request: HttpRequest, owed: liability.Owed) -> FileResponse:
    head = [_("Month"), _("Given"), _("Left"), _("Waiting"), _("Expected to be used"), _("First of it ends")]
    rows = [
        [one.month, one.given, one.left, one.pending, one.expected, one.ends]
        for one in owed.cohorts
        if one.left
    ]
    return download(request, "liability-months", head, rows)


def _told(one: Closing) -> dict[str, Any]:
    return {"name": formats.period("month", date.fromisoformat(one.name)), "one": one}


@require_safe
@require("overview.view")
def journal(request: HttpRequest, here: Here) -> FileResponse:
    """The journal of every month that is over, two lines for each movement."""
    owed = liability.owed(zone=here.merchant.timezone, at=here.at)
    currency = here.merchant.currency
    rows = [
        [
            one.name,
            str(ACCOUNTS[line.account]),
            major(line.debit_minor, currency) if line.debit_minor else None,
            major(line.credit_minor, currency) if line.credit_minor else None,
            str(REASONS[line.why]),
        ]
        for one in _closings(here, owed, point_cost(list(rewards())))
        for line in one.lines
    ]
    return download(request, "journal", [_("Month"), _("Account"), _("Debit"), _("Credit"), _("Why")], rows)
