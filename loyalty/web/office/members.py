"""The list of members: one box to find them, a filter, pages, and exactly that list as a spreadsheet."""

from collections.abc import Iterator
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from loyalty.core import ids
from loyalty.core.money import major
from loyalty.core.pages import Here, require
from loyalty.web.office.frame import office_page
from loyalty.web.office.lists import PAGE, address, after, cursor, is_text, spreadsheet
from members.models import Member
from members.queries import directory

STATUS_NAMES = {
    Member.Status.ACTIVE: pgettext_lazy("a member", "Active"),
    Member.Status.BLOCKED: gettext_lazy("Blocked"),
    Member.Status.ERASED: gettext_lazy("Erased"),
    Member.Status.MERGED: gettext_lazy("Merged"),
}
STATUS_BADGES = {"blocked": "bad", "erased": "", "merged": "info"}
_OFFERED = (Member.Status.ACTIVE, Member.Status.BLOCKED, Member.Status.ERASED)
_AT_ONCE = 1000


def _filter(request: HttpRequest) -> tuple[str, str]:
    text, status = request.GET.get("q", "").strip()[:100], request.GET.get("status", "")
    return text if is_text(text) else "", status if status in _OFFERED else ""


def listed(row: directory.Row, slug: str) -> dict[str, Any]:
    """One member as a list shows them."""
    return {
        "url": reverse("office:member", args=[slug, ids.encode("mbr", row.member.pk)]),
        "name": row.name or known_as(row),
        "card": row.identities.get("card", ""),
        "contact": row.identities.get("email")
        or row.identities.get("phone")
        or row.identities.get("external", ""),
        "points": row.balance.available,
        "pending": row.balance.pending,
        "orders": row.stats.orders_count if row.stats else 0,
        "spent": row.stats.spend_minor if row.stats else 0,
        "last_order_at": row.stats.last_order_at if row.stats else None,
        "joined_at": row.member.joined_at,
        "status": row.member.status,
        "status_name": STATUS_NAMES[Member.Status(row.member.status)],
        "badge": STATUS_BADGES.get(row.member.status, ""),
    }


def known_as(row: directory.Row) -> str:
    """What to call a member who gave no name: e-mail, phone, card or the shop's own id."""
    for kind in ("email", "phone", "external", "card"):
        if kind in row.identities:
            return row.identities[kind]
    return _("Erased member") if row.member.status == Member.Status.ERASED else _("Member without a name")


@require_safe
@require("members.view")
def members(request: HttpRequest, here: Here) -> HttpResponse:
    """The list, newest first; `?q=` finds, `?status=` filters, `?after=` pages on."""
    text, status = _filter(request)
    found = list(
        directory.members(text=text, status=status, before=after(request.GET.get("after", "")))[: PAGE + 1]
    )
    shown = directory.rows(found[:PAGE])
    last = found[PAGE - 1] if len(found) > PAGE else None
    export = reverse("office:members_export", args=[here.merchant.slug])
    query = address(request, after="").partition("?")[2]
    context = {
        "rows": [listed(row, here.merchant.slug) for row in shown],
        "text": text,
        "search_query": text,
        "status": status,
        "is_filtered": bool(text or status),
        "tabs": [
            {"label": label, "url": address(request, status=value, after=""), "current": status == value}
            for value, label in (("", _("Everyone")), *((value, STATUS_NAMES[value]) for value in _OFFERED))
        ],
        "export_url": f"{export}?{query}" if query else export,
        "first_url": address(request, after="") if request.GET.get("after") else "",
        "next_url": address(request, after=cursor(last.joined_at, last.pk)) if last else "",
    }
    return office_page(request, here, "office/members.html", context, current="members", partial="list")


@require_safe
@require("members.export")
def export(request: HttpRequest, here: Here) -> FileResponse:
    """Exactly the filtered list as CSV. Money in whole units of the shop's currency, times in its zone."""
    text, status = _filter(request)
    head = [
        _("Member"),
        _("Given name"),
        _("Family name"),
        _("E-mail"),
        _("Phone"),
        _("Card"),
        _("Own id"),
        _("Status"),
        _("Joined"),
        _("Points"),
        _("Pending"),
        _("Orders"),
        _("Spent"),
        _("Currency"),
        _("Last order"),
    ]
    name = f"members-{here.merchant.slug}-{timezone.localdate():%Y-%m-%d}.csv"
    return spreadsheet(name, head, _exported(text, status, here.merchant.currency))


def _exported(text: str, status: str, currency: str) -> Iterator[list[Any]]:
    before = None
    while True:
        found = list(directory.members(text=text, status=status, before=before)[:_AT_ONCE])
        for row in directory.rows(found):
            profile, stats = row.profile, row.stats
            last = stats.last_order_at if stats else None
            yield [
                ids.encode("mbr", row.member.pk),
                profile.given_name if profile else "",
                profile.family_name if profile else "",
                row.identities.get("email"),
                row.identities.get("phone"),
                row.identities.get("card"),
                row.identities.get("external"),
                row.member.status,
                timezone.localtime(row.member.joined_at).isoformat(timespec="minutes"),
                row.balance.available,
                row.balance.pending,
                stats.orders_count if stats else 0,
                f"{major(stats.spend_minor, currency):f}" if stats else "0",
                currency,
                timezone.localtime(last).isoformat(timespec="minutes") if last else "",
            ]
        if len(found) < _AT_ONCE:
            return
        before = (found[-1].joined_at, found[-1].pk)
