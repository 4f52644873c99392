"""What the figures of a campaign are made of: purchases and activities, members, rewards."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from campaigns.models import Campaign
from campaigns.queries.campaigning import figures, reading
from loyalty.core import ids
from loyalty.core.pages import Here, require
from loyalty.web.office.campaigning.shown import url_of
from loyalty.web.office.frame import office_page
from loyalty.web.office.joining import page_of
from loyalty.web.office.lists import PAGE, address
from loyalty.web.office.members import known_as
from members.models import RuleUse
from members.queries import directory
from members.queries.orders import orders_of_ids
from rewards.queries.telling import named

CURRENT = "campaigns"


def _page(request: HttpRequest) -> int:
    """Which page is asked for, from 0 on."""
    text = request.GET.get("page", "")
    return int(text) if text.isdecimal() and len(text) < 6 else 0


def _rows_page(
    request: HttpRequest, here: Here, row: Campaign, name: str, found: list[dict[str, Any]]
) -> HttpResponse:
    """A list of at most `PAGE` rows, with the way to the next ones."""
    number = _page(request)
    context = {
        "row": row, "back_url": url_of(here, "campaign", row), "rows": found[:PAGE], "what": name,
        "next_url": address(request, page=str(number + 1)) if len(found) > PAGE else "",
        "first_url": address(request, page="") if number else "",
    }  # fmt: skip
    return office_page(request, here, "office/campaigning/rows.html", context, current=CURRENT)


def _names(members: list[Any], here: Here) -> dict[Any, dict[str, str]]:
    """Members by name, for those who may read them."""
    found = directory.by_ids(members) if here.may("members.view") else {}
    return {key: {"name": one.name or known_as(one), "url": page_of(here, key)} for key, one in found.items()}


@require_safe
@require("campaigns.view")
def orders(request: HttpRequest, here: Here, campaign_id: str) -> HttpResponse:
    """Every purchase and activity its rules gave something for, newest first, with what they gave."""
    row, start = reading.campaign(ids.decode("cmp", campaign_id)), _page(request) * PAGE
    uses = figures.gifts(row, most=PAGE + 1, after=start)
    people = _names([one["member"] for one in uses if one["member"]], here)
    bought = {one.order.pk: one.order for one in orders_of_ids([use["source"] for use in uses])}
    found = []
    for use in uses:
        order = bought.get(use["source"])
        is_order = use["source_kind"] == RuleUse.Kind.ORDER and order is not None
        found.append({
            "at": use["at"], "units": use["units"], "amount": use["amount"], "unit": use["unit"],
            "person": people.get(use["member"]), "title": order.external_id if is_order and order else "",
            "spend": order.total_minor - order.refunded_minor if is_order and order else None,
            "url": reverse("office:order", args=[here.merchant.slug, ids.encode("ord", use["source"])])
            if is_order and here.may("members.view") else "",
        })  # fmt: skip
    return _rows_page(request, here, row, "orders", found)


@require_safe
@require("campaigns.view")
def members(request: HttpRequest, here: Here, campaign_id: str) -> HttpResponse:
    """Who it gave something, most points first."""
    row, start = reading.campaign(ids.decode("cmp", campaign_id)), _page(request) * PAGE
    reached = figures.members(row, most=PAGE + 1, after=start)
    people = _names([one.member for one in reached], here)
    found = [
        {"person": people.get(one.member), "units": one.points, "times": one.times, "at": one.last_at}
        for one in reached
    ]
    return _rows_page(request, here, row, "members", found)


@require_safe
@require("campaigns.view")
def redemptions(request: HttpRequest, here: Here, campaign_id: str) -> HttpResponse:
    """Its rewards that were taken while it ran, newest first."""
    row, start = reading.campaign(ids.decode("cmp", campaign_id)), _page(request) * PAGE
    taken = figures.redemptions(row).select_related("reward").order_by("-reserved_at", "-id")
    page = list(taken[start : start + PAGE + 1])
    people = _names([one.member_id for one in page], here)
    found = [
        {"person": people.get(one.member_id), "title": named(one.reward), "at": one.reserved_at,
         "spend": one.value * one.quantity if row.match_percent else None, "units": one.cost_points}
        for one in page
    ]  # fmt: skip
    return _rows_page(request, here, row, "redemptions", found)
