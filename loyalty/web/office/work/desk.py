"""The page of the daily work, the frame of every queue's page, and members as a queue names them."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from loyalty.core import ids
from loyalty.core.pages import Here, require
from loyalty.web.office.frame import office_page
from loyalty.web.office.members import known_as
from loyalty.web.office.work.queues import QUEUES, counted, shown_count, tabs
from members.queries import directory
from rewards.queries.work import waiting


def work_page(
    request: HttpRequest, here: Here, template: str, context: Mapping[str, Any], *, queue: str = "",
    status: int = 200, partial: str = "",
) -> HttpResponse:  # fmt: skip
    """A page of the daily work, with the queues as tabs."""
    found = waiting(at=here.at)
    about = next((one for one in QUEUES if one.name == queue), None)
    more = {"queues": tabs(here, queue, found), "queue": about}
    return office_page(
        request, here, template, {**more, **context}, current="work", status=status, partial=partial
    )


def people(here: Here, members: Iterable[UUID | None]) -> dict[UUID, dict[str, str]]:
    """Members by id as a queue names them, with the way to their page for whoever may go there; others get a given
    name and an initial, as it would be called out in the shop."""
    known = directory.by_ids(pk for pk in members if pk)
    full, slug = here.may("members.view"), here.merchant.slug
    return {
        pk: {
            "name": (row.name or known_as(row)) if full else called(row),
            "url": reverse("office:member", args=[slug, ids.encode("mbr", pk)]) if full else "",
            "card": row.identities.get("card", ""),
        }
        for pk, row in known.items()
    }


def called(row: directory.Row) -> str:
    """A member as they are called in a shop: "Maja L."; the end of their card for who gave no name."""
    if row.profile and row.profile.given_name:
        initial = row.profile.family_name[:1]
        return f"{row.profile.given_name} {initial}." if initial else row.profile.given_name
    card = row.identities.get("card", "")
    return f"…{card[-4:]}" if card else known_as(row)


@require_safe
@require("work.view")
def work(request: HttpRequest, here: Here) -> HttpResponse:
    """Every queue of this person with how much waits in it."""
    found, slug = waiting(at=here.at), here.merchant.slug
    cards = [
        {
            "queue": queue,
            "url": reverse(queue.route, args=[slug]),
            "count": counted(found, queue),
            "shown": shown_count(counted(found, queue)),
            "works": here.may(queue.works),
        }
        for queue in QUEUES
        if here.may(queue.sees)
    ]
    return work_page(request, here, "office/work/desk.html", {"cards": cards})
