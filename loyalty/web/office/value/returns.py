"""What the programme brings: what would not have been bought without it, against what it cost; or plainly that
nobody can know yet, and what it takes."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from analytics.models import Cost
from analytics.operations.noting import note_cost, note_margin
from analytics.queries import costing, liability
from analytics.queries import returns as reading
from analytics.queries.sums import reader
from analytics.rules.fitting import Interval
from loyalty.core import formats
from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.frame import office_page, words
from loyalty.web.office.reports.frame import tabs
from loyalty.web.office.value.acquisition import by_month, month_choices, months_of
from loyalty.web.office.value.forms import KINDS, MarginForm, RunningForm, typed_percent

MISSING = {
    reading.NO_CONTROL: (
        gettext_lazy("Nobody was left out"),
        gettext_lazy("Members who spend more also join more often. Only a small group that gets no campaigns "
                     "for a while shows what would have been without them."),
    ),
    reading.FEW_HELD: (
        gettext_lazy("Too few were left out"),
        gettext_lazy("With fewer than 50 members in the group the answer would be chance."),
    ),
    reading.NO_MARGIN: (
        gettext_lazy("Your margin"),
        gettext_lazy("Revenue is not what stays with you. Enter it on this page."),
    ),
    reading.NO_POINT_COST: (
        gettext_lazy("What your rewards cost you"),
        gettext_lazy("Give at least one reward its cost, then what is given has a price, too."),
    ),
}  # fmt: skip


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
    context = {
        **month_choices(asked, url),
        "tabs": tabs(here, asked, "return"),
        "found": found,
        "told": told(found, here.merchant.currency),
        "missing": [{"title": title, "text": text} for title, text in (MISSING[one] for one in found.missing)],
        "costs": cost_rows(found),
        "use": formats.percent(found.use),
        "noted": [
            {"month": formats.period("month", one.month), "name": KINDS[Cost.Kind(one.kind)],
             "amount_minor": one.amount_minor}
            for one in costing.noted(*asked.when.days) if one.kind != Cost.Kind.WINNING
        ],
        "running": running or _running(request, here),
        "margin": margin or MarginForm(initial={"margin": typed_percent(found.margin)}, label_suffix=""),
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
        months=months_of(asked.today),
    )  # fmt: skip


def cost_rows(found: reading.Answer) -> list[dict[str, Any]]:
    """What the programme cost, part by part."""
    said, made = words()["other"], found.costs
    return [
        {"label": _("{points} given, as far as they will be used").format(points=said[:1].upper() + said[1:]),
         "minor": made.points_minor},
        {"label": _("Rewards given away"), "minor": made.prizes_minor},
        {"label": _("Messages"), "minor": made.messages_minor},
        {"label": _("Staff"), "minor": made.staff_minor},
        {"label": _("Anything else"), "minor": made.other_minor},
    ]  # fmt: skip


def told(found: reading.Answer, currency: str) -> dict[str, Any] | None:
    """The answer as it is read; None while there is none."""
    if found.returned is None or found.more_each is None:
        return None
    made = found.returned

    def money(one: Interval) -> dict[str, str]:
        return {
            "value": formats.money(round(one.value), currency),
            "low": formats.money(round(one.low), currency),
            "high": formats.money(round(one.high), currency),
        }

    each = made.each
    return {
        "revenue": money(made.revenue), "margin": money(made.margin), "profit": money(made.profit),
        "each": None if each is None else {
            "value": formats.decimal(_two(each.value)), "low": formats.decimal(_two(each.low)),
            "high": formats.decimal(_two(each.high)),
        },
        "sure": made.profit.low > 0 or made.profit.high < 0, "gain": made.profit.value > 0,
        "held": formats.number(found.held), "others": formats.number(found.others),
        "more_each": formats.money(round(found.more_each), currency),
    }  # fmt: skip


def _two(value: float) -> Decimal:
    return Decimal(f"{value:.2f}")


@require_POST
@require("reports.edit")
def costs(request: HttpRequest, here: Here) -> HttpResponse:
    """Note what running the programme cost in a month."""
    form = _running(request, here, sent=True)
    if form.is_valid():
        said = form.cleaned_data
        try:
            note_cost(kind=said["kind"], month=form.first(), amount_minor=said["amount"], at=here.at)
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
