"""The list of members: one box to find them, a filter, pages, and exactly that list as a file."""

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
from loyalty.core.pages import Here, require, sent_to
from loyalty.web.office.choosing.filters import (
    COLUMNS,
    STATUSES,
    carried,
    chips,
    choice_of,
    columns_of,
    offered,
    seal,
    unseal,
)
from loyalty.web.office.files import download
from loyalty.web.office.frame import office_page, words
from loyalty.web.office.lists import PAGE, address
from members.models import Member
from members.operations.bulk import MOST
from members.queries import choosing, directory
from members.queries.belonging import tiers_of
from members.queries.choosing import Choice
from members.queries.tier_words import tier_name
from members.queries.tiers import ladder_in_force
from members.rules.tiers import Tiers

STATUS_NAMES = {
    Member.Status.ACTIVE: pgettext_lazy("a member", "Active"),
    Member.Status.BLOCKED: gettext_lazy("Blocked"),
    Member.Status.ERASED: gettext_lazy("Erased"),
    Member.Status.MERGED: gettext_lazy("Merged"),
}
STATUS_BADGES = {"blocked": "bad", "erased": "", "merged": "info"}
_AT_ONCE = 1000


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
    """The list, newest first; the address finds, filters, sorts, pages on with `?after=` and chooses `?cols=`."""
    if "col" in request.GET:  # the form of the columns sends each of them; an address has them in one
        chosen = ",".join(request.GET.getlist("col"))
        return sent_to(request, address(request, col="", cols=chosen, after=""))
    choice, columns = choice_of(request.GET), columns_of(request)
    found = choosing.members(
        choice, at=here.at, after=unseal(request.GET.get("after", ""), choice), most=PAGE + 1
    )
    shown = directory.rows(found[:PAGE])
    tiers, ladder = tiers_of([row.member.pk for row in shown]), ladder_in_force()
    context = {
        **_narrowing(request, here, choice),
        "rows": [
            {**listed(row, here.merchant.slug), **_more(row, tiers.get(row.member.pk, ""), ladder)}
            for row in shown
        ],
        "columns": [{"name": name, "label": _label(name), "on": name in columns} for name in COLUMNS],
        "shows": dict.fromkeys(columns, True),
        "first_url": address(request, after="") if request.GET.get("after") else "",
        "next_url": address(request, after=seal(choosing.position(choice, found[PAGE - 1])))
        if len(found) > PAGE
        else "",
    }
    return office_page(request, here, "office/members.html", context, current="members", partial="list")


def _narrowing(request: HttpRequest, here: Here, choice: Choice) -> dict[str, Any]:
    """What the page says and offers about how the list is narrowed and sorted."""
    export = reverse("office:members_export", args=[here.merchant.slug])
    query = address(request, after="", cols="").partition("?")[2]
    return {
        "text": choice.text,
        "search_query": choice.text,
        "status": choice.status,
        "choice": choice,
        "is_filtered": choice.narrows,
        "tabs": [
            {
                "label": label,
                "url": address(request, status=value, after=""),
                "current": choice.status == value,
            }
            for value, label in (("", _("Everyone")), *((value, STATUS_NAMES[value]) for value in STATUSES))
        ],
        "filters": offered(choice),
        "chips": chips(request, choice),
        "carried": carried(request),
        "sort_urls": {
            "name": address(request, sort="" if choice.sort == "name" else "name", after=""),
            "joined": address(request, sort="oldest" if choice.sort == "newest" else "", after=""),
        },
        "since": request.GET.get("since", "") if choice.joined_since else "",
        "until": request.GET.get("until", "") if choice.joined_until else "",
        "export_url": f"{export}?{query}" if query else export,
    }


def _label(column: str) -> str:
    """A column's name; that of the points is the shop's own word."""
    many = words()["other"]
    return many[:1].upper() + many[1:] if column == "points" else str(COLUMNS[column])


def _more(row: directory.Row, tier: str, ladder: Tiers) -> dict[str, Any]:
    """What only some lists show of a member."""
    profile = row.profile
    wants = [
        str(label)
        for label, given in (
            (_("e-mail"), profile is not None and profile.news_by_email),
            (_("text message"), profile is not None and profile.news_by_sms),
        )
        if given
    ]
    return {
        "id": ids.encode("mbr", row.member.pk),
        "tier": tier_name(ladder, tier) if tier else "",
        "news": ", ".join(wants),
    }


@require_safe
@require("members.export")
def export(request: HttpRequest, here: Here) -> FileResponse:
    """Exactly the filtered list as a file. Money in whole units of the shop's currency, times in its zone."""
    chosen = choosing.named(request.GET.getlist("m")[:MOST]) if "m" in request.GET else None
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
    name = f"members-{here.merchant.slug}-{timezone.localdate():%Y-%m-%d}"
    return download(request, name, head, _exported(choice_of(request.GET), chosen, here))


def _exported(choice: Choice, chosen: list[Member] | None, here: Here) -> Iterator[list[Any]]:
    """The chosen ones, or everybody the filters leave, a batch at a time."""
    currency, after = here.merchant.currency, None
    while True:
        found = (
            chosen if chosen is not None else choosing.members(choice, at=here.at, after=after, most=_AT_ONCE)
        )
        for row in directory.rows(found):
            yield _line(row, currency)
        if chosen is not None or len(found) < _AT_ONCE:
            return
        after = choosing.position(choice, found[-1])


def _line(row: directory.Row, currency: str) -> list[Any]:
    profile, stats = row.profile, row.stats
    last = stats.last_order_at if stats else None
    return [
        ids.encode("mbr", row.member.pk),
        profile.given_name if profile else "",
        profile.family_name if profile else "",
        row.identities.get("email"),
        row.identities.get("phone"),
        row.identities.get("card"),
        row.identities.get("external"),
        row.member.status,
        timezone.localtime(row.member.joined_at),
        row.balance.available,
        row.balance.pending,
        stats.orders_count if stats else 0,
        major(stats.spend_minor if stats else 0, currency),
        currency,
        timezone.localtime(last) if last else None,
    ]
