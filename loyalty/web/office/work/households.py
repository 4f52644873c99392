"""Households: who shares one balance, and staff's help when somebody leaves."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from loyalty.core import ids
from loyalty.core.ledger.queries import balances
from loyalty.core.pages import Here, require, sent_to
from loyalty.web.office.frame import office_page
from loyalty.web.office.lists import PAGE, address
from loyalty.web.office.work.activities import next_after
from loyalty.web.office.work.desk import people
from members.operations import households as operations
from members.queries import sharing as queries


@require_safe
@require("members.view")
def households(request: HttpRequest, here: Here) -> HttpResponse:
    """Every household, newest first, with who is in it and what they have together; `?after=` pages on."""
    before = next_after(request, "hhd")
    found = list(queries.households(before=before)[: PAGE + 1])
    places = queries.places_of([row.pk for row in found[:PAGE]])
    everybody = [place.member_id for rows in places.values() for place in rows]
    names, points = people(here, everybody), balances(everybody)
    nobody = {"name": _("Nobody"), "url": ""}
    context = {
        "rows": [
            {
                "row": row,
                "url": reverse("office:household", args=[here.merchant.slug, ids.encode("hhd", row.pk)]),
                "members": [
                    {**names.get(place.member_id, nobody), "owns": place.owns} for place in places[row.pk]
                ],
                "together": sum(
                    points[place.member_id].available for place in places[row.pk] if place.member_id in points
                ),
            }
            for row in found[:PAGE]
        ],
        "is_on": queries.in_force().household.on,
        "first_url": address(request, after="") if before else "",
        "next_url": address(request, after=ids.encode("hhd", found[PAGE - 1].pk))
        if len(found) > PAGE
        else "",
    }
    return office_page(
        request, here, "office/work/households.html", context, current="members", partial="list"
    )


@require_safe
@require("members.view")
def household(request: HttpRequest, here: Here, id: str) -> HttpResponse:  # noqa: A002 - the address's own word
    """One household: its members, what each has, and whether the others may use it."""
    row = queries.household(ids.decode("hhd", id))
    placed = queries.placed(row.pk)
    names = people(here, [one.member for one in placed])
    context: dict[str, Any] = {
        "row": row,
        "public_id": id,
        "members": [
            {
                "place": one,
                "public_id": ids.encode("mbr", one.member),
                "member": names.get(one.member, {"name": _("Nobody"), "url": ""}),
            }
            for one in placed
        ],
        "together": sum(one.points for one in placed),
    }
    return office_page(request, here, "office/work/household.html", context, current="members")


@require_POST
@require("members.edit")
def take_out(request: HttpRequest, here: Here, id: str, member_id: str) -> HttpResponse:  # noqa: A002
    """Take somebody out of a household; their points stay theirs. The last one to leave closes it."""
    household_id = ids.decode("hhd", id)
    operations.leave_household(household=household_id, member=ids.decode("mbr", member_id), at=here.at)
    messages.success(request, _("They are out. Their points stay theirs."))
    left = queries.places_of([household_id])[household_id]
    if left:
        return sent_to(request, reverse("office:household", args=[here.merchant.slug, id]))
    return sent_to(request, reverse("office:households", args=[here.merchant.slug]))
