"""Privacy: who answers for personal data, how long silent members are kept, and what a person may ask for."""

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from loyalty.core import ids
from loyalty.core.errors import DomainError
from loyalty.core.merchants.shaping import RETENTIONS, edit_shop
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.frame import office_page
from loyalty.web.office.members import known_as
from members.queries import directory
from members.queries.silence import silent_members
from members.rules.points_life import add_months

SHOWN = 100


def _choices() -> list[tuple[str, Any]]:
    months = [
        (str(n), ngettext_lazy("After {n} month", "After {n} months", n).format(n=n)) for n in RETENTIONS
    ]
    return [("", gettext_lazy("Never: we decide one by one")), *months]


class PrivacyForm(forms.Form):
    controller_name = forms.CharField(
        label=gettext_lazy("Who is responsible"),
        max_length=120,
        required=False,
        help_text=gettext_lazy(
            "The company that decides what happens with members’ data, as it is registered."
        ),
    )
    controller_contact = forms.CharField(
        label=gettext_lazy("How to reach them"),
        max_length=254,
        required=False,
        help_text=gettext_lazy(
            "An e-mail address or a postal address, on one line. Members read it in their profile."
        ),
    )
    retention_months = forms.TypedChoiceField(
        label=gettext_lazy("Members who have gone silent"),
        choices=_choices,
        coerce=int,
        empty_value=None,
        required=False,
        help_text=gettext_lazy(
            "After so long without a purchase or anything else you are shown them, to erase them."
        ),
    )


def _due(here: Here) -> datetime | None:
    """Who was last seen before this instant is up for being forgotten; None where nobody ever is."""
    months, zone = here.merchant.retention_months, ZoneInfo(here.merchant.timezone)
    if not months:
        return None
    return datetime.combine(add_months(here.at.astimezone(zone).date(), -months), time(), tzinfo=zone)


@require_http_methods(["GET", "HEAD", "POST"])
@require("settings.edit")
def privacy(request: HttpRequest, here: Here) -> HttpResponse:
    """The controller and the time after which silence is too long."""
    shop = here.merchant
    names = ("controller_name", "controller_contact", "retention_months")
    initial = {name: getattr(shop, name) for name in names}
    form = PrivacyForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            edit_shop(details=form.cleaned_data, at=here.at)
        except DomainError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("Saved."))
            return sent_to(request, request.path)
    due = _due(here)
    found = len(silent_members(before=due)[: SHOWN + 1]) if due else 0
    context = {"form": form, "due": due, "silent_count": min(found, SHOWN), "more": found > SHOWN}
    status = 422 if form.errors else 200
    return office_page(
        request, here, "office/settings/privacy.html", context, current="settings", status=status
    )


@require_safe
@require("settings.edit")
def silent(request: HttpRequest, here: Here) -> HttpResponse:
    """Members nobody has heard of for too long, longest first, each with the way to erase them."""
    due = _due(here)
    found = list(silent_members(before=due)[: SHOWN + 1]) if due else []
    slug = here.merchant.slug
    rows = [
        {
            "name": row.name or known_as(row),
            "joined_at": row.member.joined_at,
            "last": row.stats.last_order_at if row.stats else None,
            "points": row.balance.available,
            "url": reverse("office:member", args=[slug, ids.encode("mbr", row.member.pk)]),
            "erase_url": reverse("office:erase", args=[slug, ids.encode("mbr", row.member.pk)]),
        }
        for row in directory.rows(found[:SHOWN])
    ]
    context = {"rows": rows, "due": due, "more": len(found) > SHOWN}
    return office_page(request, here, "office/settings/silent.html", context, current="settings")
