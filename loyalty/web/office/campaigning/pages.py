"""The list of campaigns, their calendar, and one of them: what it does, what it would have done, what it came to."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from campaigns.models import Campaign
from campaigns.operations.campaigning.ticking import pace_of
from campaigns.operations.campaigning.trying import period_of
from campaigns.operations.campaigning.writing import CHANGEABLE
from campaigns.queries.campaigning import figures, reading
from campaigns.queries.campaigning.templates import TEMPLATES
from loyalty.core import formats, ids
from loyalty.core.pages import Here, require
from loyalty.web.office.campaigning.forms import LimitsForm, RefuseForm
from loyalty.web.office.campaigning.shown import (
    banner,
    foreseen,
    gives,
    says,
    shown,
    url_of,
    when,
    who,
    zone_of,
)
from loyalty.web.office.forms.programme import shown_amount
from loyalty.web.office.frame import office_page, words
from loyalty.web.office.people import names_of
from loyalty.web.office.value.returns import told_of_campaign

CURRENT = "campaigns"
State = Campaign.State
_TABS = {
    "now": (State.WAITING, State.RUNNING, State.PAUSED, State.PLANNED),
    "drafts": (State.DRAFT,),
    "ended": (State.ENDED,),
}
MOST = 200


def tabs(here: Here, current: str) -> list[dict[str, Any]]:
    """The views of campaigns, with how many are in each."""
    url, numbers = reverse("office:campaigns", args=[here.merchant.slug]), reading.numbers()
    labels = {"now": _("Running and planned"), "drafts": _("Drafts"), "ended": _("Ended")}
    found = [
        {
            "label": labels[name], "url": url if name == "now" else f"{url}?show={name}", "current": name == current,
            "count": sum(numbers.get(state, 0) for state in states),
        }
        for name, states in _TABS.items()
    ]  # fmt: skip
    calendar_url = reverse("office:campaign_calendar", args=[here.merchant.slug])
    return [*found, {"label": _("Calendar"), "url": calendar_url, "current": current == "calendar"}]


@require_safe
@require("campaigns.view")
def campaigns(request: HttpRequest, here: Here) -> HttpResponse:
    """Those that run or are about to; `?show=drafts` and `?show=ended` for others. With what to begin with."""
    show = request.GET.get("show", "now")
    show = show if show in _TABS else "now"
    rows = reading.in_states(_TABS[show])
    if show != "now":
        rows = rows.order_by("-id")
    policy = reading.policy()
    initial = {}
    if policy is not None:
        minor = policy.approve_minor
        initial = {
            "approve_points": policy.approve_points,
            "approve_minor": None if minor is None else shown_amount(minor, here.merchant.currency),
        }
    context = {
        "rows": [{**shown(row, here), "given": _given(row)} for row in rows[:MOST]],
        "show": show,
        "tabs": tabs(here, show),
        "templates": TEMPLATES,
        "has_rows": bool(reading.numbers()),
        "limits_form": LimitsForm(currency=here.merchant.currency, initial=initial),
        "policy": policy,
    }
    return office_page(request, here, "office/campaigning/campaigns.html", context, current=CURRENT)


def _given(row: Campaign) -> int | None:
    return figures.given_points(row) if row.launched_at else None


@require_safe
@require("campaigns.view")
def calendar(request: HttpRequest, here: Here) -> HttpResponse:
    """A month with what counts on each day; `?month=2026-12`."""
    zone = zone_of(here)
    today = here.at.astimezone(zone).date()
    first = _month(request.GET.get("month", ""), today)
    weeks = reading.month(first, zone=zone)
    url = reverse("office:campaign_calendar", args=[here.merchant.slug])
    before = date(first.year - (first.month == 1), (first.month - 2) % 12 + 1, 1)
    after = date(first.year + (first.month == 12), first.month % 12 + 1, 1)
    seen = {row.pk: row for week in weeks for day in week for row in day.campaigns}
    rows = sorted(seen.values(), key=lambda row: (row.starts_at, row.pk))
    numbers = {row.pk: number % 6 + 1 for number, row in enumerate(rows)}
    context = {
        "weeks": [
            [
                {
                    "day": day.day, "inside": day.inside, "today": day.day == today,
                    "campaigns": [
                        {"row": row, "url": url_of(here, "campaign", row), "colour": numbers[row.pk]}
                        for row in day.campaigns
                    ],
                }
                for day in week
            ]
            for week in weeks
        ],
        "weekdays": [formats.weekday(number) for number in range(7)],
        "title": formats.period("month", first),
        "rows": [{**shown(row, here), "colour": numbers[row.pk]} for row in rows],
        "before_url": f"{url}?month={before:%Y-%m}" if before.year >= 2000 else "",
        "after_url": f"{url}?month={after:%Y-%m}" if after.year <= 2100 else "",
        "today_url": url,
        "tabs": tabs(here, "calendar"),
    }  # fmt: skip
    return office_page(
        request, here, "office/campaigning/calendar.html", context, current=CURRENT, partial="month"
    )


def _month(text: str, today: date) -> date:
    """The first day of a month that was asked for, else of today's."""
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)
    return found if 2000 <= found.year <= 2100 else today.replace(day=1)


@never_cache
@require_safe
@require("campaigns.view")
def campaign(request: HttpRequest, here: Here, campaign_id: str) -> HttpResponse:
    """One: how it stands, what it gives and for whom, what it would have done a year before, and what it came to."""
    return campaign_page(request, here, reading.campaign(ids.decode("cmp", campaign_id)))


def campaign_page(
    request: HttpRequest, here: Here, row: Campaign, *, refusal: RefuseForm | None = None, status: int = 200
) -> HttpResponse:
    """The page of a campaign; `refusal` is a form that came back."""
    content = reading.content_of(row)
    names = names_of([row.asked_by, row.decided_by, row.created_by])
    came = figures.came_to(row) if row.launched_at else None
    since, until = period_of(row, at=here.at)
    context = {
        **shown(row, here),
        "gives": gives(content, here),
        "rules": says(content.rules, here),
        "who": who(content),
        "when": when(content),
        "banner": banner(row, here, asked_by=names.get(row.asked_by, "")),
        "came": came,
        "stats": _stats(row, came, here) if came else [],
        # Read when the page shows it: the part that is asked for every second does not.
        "brought": SimpleLazyObject(lambda: told_of_campaign(row, here)) if row.launched_at else None,
        "budget": _budget(row, here),
        "pace": pace_of(row, at=here.at) if row.state == State.RUNNING else None,
        "tried": foreseen(row),
        "try_since": since,
        "try_until": until,
        "can": _can(row, here),
        "needs_two": row.state in (State.DRAFT, State.PAUSED)
        and not row.decided_by
        and reading.needs_two(row),
        "refuse_form": refusal or RefuseForm(label_suffix=""),
        "form": refusal,
        "urls": {
            name: url_of(here, f"campaign_{name}", row)
            for name in ("edit", "launch", "approve", "refuse", "pause", "end", "copy", "remove", "rehearse")
        },
        "created_by": names.get(row.created_by, ""),
        "decided_by": names.get(row.decided_by, ""),
    }
    return office_page(
        request,
        here,
        "office/campaigning/campaign.html",
        context,
        current=CURRENT,
        partial="tried",
        status=status,
    )


def _can(row: Campaign, here: Here) -> dict[str, bool]:
    """What can be done with it as it stands, by this person where it matters who it is."""
    mine = row.asked_by == f"staff:{here.staff.pk}"
    return {
        "change": row.state in CHANGEABLE,
        "launch": row.state in (State.DRAFT, State.PAUSED),
        "decide": row.state == State.WAITING and here.may("campaigns.approve") and not mine,
        "pause": row.state in (State.PLANNED, State.RUNNING),
        "end": row.launched_at is not None and row.state != State.ENDED,
        "remove": row.launched_at is None and row.state in (State.DRAFT, State.WAITING),
    }


def _stats(row: Campaign, came: figures.Came, here: Here) -> list[dict[str, str]]:
    """What it came to, each figure with the list it adds up."""
    currency, said = here.merchant.currency, words()
    orders, members = url_of(here, "campaign_orders", row), url_of(here, "campaign_members", row)
    found = [
        {"label": said["other"].capitalize(), "value": formats.points(came.points), "href": orders,
         "definition": _("Given by its rules, less what refunds took back.")},
        {"label": _("Members"), "value": formats.points(came.members), "href": members,
         "definition": _("Who got something from it.")},
        {"label": _("Purchases"), "value": formats.points(came.orders), "href": orders,
         "definition": _("Purchases for which its rules gave something.")},
        {"label": _("Spent by members"), "value": formats.money(came.spend_minor, currency), "href": orders,
         "definition": _("What those purchases came to, less what came back. Not what the campaign alone brought.")},
    ]  # fmt: skip
    if came.cost_minor is not None:
        found.append({"label": _("Cost"), "value": formats.money(came.cost_minor, currency), "href": orders,
                      "definition": _("If every point is used, with the rewards it handed out.")})  # fmt: skip
    if row.rewards:
        found.append({"label": _("Rewards taken"), "value": formats.points(came.redeemed),
                      "href": url_of(here, "campaign_redemptions", row),
                      "definition": _("Its rewards, taken while it ran.")})  # fmt: skip
    if row.match_percent:
        found.append({"label": _("You add to donations"), "value": formats.money(came.matched_minor, currency),
                      "href": url_of(here, "campaign_redemptions", row),
                      "definition": _("Members gave {amount} with these rewards.").format(
                          amount=formats.money(came.donated_minor, currency))})  # fmt: skip
    if row.offer:
        found.append({"label": _("Activated"), "value": formats.points(came.activated), "href": members,
                      "definition": _("How often its offer was activated.")})  # fmt: skip
    return found


def _budget(row: Campaign, here: Here) -> dict[str, Any] | None:
    """How much of its budget is spent; None where it has none."""
    points, cost = figures.spent(row)
    if row.budget_points is not None:
        text = _("{spent} of {most}").format(
            spent=formats.points(points), most=formats.points(row.budget_points, words())
        )
        return {"value": min(points, row.budget_points), "max": row.budget_points, "text": text}
    if row.budget_minor is not None and row.point_cost:
        currency, spent = here.merchant.currency, int(cost)
        text = _("{spent} of {most}").format(
            spent=formats.money(spent, currency), most=formats.money(row.budget_minor, currency)
        )
        return {"value": min(spent, row.budget_minor), "max": row.budget_minor, "text": text}
    return None
