"""Four eyes: what colleagues asked for, who decides it, what was decided, and the limits behind it all."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loyalty.core import ids
from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.lists import address
from loyalty.web.office.people import names_of
from loyalty.web.office.work.activities import PAGE, next_after
from loyalty.web.office.work.desk import people, work_page
from loyalty.web.office.work.forms import LimitsForm
from members.models import AdjustmentPart, AdjustmentRequest
from members.operations import allowances, approvals
from members.queries import adjusting

NAMED = 8
"""Members named on a card; the rest is counted."""
STATUS = {
    "waiting": (gettext_lazy("Waiting"), "warn"),
    "approved": (gettext_lazy("Approved"), "good"),
    "refused": (gettext_lazy("Refused"), "bad"),
    "withdrawn": (gettext_lazy("Taken back"), ""),
    "lapsed": (gettext_lazy("Lapsed"), ""),
}


def _shown(
    row: AdjustmentRequest, parts: list[AdjustmentPart], members: dict[UUID, dict[str, str]],
    names: dict[str, str], me: str,
) -> dict[str, Any]:  # fmt: skip
    nobody = {"name": _("Nobody"), "url": ""}
    label, badge = STATUS[row.status]
    return {
        "row": row,
        "public_id": ids.encode("adr", row.pk),
        "members": [members.get(part.member_id, nobody) for part in parts[:NAMED]],
        "more": max(0, len(parts) - NAMED),
        "count": len(parts),
        "total": row.amount * len(parts),
        "passed": sum(bool(part.skipped) for part in parts),
        "asker": names.get(row.asked_by, ""),
        "decider": names.get(row.decided_by, ""),
        "status": label,
        "badge": badge,
        "is_mine": row.asked_by == me,
    }


def told(here: Here, rows: list[AdjustmentRequest]) -> list[dict[str, Any]]:
    """Requests as pages show them, with members' and colleagues' names; a handful of queries however many."""
    parts = adjusting.parts([row.pk for row in rows])
    members = people(here, [part.member_id for found in parts.values() for part in found[:NAMED]])
    names = names_of([name for row in rows for name in (row.asked_by, row.decided_by)])
    me = f"staff:{here.staff.pk}"
    return [_shown(row, parts[row.pk], members, names, me) for row in rows]


@require_safe
@require("members.view")
def requests(request: HttpRequest, here: Here) -> HttpResponse:
    """What waits, longest first, and below it what was decided last; `?after=` pages on through what was decided."""
    before = next_after(request, "adr")
    rows = adjusting.decided()
    settled = list((rows.filter(pk__lt=before) if before else rows)[: PAGE + 1])
    context = {
        "waiting": told(here, list(adjusting.waiting(at=here.at)[:PAGE])),
        "settled": told(here, settled[:PAGE]),
        "may_decide": here.may("members.approve") and adjusting.limits().may_approve(here.staff.role),
        "first_url": address(request, after="") if before else "",
        "next_url": address(request, after=ids.encode("adr", settled[PAGE - 1].pk))
        if len(settled) > PAGE
        else "",
    }
    return work_page(request, here, "office/work/approvals.html", context, queue="approvals")


def _back(request: HttpRequest, here: Here) -> HttpResponse:
    return sent_to(request, reverse("office:work_approvals", args=[here.merchant.slug]))


@require_POST
@require("members.approve")
def approve(request: HttpRequest, here: Here, id: str) -> HttpResponse:  # noqa: A002 - the address's own word
    """Let it be carried out; never by whoever asked."""
    row = approvals.approve_adjustment(
        request=ids.decode("adr", id), at=here.at, note=request.POST.get("note", "")
    )
    _members, passed = adjusting.sizes([row.pk])[row.pk]
    if passed:
        text = _("Approved. {n} could not be changed any more and were passed over.").format(n=passed)
        messages.warning(request, text)
    else:
        messages.success(request, _("Approved: it is in the books."))
    return _back(request, here)


@require_POST
@require("members.approve")
def refuse(request: HttpRequest, here: Here, id: str) -> HttpResponse:  # noqa: A002
    """Turn it down, and say why."""
    row = adjusting.request(ids.decode("adr", id))
    approvals.refuse_adjustment(request=row.pk, at=here.at, note=request.POST.get("note", ""))
    messages.success(request, _("Refused. Nothing was changed."))
    return _back(request, here)


@require_POST
@require("members.adjust")
def withdraw(request: HttpRequest, here: Here, id: str) -> HttpResponse:  # noqa: A002
    """Take one's own request back."""
    approvals.withdraw_adjustment(request=ids.decode("adr", id), at=here.at)
    messages.success(request, _("Taken back. Nothing was changed."))
    return _back(request, here)


@require_http_methods(["GET", "HEAD", "POST"])
@require("limits.set")
def limits(request: HttpRequest, here: Here) -> HttpResponse:
    """How much who may give and take by hand alone."""
    form = LimitsForm(request.POST) if request.method == "POST" else LimitsForm.of(adjusting.limits())
    if request.method == "POST" and form.is_valid():
        try:
            allowances.set_limits(limits=form.limits(), at=here.at)
        except DomainError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("The limits count from now on."))
            return _back(request, here)
    status = 422 if form.errors else 200
    context = {"form": form}
    return work_page(request, here, "office/work/limits.html", context, queue="approvals", status=status)
