"""Paid memberships that need somebody: those that wait for their first payment, are in grace, or end soon."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from loyalty.core import ids
from loyalty.core.pages import Here, require
from loyalty.web.office.frame import language_of
from loyalty.web.office.lists import PAGE
from loyalty.web.office.work.desk import people, work_page
from members.models import PaidMembership
from members.operations.paid_memberships import price_due
from members.queries import paid as queries

SOON = timedelta(days=30)
STATUS = {
    "pending": (gettext_lazy("Waits for its first payment"), "warn"),
    "trial": (gettext_lazy("Trial"), "info"),
    "active": (gettext_lazy("Paid"), "good"),
    "grace": (gettext_lazy("Payment is missing"), "bad"),
    "ended": (gettext_lazy("Ended"), ""),
}
ENDS = {
    "cancelled": gettext_lazy("cancelled"),
    "lapsed": gettext_lazy("not paid"),
    "refunded": gettext_lazy("refunded"),
    "withdrawn": gettext_lazy("never begun"),
    "erased": gettext_lazy("member erased"),
}


def plan_name(plan: str) -> str:
    """A plan's name in the page's language; its id where it has none or is no longer offered."""
    found = queries.in_force().plan(plan)
    names = found.name if found else {}
    return names.get(language_of(get_language())) or names.get("en") or next(iter(names.values()), plan)


def due_minor(row: PaidMembership, here: Here) -> int:
    """What the next period costs, in minor units."""
    lapsed = row.status in ("pending", "ended") or row.paid_until is None
    return price_due(row, starts=here.at if lapsed or row.paid_until is None else row.paid_until)


def shown(row: PaidMembership, here: Here) -> dict[str, Any]:
    """A paid membership as pages show it."""
    label, badge = STATUS[row.status]
    is_ahead = row.periods > 0 and row.paid_from is not None and row.paid_from > here.at
    return {
        "row": row,
        "public_id": ids.encode("pmb", row.pk),
        "plan": plan_name(row.plan),
        "status": label,
        "badge": badge,
        "end": ENDS.get(row.end, row.end),
        "due_minor": due_minor(row, here),
        "is_open": row.status != "ended",
        "may_pay": row.status != "ended" and not is_ahead and row.method != "stripe",
    }


def _listed(
    rows: list[PaidMembership], members: dict[UUID, dict[str, str]], here: Here
) -> list[dict[str, Any]]:
    slug = here.merchant.slug
    return [
        {
            **shown(row, here),
            "member": members.get(row.member_id, {"name": _("Nobody"), "url": ""}),
            "url": reverse("office:about_belonging", args=[slug, ids.encode("mbr", row.member_id)]),
        }
        for row in rows
    ]


@require_safe
@require("members.view")
def memberships(request: HttpRequest, here: Here) -> HttpResponse:
    """What waits for money, longest first, and what ends within thirty days."""
    waits = list(queries.waiting_for_money(at=here.at)[:PAGE])
    ends = list(queries.ending(at=here.at, until=here.at + SOON)[:PAGE])
    members = people(here, [row.member_id for row in (*waits, *ends)])
    context = {
        "waits": _listed(waits, members, here),
        "ends": _listed(ends, members, here),
        "has_plans": bool(queries.in_force().plans),
    }
    return work_page(request, here, "office/work/memberships.html", context, queue="memberships")
