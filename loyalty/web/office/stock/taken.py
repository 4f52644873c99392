"""What was handed out of a reward, row by row, and what it cost: the rows behind the figures of the list."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from loyalty.core import ids
from loyalty.core.pages import Here, require
from loyalty.web.office.frame import office_page
from loyalty.web.office.lists import PAGE, address
from loyalty.web.office.rewards import name_of
from loyalty.web.office.stock.basics import EVER, month_of
from loyalty.web.office.work.activities import next_after
from loyalty.web.office.work.desk import people
from rewards.queries import catalogue, figures


@require_safe
@require("rewards.view")
def taken(request: HttpRequest, here: Here, reward_id: str) -> HttpResponse:
    """This month's, or with `?show=all` everything; `?after=` pages on."""
    row = catalogue.reward(ids.decode("rwd", reward_id))
    is_all = request.GET.get("show") == "all"
    since = EVER if is_all else month_of(here.at)
    rows = figures.taken_of(row.pk, since=since, until=here.at).select_related("reward")
    before = next_after(request, "rdm")
    found = list((rows.filter(pk__lt=before) if before else rows)[: PAGE + 1])
    members = people(here, [one.member_id for one in found[:PAGE]])
    context: dict[str, Any] = {
        "reward": row,
        "name": name_of(row),
        "sum": figures.sum_of(rows),
        "rows": [
            {
                "row": one,
                "member": members.get(one.member_id, {"name": _("Nobody"), "url": ""}),
                "cost_minor": one.unit_cost_minor * one.quantity,
            }
            for one in found[:PAGE]
        ],
        "tabs": [
            {"label": _("This month"), "url": address(request, show="", after=""), "current": not is_all},
            {"label": _("All time"), "url": address(request, show="all", after=""), "current": is_all},
        ],
        "back_url": reverse("office:reward", args=[here.merchant.slug, reward_id]),
        "first_url": address(request, after="") if before else "",
        "next_url": address(request, after=ids.encode("rdm", found[PAGE - 1].pk))
        if len(found) > PAGE
        else "",
    }
    return office_page(request, here, "office/stock/taken.html", context, current="rewards", partial="list")
