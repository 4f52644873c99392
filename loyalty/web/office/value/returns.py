"""What campaigns bring: what would not have been bought without them, against what they cost; or plainly that nobody
can know yet, and what it takes."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from analytics.models import Cost
from analytics.operations.noting import CAMPAIGNS, note_cost, note_margin
from analytics.queries import costing, liability
from analytics.queries import returns as reading
from analytics.queries.returns import Brought
from analytics.queries.sums import reader
from campaigns.models import Campaign
from campaigns.queries.campaigning.reading import campaign, campaigns, public_id
from campaigns.queries.experiments.holding import every_row, group_rows
from loyalty.core import formats, ids
from loyalty.core.errors import DomainError
from loyalty.core.money import major
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.files import download
from loyalty.web.office.frame import office_page
from loyalty.web.office.joining import page_of
from loyalty.web.office.lists import PAGE, address
from loyalty.web.office.members import known_as
from loyalty.web.office.reports.frame import tabs
from loyalty.web.office.value.acquisition import by_month, month_choices, months_of
from loyalty.web.office.value.brought import Teller, cost_rows, file_rows, group_name, query_of_campaign
from loyalty.web.office.value.forms import KINDS, MarginForm, RunningForm, typed_percent
from members.queries import directory

MOST_NAMED = 50
"""Campaigns that a cost can be noted for on the page."""


def answered(here: Here, asked: Any) -> reading.Answer:
    """What is known of the period."""
    owed = liability.owed(zone=here.merchant.timezone, at=here.at)
    return reading.answer_for(reader(zone=here.merchant.timezone, at=here.at), asked.when, owed)


@require_safe
@require("overview.view")
def page(request: HttpRequest, here: Here) -> HttpResponse:
    """What the programme brought in the period, and what it cost."""
    return _page(request, here)


def _page(
    request: HttpRequest, here: Here, *, running: RunningForm | None = None, margin: MarginForm | None = None
) -> HttpResponse:
    asked = by_month(request, here)
    found = answered(here, asked)
    url = reverse("office:report_return", args=[here.merchant.slug])
    sources = dict(sources_of())
    context = {
        **month_choices(asked, url),
        "tabs": tabs(here, asked, "return"),
        "found": found,
        "brought": Teller(here, asked.query()).told(found.brought),
        "costs": cost_rows(found.costs),
        "costs_url": reverse("office:return_costs_file", args=[here.merchant.slug]) + asked.query(),
        "use": formats.percent(found.use),
        "noted": [
            {"month": formats.period("month", one.month), "name": KINDS[Cost.Kind(one.kind)],
             "amount_minor": one.amount_minor, "source": sources.get(one.source, "") if one.source else ""}
            for one in costing.noted(*asked.when.days) if one.kind != Cost.Kind.WINNING
        ],
        "running": running or _running(request, here),
        "margin": margin or MarginForm(initial={"margin": typed_percent(found.brought.margin)}, label_suffix=""),
        "fresh": reader(zone=here.merchant.timezone, at=here.at).fresh,
        "query": asked.query(),
    }  # fmt: skip
    status = 422 if any(form is not None and form.errors for form in (running, margin)) else 200
    return office_page(request, here, "office/value/return.html", context, current="reports", status=status)


def _running(request: HttpRequest, here: Here, *, sent: bool = False) -> RunningForm:
    asked = by_month(request, here)
    initial = {"month": asked.when.first.replace(day=1).isoformat()}
    return RunningForm(
        request.POST if sent else None, currency=here.merchant.currency, initial=initial,
        months=months_of(asked.today), sources=sources_of(),
    )  # fmt: skip


def sources_of() -> list[tuple[str, str]]:
    """What a cost can be noted for: everything, all campaigns, or one of those launched last."""
    launched = campaigns().filter(launched_at__isnull=False)[:MOST_NAMED]
    return [
        ("", _("The whole programme")),
        (CAMPAIGNS, _("Campaigns, automations and newsletters")),
        *((public_id(row), row.name) for row in launched),
    ]


def _asked_brought(request: HttpRequest, here: Here) -> tuple[Brought, str, str]:
    """What the address asks for: of one campaign where it names one, else of the period; with the end of an address
    that asks the same, and the name of a file. Raises `NotFound`, `PermissionDenied`."""
    named = request.GET.get("campaign", "")
    if not named:
        asked = by_month(request, here)
        return answered(here, asked).brought, asked.query(), f"return-{asked.when.first.isoformat()}"
    if not here.may("campaigns.view"):
        raise PermissionDenied
    row = campaign(ids.decode("cmp", named))
    return of_campaign(row, here), query_of_campaign(named), f"return-{named}"


def of_campaign(row: Campaign, here: Here) -> Brought:
    """What is known of a campaign."""
    owed = liability.owed(zone=here.merchant.timezone, at=here.at)
    return reading.answer_of(row, zone=here.merchant.timezone, at=here.at, owed=owed)


def told_of_campaign(row: Campaign, here: Here) -> dict[str, Any]:
    """What is known of a campaign, for its page."""
    return Teller(here, query_of_campaign(public_id(row))).told(of_campaign(row, here))


@require_safe
@require("overview.view")
def export(request: HttpRequest, here: Here) -> FileResponse:
    """Everything the page says, as a file."""
    found, _query, name = _asked_brought(request, here)
    head = [_("What"), _("Estimate"), _("At least"), _("At most")]
    return download(request, name, head, file_rows(found, here.merchant.currency))


@require_safe
@require("overview.view")
def costs_file(request: HttpRequest, here: Here) -> FileResponse:
    """What the whole programme cost in the period, as a file; nothing where a cost is not known."""
    asked, currency = by_month(request, here), here.merchant.currency
    made = answered(here, asked).costs
    rows = [
        [one["label"], None if one["minor"] is None else major(one["minor"], currency)]
        for one in cost_rows(made)
    ]
    rows.append([_("Together"), major(made.total_minor, currency)])
    return download(request, f"costs-{asked.when.first.isoformat()}", [_("What"), _("Cost")], rows)


@require_safe
@require("members.view")
def members(request: HttpRequest, here: Here) -> HttpResponse:
    """The members of one of the groups with what they spent, which adds up to the group's figure."""
    found, query, _name = _asked_brought(request, here)
    group = _group_of(request)
    number = request.GET.get("page", "")
    start = int(number) * PAGE if number.isdecimal() and len(number) < 6 else 0
    sides = found.compared.apart
    rows = group_rows(sides.span, held_out=group == "held_out", most=PAGE + 1, after=start) if sides else []
    people = directory.by_ids(row.member for row in rows)
    context = {
        "label": group_name(group), "found": found, "sides": sides,
        "group": (sides.held_out if group == "held_out" else sides.others) if sides else None,
        "rows": [
            {"row": row, "name": people[row.member].name or known_as(people[row.member]),
             "url": page_of(here, row.member)}
            for row in rows[:PAGE] if row.member in people
        ],
        "back_url": _origin(request, here, query),
        "file_url": reverse("office:report_return_members_file", args=[here.merchant.slug])
        + f"{query}&group={group}",
        "next_url": address(request, page=str(start // PAGE + 1)) if len(rows) > PAGE else "",
        "first_url": address(request, page="") if start else "",
    }  # fmt: skip
    return office_page(request, here, "office/value/return_members.html", context, current="reports")


@require_safe
@require("members.view")
def members_file(request: HttpRequest, here: Here) -> FileResponse:
    """All members of one of the groups, by their ids."""
    found, _query, name = _asked_brought(request, here)
    group, sides, currency = _group_of(request), found.compared.apart, here.merchant.currency
    rows = (
        [ids.encode("mbr", row.member), row.orders, major(row.spent_minor, currency)]
        for row in (every_row(sides.span, held_out=group == "held_out") if sides else ())
    )
    return download(request, f"{name}-{group}", [_("Id"), _("Purchases"), _("Spent")], rows)


def _group_of(request: HttpRequest) -> str:
    return "held_out" if request.GET.get("group") == "held_out" else "others"


def _origin(request: HttpRequest, here: Here, query: str) -> str:
    """The page that the rows were opened from."""
    named = request.GET.get("campaign", "")
    if named:
        return reverse("office:campaign", args=[here.merchant.slug, named])
    return reverse("office:report_return", args=[here.merchant.slug]) + query


@require_POST
@require("reports.edit")
def costs(request: HttpRequest, here: Here) -> HttpResponse:
    """Note what running the programme cost in a month."""
    form = _running(request, here, sent=True)
    if form.is_valid():
        said = form.cleaned_data
        try:
            note_cost(kind=said["kind"], source=said["source"], month=form.first(), amount_minor=said["amount"],
                      at=here.at)  # fmt: skip
        except DomainError as error:
            show_errors(form, error, {"amount_minor": "amount"})
        else:
            messages.success(request, _("Noted."))
            return sent_to(request, _back(request, here))
    return _page(request, here, running=form)


@require_POST
@require("reports.edit")
def margin(request: HttpRequest, here: Here) -> HttpResponse:
    """Note the shop's margin."""
    form = MarginForm(request.POST, label_suffix="")
    if form.is_valid():
        note_margin(margin=form.hundredths(), at=here.at)
        messages.success(request, _("Noted."))
        return sent_to(request, _back(request, here))
    return _page(request, here, margin=form)


def _back(request: HttpRequest, here: Here) -> str:
    return reverse("office:report_return", args=[here.merchant.slug]) + by_month(request, here).query()
