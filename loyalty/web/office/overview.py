"""The first page: a few true figures that open the rows they add up, what needs a look, what happened."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from analytics.queries.glance import glance
from loyalty.core import formats, ids
from loyalty.core.errors import NotFound
from loyalty.core.events.queries import log
from loyalty.core.pages import Here, require
from loyalty.core.programme import queries as programmes
from loyalty.web.office.audit import told
from loyalty.web.office.checklist import checklist_card
from loyalty.web.office.connect.frame import notices
from loyalty.web.office.frame import office_page, words
from loyalty.web.office.lists import PAGE
from loyalty.web.office.members import known_as, listed
from loyalty.web.office.orders import order_rows
from loyalty.web.office.rewards import name_of
from loyalty.web.office.value.goals import goals_card
from loyalty.web.office.wallets import notices as wallet_notices
from loyalty.web.office.work.queues import looks
from members.queries import directory
from members.queries import overview as figures
from members.queries.orders import waiting_refunds
from rewards.queries.catalogue import rewards as catalogue

PERIODS = {
    "7": gettext_lazy("7 days"),
    "30": gettext_lazy("30 days"),
    "90": gettext_lazy("90 days"),
    "365": gettext_lazy("A year"),
}
LABELS = {
    "members_active": gettext_lazy("Active members"),
    "revenue_members": gettext_lazy("Revenue from members"),
    "points_outstanding": gettext_lazy("{Points} members hold"),
    "redemption_share": gettext_lazy("Share of {points} used"),
    "members_new": gettext_lazy("New members"),
    "orders": gettext_lazy("Orders"),
    "points_issued": gettext_lazy("{Points} given"),
    "points_redeemed": gettext_lazy("{Points} used"),
    "members_total": gettext_lazy("Members"),
    "revenue": gettext_lazy("Revenue"),
    "points_expired": gettext_lazy("{Points} expired"),
    "points_adjusted": gettext_lazy("{Points} by hand"),
}
"""Every figure, in the order of the page."""
#: Why points moved, for movements that carry no reason of their own.
MOVES = {
    "earn": gettext_lazy("Purchase"),
    "refund": gettext_lazy("Refund"),
    "redemption": gettext_lazy("Reward"),
    "adjustment": gettext_lazy("By hand"),
    "adjustment_undone": gettext_lazy("By hand, undone"),
    "expiry": gettext_lazy("Expired unused"),
    "merge": gettext_lazy("Accounts merged"),
    "forfeit": gettext_lazy("Membership ended"),
}
_FIRST, _MORE = list(LABELS)[:4], list(LABELS)[4:]
#: What another event of the same moment already says, what computes itself for many at once, and what a shop's own
#: system sends in many parts.
_ECHOES = (
    "order.recorded", "points.reserved", "points.spent", "points.released", "points.given_back", "segment.entered",
    "segment.left", "products.written",
)  # fmt: skip
#: Figures that are the same whatever the period: comparing them with the period before would say nothing.
_STANDING = ("points_outstanding", "members_total")
#: Points that left members: the books write them with a minus, the figure and its rows without.
_LEAVING = ("points_redeemed", "points_expired", "redemption_share")


def period_of(request: HttpRequest, here: Here) -> tuple[str, figures.Period]:
    """The period in the address, 30 days when there is none."""
    days = request.GET.get("days", "30")
    days = days if days in PERIODS else "30"
    return days, figures.Period.last_days(int(days), at=here.at, zone=here.merchant.timezone)


def _sums(days: str, here: Here) -> figures.Sums | None:
    """What has been summed already of the last days; None where the rows are added up."""
    return glance(int(days), zone=here.merchant.timezone, at=here.at)


def shown(figure: figures.Figure, currency: str) -> str:
    """A figure as it is read."""
    match figure.unit:
        case "money":
            return formats.money(int(figure.value or 0), currency)
        case "share":
            return formats.percent(figure.value) if isinstance(figure.value, Decimal) else formats.NOTHING
        case _:
            return formats.number(int(figure.value or 0))


def label_of(key: str, said: dict[str, str]) -> str:
    """A figure's name, with the shop's own word for points."""
    many = said["other"]
    return str(LABELS[key]).format(points=many, Points=many[:1].upper() + many[1:])


def _change(now: figures.Figure, before: figures.Figure) -> str:
    """How a figure moved against the period before: "+6.2%"; "" when there is nothing to compare with."""
    if now.key in _STANDING or now.value is None or not before.value or before.value < 0:
        return ""
    moved = (Decimal(now.value) - Decimal(before.value)) / Decimal(before.value)
    text = formats.percent(abs(moved))
    return f"+{text}" if moved > 0 else f"\u2212{text}" if moved < 0 else ""


def _stats(keys: Sequence[str], here: Here, days: str, found: Any, before: Any) -> list[dict[str, Any]]:
    said = words()
    slug, currency = here.merchant.slug, here.merchant.currency
    return [
        {
            "label": label_of(key, said),
            "value": shown(found[key], currency),
            "definition": found[key].definition,
            "href": f"{reverse('office:figure', args=[slug, key])}?days={days}",
            "change": _change(found[key], before[key]),
        }
        for key in keys
    ]


@require_safe
@require("overview.view")
def overview(request: HttpRequest, here: Here) -> HttpResponse:
    """The figures of the period in `?days=`, beside those of the period before."""
    days, period = period_of(request, here)
    found, before = figures.overview_and_before(period, _sums(days, here))
    url = reverse("office:overview", args=[here.merchant.slug])
    context = {
        "stats": _stats(_FIRST, here, days, found, before),
        "more": _stats(_MORE, here, days, found, before),
        "periods": [
            {"label": label, "url": f"{url}?days={value}", "current": value == days}
            for value, label in PERIODS.items()
        ],
        "period": period,
        "looks": _needs_a_look(here),
        "checklist": checklist_card(here),
        "goals_card": goals_card(here),
        "events": told(log().exclude(kind__in=_ECHOES)[:8], here) if here.may("audit.view") else [],
    }
    return office_page(request, here, "office/overview.html", context, current="overview", partial="figures")


def _needs_a_look(here: Here) -> list[dict[str, str]]:
    """What somebody should do something about, each with the way there."""
    slug, found = here.merchant.slug, looks(here)
    if programmes.draft() is not None:
        found.append(
            {
                "kind": "info",
                "icon": "file-pen",
                "text": _("A draft of the programme is not published yet."),
                "url": reverse("office:programme_draft", args=[slug]),
                "action": _("Look at it"),
            }
        )
    for row in catalogue():
        left = None if row.stock is None else row.stock - row.taken
        if left is not None and left <= 5:
            text = (
                ngettext("“{name}” has {left} left.", "“{name}” has {left} left.", left)
                if left
                else _("“{name}” is sold out.")
            )
            found.append(
                {
                    "kind": "warn",
                    "icon": "package-open",
                    "text": text.format(name=name_of(row), left=left),
                    "url": reverse("office:reward", args=[slug, ids.encode("rwd", row.pk)]),
                    "action": _("Refill"),
                }
            )
    waiting = waiting_refunds().count()
    if waiting:
        text = ngettext(
            "{n} refund waits for an order that has not arrived.",
            "{n} refunds wait for orders that have not arrived.",
            waiting,
        ).format(n=waiting)
        found.append(
            {
                "kind": "warn",
                "icon": "undo-2",
                "text": text,
                "url": reverse("office:orders", args=[slug]),
                "action": _("See orders"),
            }
        )
    return found + notices(here) + wallet_notices(here)


@require_safe
@require("overview.view")
def rows(request: HttpRequest, here: Here, name: str) -> HttpResponse:
    """What a figure is made of: its definition, its period, and the rows that add up to it."""
    if name not in LABELS:
        raise NotFound("figure")
    days, period = period_of(request, here)
    figure = figures.figure(name, period, _sums(days, here))
    number = request.GET.get("page", "1")
    page = min(int(number), 10_000) if number.isdecimal() and len(number) < 6 and int(number) else 1
    found = figures.rows_from(name, period, first=(page - 1) * PAGE, count=PAGE + 1)
    kind = (
        "orders"
        if name in ("orders", "revenue", "revenue_members")
        else "members"
        if name.startswith("members")
        else "points"
    )
    url = reverse("office:figure", args=[here.merchant.slug, name])
    said = words()
    context = {
        "label": label_of(name, said),
        "value": shown(figure, here.merchant.currency),
        "figure": figure,
        "kind": kind,
        "rows": _told_rows(kind, found[:PAGE], here, flipped=name in _LEAVING),
        "is_standing": name in _STANDING,
        "is_held": name == "points_outstanding",
        "period": period,
        "periods": [
            {"label": label, "url": f"{url}?days={value}", "current": value == days}
            for value, label in PERIODS.items()
        ],
        "back_url": f"{reverse('office:overview', args=[here.merchant.slug])}?days={days}",
        "previous_url": f"{url}?days={days}&page={page - 1}" if page > 1 else "",
        "next_url": f"{url}?days={days}&page={page + 1}" if len(found) > PAGE else "",
    }
    return office_page(request, here, "office/figure.html", context, current="overview", partial="rows")


def _told_rows(kind: str, found: list[Any], here: Here, *, flipped: bool) -> list[Any]:
    slug = here.merchant.slug
    if kind == "orders":
        return order_rows(found, slug)
    if kind == "members":
        return [listed(row, slug) for row in directory.rows(found)]
    owners = directory.by_ids(row["owner"] for row in found)
    names = {member: row.name or known_as(row) for member, row in owners.items()}
    sign = -1 if flipped else 1
    return [
        {
            **row,
            "said": row.get("reason") or MOVES.get(row.get("kind", ""), ""),
            "points": sign * row["points"],
            "name": names.get(row["owner"], _("Nobody")),
            "url": reverse("office:member", args=[slug, ids.encode("mbr", row["owner"])]),
        }
        for row in found
    ]
