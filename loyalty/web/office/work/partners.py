"""Partnerships with other shops: propose, accept, end, and what the two of you have to settle."""

from calendar import monthrange
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loyalty.core import formats, ids
from loyalty.core.errors import DomainError
from loyalty.core.money import exponent, major
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.files import download
from loyalty.web.office.lists import PAGE, address
from loyalty.web.office.work.activities import next_after
from loyalty.web.office.work.desk import work_page
from loyalty.web.office.work.forms import ProposalForm
from members.models import Partnership
from members.operations import partnerships as operations
from members.queries import partners as queries

STATUS = {
    "proposed": (gettext_lazy("Proposed"), "warn"),
    "active": (gettext_lazy("Active"), "good"),
    "ended": (gettext_lazy("Ended"), ""),
}
MONTHS = 12


def worth(text: str, currency: str) -> str:
    """What a point is worth, as it is read: "10" of SEK is "SEK 0.10", "12.5" is "SEK 0.125"."""
    minor = Decimal(text)
    if minor == minor.to_integral_value():
        return formats.money(int(minor), currency)
    return f"{currency} {formats.decimal(minor.scaleb(-exponent(currency)))}"


def _shown(row: Partnership, names: dict[int, str], here: Here) -> dict[str, Any]:
    label, badge = STATUS[row.status]
    public_id = ids.encode("prt", row.pk)
    return {
        "row": row,
        "public_id": public_id,
        "name": names.get(row.partner, _("A shop that is no longer here")),
        "status": label,
        "badge": badge,
        "ours": worth(row.our_worth, row.currency),
        "theirs": worth(row.their_worth, row.currency),
        "url": reverse("office:work_partner", args=[here.merchant.slug, public_id]),
        "may_accept": row.status == Partnership.Status.PROPOSED and not row.ours,
        "is_open": row.status != Partnership.Status.ENDED,
    }


@require_safe
@require("members.view")
def partners(request: HttpRequest, here: Here) -> HttpResponse:
    """Every agreement, open ones first."""
    rows = list(queries.partnerships().order_by("-id")[:200])
    names = {pk: shop.name for pk, shop in queries.merchants(row.partner for row in rows).items()}
    order = ["proposed", "active", "ended"]
    rows.sort(key=lambda row: order.index(row.status))
    shown = [_shown(row, names, here) for row in rows]
    context = {
        "open": [one for one in shown if one["is_open"]],
        "ended": [one for one in shown if not one["is_open"]],
    }
    return work_page(request, here, "office/work/partners.html", context, queue="partners")


@require_http_methods(["GET", "HEAD", "POST"])
@require("partners.manage")
def propose(request: HttpRequest, here: Here) -> HttpResponse:
    """Propose an agreement to another shop."""
    form = ProposalForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data, currency = form.cleaned_data, here.merchant.currency
        worths = operations.Worth(_minor(data["our_worth"], currency), _minor(data["their_worth"], currency))
        try:
            row = operations.propose_partnership(partner=data["partner"].strip(), worth=worths, at=here.at)
        except DomainError as error:
            show_errors(form, error, {"": "partner"} if error.code == "not_found" else {})
        else:
            messages.success(request, _("Proposed. It counts as soon as they accept it."))
            url = reverse("office:work_partner", args=[here.merchant.slug, ids.encode("prt", row.pk)])
            return sent_to(request, url)
    status = 422 if form.errors else 200
    return work_page(
        request, here, "office/work/propose.html", {"form": form}, queue="partners", status=status
    )


def _minor(text: str, currency: str) -> str:
    """What is typed in whole units ("0,125") in minor ones, as the operation reads it; what is no number as it is."""
    typed = text.strip().replace(",", ".")
    try:
        return f"{Decimal(typed).scaleb(exponent(currency)).normalize():f}"
    except (ArithmeticError, ValueError):
        return typed


def _months(row: Partnership, here: Here) -> list[str]:
    """The months of an agreement, last first, as they stand in an address: "2026-03"."""
    first = timezone.localdate(row.agreed_at or row.proposed_at)
    day = timezone.localdate(here.at)
    found: list[str] = []
    while len(found) < MONTHS and (day.year, day.month) >= (first.year, first.month):
        found.append(f"{day:%Y-%m}")
        day = date(day.year - (day.month == 1), 12 if day.month == 1 else day.month - 1, 1)
    return found


def _period(month: str) -> tuple[datetime | None, datetime | None]:
    """From when until when a month of the shop's calendar lasts; all time without one."""
    if not month:
        return None, None
    year, number = (int(part) for part in month.split("-"))
    zone = timezone.get_current_timezone()
    since = datetime.combine(date(year, number, 1), time(), tzinfo=zone)
    last = date(year, number, monthrange(year, number)[1])
    return since, datetime.combine(date.fromordinal(last.toordinal() + 1), time(), tzinfo=zone)


def _asked(request: HttpRequest, here: Here, id: str) -> tuple[Partnership, str]:  # noqa: A002
    row = queries.partnership(ids.decode("prt", id))
    month = request.GET.get("month", "")
    return row, month if month in _months(row, here) else ""


@require_safe
@require("members.view")
def partner(request: HttpRequest, here: Here, id: str) -> HttpResponse:  # noqa: A002 - the address's own word
    """One agreement: its terms, and the statement of all time or of the `?month=`, with the rows it adds up."""
    row, month = _asked(request, here, id)
    since, until = _period(month)
    names = {pk: shop.name for pk, shop in queries.merchants([row.partner]).items()}
    before = next_after(request, "stl")
    entries = queries.entries(row.pk, since=since, until=until).order_by("-id")
    found = list((entries.filter(pk__lt=before) if before else entries)[: PAGE + 1])
    export = reverse("office:work_partner_export", args=[here.merchant.slug, id])
    context = {
        **_shown(row, names, here),
        "statement": queries.statement(row.pk, since=since, until=until),
        "entries": found[:PAGE],
        "months": [
            {"label": _("All time"), "url": address(request, month="", after=""), "current": not month},
            *(
                {"label": one, "url": address(request, month=one, after=""), "current": one == month}
                for one in _months(row, here)
            ),
        ],
        "export_url": f"{export}?month={month}" if month else export,
        "first_url": address(request, after="") if before else "",
        "next_url": address(request, after=ids.encode("stl", found[PAGE - 1].pk))
        if len(found) > PAGE
        else "",
    }
    return work_page(
        request, here, "office/work/partner.html", context, queue="partners", partial="statement"
    )


@require_safe
@require("members.export")
def export(request: HttpRequest, here: Here, id: str) -> FileResponse:  # noqa: A002
    """The settlement's rows as a file, to send to the partner: no member is named in it."""
    row, month = _asked(request, here, id)
    since, until = _period(month)
    head = [_("When"), _("Our points"), _("Their points"), _("Amount"), _("Currency"), _("Number")]
    rows = queries.entries(row.pk, since=since, until=until).order_by("happened_at", "id")
    lines = (
        [
            timezone.localtime(one.happened_at), one.points, one.partner_points,
            major(one.amount_minor, row.currency), row.currency, ids.encode("stl", one.pk),
        ]
        for one in rows.iterator(chunk_size=2000)
    )  # fmt: skip
    return download(request, f"settlement-{here.merchant.slug}-{month or 'all'}", head, lines)


@require_POST
@require("partners.manage")
def accept(request: HttpRequest, here: Here, id: str) -> HttpResponse:  # noqa: A002
    """Agree to what the partner proposed."""
    row = operations.accept_partnership(agreement=ids.decode("prt", id), at=here.at)
    messages.success(request, _("Agreed: members can use their points at both from now on."))
    return sent_to(
        request, reverse("office:work_partner", args=[here.merchant.slug, ids.encode("prt", row.pk)])
    )


@require_POST
@require("partners.manage")
def end(request: HttpRequest, here: Here, id: str) -> HttpResponse:  # noqa: A002
    """End an agreement, decline it or take a proposal back."""
    row = operations.end_partnership(agreement=ids.decode("prt", id), at=here.at)
    messages.success(request, _("Ended. What is to be settled stays to be settled."))
    return sent_to(
        request, reverse("office:work_partner", args=[here.merchant.slug, ids.encode("prt", row.pk)])
    )
