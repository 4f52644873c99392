"""Whom to serve: services that members asked for, and whom each service looks after even when nobody asked."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from loyalty.core import ids
from loyalty.core.errors import NotFound
from loyalty.core.pages import Here, require, sent_to
from loyalty.web.office.lists import PAGE as ROWS
from loyalty.web.office.lists import address
from loyalty.web.office.people import names_of
from loyalty.web.office.work.activities import PAGE, next_after
from loyalty.web.office.work.desk import people, work_page
from members.models import PerkClaim
from members.operations import perks as operations
from members.queries import perks as queries
from members.queries.tier_words import perk_name, tier_name
from members.queries.tiers import ladder_in_force


def services_offered() -> dict[str, str]:
    """The services that some tier brings, by id with their names."""
    return {
        perk.id: perk_name(perk)
        for tier in ladder_in_force().ladder
        for perk in tier.perks
        if perk.is_service
    }


def shown(
    rows: list[PerkClaim], members: dict[UUID, dict[str, str]], names: dict[str, str]
) -> list[dict[str, Any]]:
    """Claims as lists show them."""
    ladder, offered = ladder_in_force(), services_offered()
    nobody = {"name": _("Nobody"), "url": "", "card": ""}
    return [
        {
            "row": row,
            "public_id": ids.encode("clm", row.pk),
            "perk": offered.get(row.perk, row.perk),
            "tier": tier_name(ladder, row.tier),
            "member": members.get(row.member_id, nobody),
            "asked_by": names.get(row.claimed_by, ""),
            "settled_by": names.get(row.settled_by, ""),
        }
        for row in rows
    ]


@require_safe
@require("work.view")
def services(request: HttpRequest, here: Here) -> HttpResponse:
    """Claims that wait, longest first, of the service in `?perk=` or all; `?after=` pages on."""
    offered, perk = services_offered(), request.GET.get("perk", "")
    perk = perk if perk in offered else ""
    before = next_after(request, "clm")
    rows = queries.to_serve()
    rows = rows.filter(perk=perk) if perk else rows
    found = list((rows.filter(pk__gt=before) if before else rows)[: PAGE + 1])
    served = list(queries.served()[:8]) if not before else []
    everybody = [*found[:PAGE], *served]
    members = people(here, [row.member_id for row in everybody])
    names = names_of([name for row in everybody for name in (row.claimed_by, row.settled_by)])
    context = {
        "rows": shown(found[:PAGE], members, names),
        "served": shown(served, members, names),
        "perk": perk,
        "perks": [
            {"label": _("All"), "url": address(request, perk="", after=""), "current": not perk},
            *(
                {"label": name, "url": address(request, perk=key, after=""), "current": key == perk}
                for key, name in offered.items()
            ),
        ],
        "offered": [
            {"name": name, "url": reverse("office:work_clients", args=[here.merchant.slug, key])}
            for key, name in offered.items()
        ],
        "first_url": address(request, after="") if before else "",
        "next_url": address(request, after=ids.encode("clm", found[PAGE - 1].pk))
        if len(found) > PAGE
        else "",
    }
    return work_page(request, here, "office/work/services.html", context, queue="services", partial="list")


@require_safe
@require("members.view")
def clients(request: HttpRequest, here: Here, name: str) -> HttpResponse:
    """Everybody whose tier brings a service: whom a concierge or a stylist looks after."""
    offered = services_offered()
    if name not in offered:
        raise NotFound("service")
    before = next_after(request, "mbr")
    rows = queries.with_perk(name)
    found = list((rows.filter(member__gt=before) if before else rows)[: ROWS + 1])
    ladder, members = ladder_in_force(), people(here, [row.member_id for row in found[:ROWS]])
    last = queries.last_served([row.member_id for row in found[:ROWS]], perk=name)
    context = {
        "name": offered[name],
        "rows": [
            {
                "member": members[row.member_id],
                "tier": tier_name(ladder, row.tier),
                "since": row.since,
                "served_at": last.get(row.member_id),
            }
            for row in found[:ROWS]
            if row.member_id in members
        ],
        "first_url": address(request, after="") if before else "",
        "next_url": address(request, after=ids.encode("mbr", found[ROWS - 1].member_id))
        if len(found) > ROWS
        else "",
    }
    return work_page(request, here, "office/work/clients.html", context, queue="services", partial="list")


def _back(request: HttpRequest, here: Here) -> HttpResponse:
    return sent_to(request, reverse("office:work_services", args=[here.merchant.slug]))


@require_POST
@require("work.serve")
def serve(request: HttpRequest, here: Here, id: str) -> HttpResponse:  # noqa: A002 - the address's own word
    """Log that it was done, by whoever sends this, and what was done."""
    operations.serve_claim(
        claim=queries.claim(ids.decode("clm", id)).pk, at=here.at, outcome=request.POST.get("outcome", "")
    )
    messages.success(request, _("Done, and noted with your name."))
    return _back(request, here)


@require_POST
@require("work.serve")
def cancel(request: HttpRequest, here: Here, id: str) -> HttpResponse:  # noqa: A002
    """Take a claim back: it counts against no limit any more."""
    operations.cancel_claim(
        claim=queries.claim(ids.decode("clm", id)).pk, at=here.at, outcome=request.POST.get("outcome", "")
    )
    messages.success(request, _("Cancelled. It counts against no limit."))
    return _back(request, here)
