"""Referrals that look as if somebody brought themselves: what is odd about each, and what staff decide."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from loyalty.core import ids
from loyalty.core.pages import Here, require, sent_to
from loyalty.web.office.lists import address
from loyalty.web.office.work.activities import PAGE, next_after
from loyalty.web.office.work.desk import people, work_page
from members.models import Referral
from members.operations import referrals as operations
from members.queries import referrals as queries

REASONS = {
    "same_email": gettext_lazy("The same e-mail address"),
    "same_phone": gettext_lazy("The same phone number"),
    "same_card": gettext_lazy("The same member card"),
    "same_payment_card": gettext_lazy("The same payment card"),
    "same_device": gettext_lazy("The same device"),
    "same_address": gettext_lazy("The same postal address"),
    "same_person": gettext_lazy("One and the same person"),
    "known_member": gettext_lazy("A member already before"),
    "ring": gettext_lazy("They brought each other, round in a ring"),
    "chain": gettext_lazy("A chain of accounts that are all new"),
    "velocity": gettext_lazy("Very many friends in one day"),
    "referrer_blocked": gettext_lazy("Whoever brought them is blocked"),
}


def _shown(row: Referral, members: dict[UUID, dict[str, str]]) -> dict[str, Any]:
    nobody = {"name": _("Nobody"), "url": ""}
    return {
        "row": row,
        "public_id": ids.encode("rfl", row.pk),
        "referrer": members.get(row.referrer_id, nobody),
        "friend": members.get(row.friend_id, nobody),
        "reasons": [REASONS.get(reason, reason) for reason in row.reasons],
    }


@require_safe
@require("members.view")
def referrals(request: HttpRequest, here: Here) -> HttpResponse:
    """Those that are held, longest held first; `?after=` pages on."""
    before = next_after(request, "rfl")
    rows = queries.every(Referral.Status.HELD).order_by("id")
    found = list((rows.filter(pk__gt=before) if before else rows)[: PAGE + 1])
    shown = found[:PAGE]
    members = people(here, [one for row in shown for one in (row.referrer_id, row.friend_id)])
    context = {
        "rows": [_shown(row, members) for row in shown],
        "first_url": address(request, after="") if before else "",
        "next_url": address(request, after=ids.encode("rfl", shown[-1].pk)) if len(found) > PAGE else "",
    }
    return work_page(request, here, "office/work/referrals.html", context, queue="referrals", partial="list")


def _back(request: HttpRequest, here: Here) -> HttpResponse:
    return sent_to(request, reverse("office:work_referrals", args=[here.merchant.slug]))


@require_POST
@require("work.decide")
def approve(request: HttpRequest, here: Here, id: str) -> HttpResponse:  # noqa: A002 - the address's own word
    """Let it count: what the friend bought meanwhile is paid."""
    note = request.POST.get("note", "")
    row = queries.referral(ids.decode("rfl", id))
    operations.approve(referral=row.pk, at=here.at, note=note)
    messages.success(request, _("Approved. Both get what the programme promises."))
    return _back(request, here)


@require_POST
@require("work.decide")
def refuse(request: HttpRequest, here: Here, id: str) -> HttpResponse:  # noqa: A002
    """Let it never count."""
    note = request.POST.get("note", "")
    row = queries.referral(ids.decode("rfl", id))
    operations.refuse(referral=row.pk, at=here.at, note=note)
    messages.success(request, _("Refused. Nothing is paid for this friend."))
    return _back(request, here)
