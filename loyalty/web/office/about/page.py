"""What every page about a member shares: their head, and the way between the pages."""

from collections.abc import Mapping
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy

from loyalty.core import ids
from loyalty.core.pages import Here
from loyalty.web.office.frame import office_page
from loyalty.web.office.joining import page_of
from loyalty.web.office.members import STATUS_BADGES, STATUS_NAMES, known_as
from members.models import Member
from members.queries import adjusting, directory

TABS = (
    ("member", gettext_lazy("What happened")),
    ("about_tier", gettext_lazy("Tier and services")),
    ("about_extras", gettext_lazy("Cards, offers, badges")),
    ("about_games", gettext_lazy("Games")),
    ("about_friends", gettext_lazy("Friends and family")),
    ("about_belonging", gettext_lazy("Plans and places")),
    ("about_segments", gettext_lazy("Segments")),
    ("about_fits", gettext_lazy("What fits and what they said")),
    ("about_automations", gettext_lazy("Automations")),
)


def tabs(slug: str, member_id: str, current: str) -> list[dict[str, Any]]:
    """The pages about a member, as tabs."""
    return [
        {"label": label, "url": reverse(f"office:{name}", args=[slug, member_id]), "current": name == current}
        for name, label in TABS
    ]


def row_of(member_id: str) -> directory.Row:
    """The member an address names, or whoever they were merged into."""
    return directory.row(directory.member(ids.decode("mbr", member_id)))


def head(row: directory.Row, here: Here, current: str = "") -> dict[str, Any]:
    """What every page about a member shows of them."""
    status = Member.Status(row.member.status)
    public_id = ids.encode("mbr", row.member.pk)
    return {
        "row": row,
        "member": row.member,
        "public_id": public_id,
        "name": row.name or known_as(row),
        "member_url": page_of(here, row.member.pk),
        "status_name": STATUS_NAMES[status],
        "badge": STATUS_BADGES.get(row.member.status, ""),
        "is_active": status == Member.Status.ACTIVE,
        "is_here": status in (Member.Status.ACTIVE, Member.Status.BLOCKED),
        "balance": row.balance,
        "about": tabs(here.merchant.slug, public_id, current),
    }


def requests_about(row: directory.Row) -> int:
    """How many changes by hand wait for a second person."""
    return adjusting.about(row.member.pk).count()


def about_page(
    request: HttpRequest, here: Here, template: str, row: directory.Row, context: Mapping[str, Any], *,
    current: str, partial: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    """One of the pages about a member."""
    return office_page(
        request, here, template, {**head(row, here, current), **context}, current="members", partial=partial,
        status=status,
    )  # fmt: skip


def asked(request: HttpRequest, here: Here, row: directory.Row, form: Form, **more: Any) -> HttpResponse:
    """The page of one thing to do, `title`d, for `url`; a dialog when htmx asked, only the form when it came back."""
    partial = "form" if request.method == "POST" else "dialog"
    status = 422 if form.errors and request.method == "POST" else 200
    context = {**head(row, here), "back_url": more.pop("back", page_of(here, row.member.pk)), "form": form}
    return office_page(
        request, here, "office/about/act.html", {**context, **more}, current="members", partial=partial,
        status=status,
    )  # fmt: skip
