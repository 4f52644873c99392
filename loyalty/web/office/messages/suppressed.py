"""Addresses that are not written to any more, and writing to them again."""

from django import forms
from django.contrib import messages as toasts
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.models import Suppression
from campaigns.operations.suppressing import lift as take_off
from campaigns.operations.suppressing import suppress
from campaigns.queries.log import suppressions
from campaigns.queries.reporting import secrets
from loyalty.core import ids
from loyalty.core.pages import Here, require, sent_to
from loyalty.web.office.lists import PAGE
from loyalty.web.office.messages.frame import messages_page
from members.queries import directory

_REASONS = {
    Suppression.Reason.BOUNCE: (gettext_lazy("Does not work"), "bad"),
    Suppression.Reason.COMPLAINT: (gettext_lazy("Called it unwanted"), "warn"),
    Suppression.Reason.UNSUBSCRIBED: (gettext_lazy("Wants no mail"), ""),
}


class AddressForm(forms.Form):
    """An address that asked not to be written to."""

    address = forms.EmailField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"inputmode": "email", "autocomplete": "off"}),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require("messages.edit")
def suppressed(request: HttpRequest, here: Here) -> HttpResponse:
    """The list, and adding to it by hand."""
    form = AddressForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data["address"]
        suppress(channel="email", address=said, reason=Suppression.Reason.UNSUBSCRIBED, at=here.at)
        toasts.success(
            request, _("Nothing but codes and payments goes to {address} any more.").format(address=said)
        )
        return sent_to(request, reverse("office:suppressed", args=[here.merchant.slug]))
    rows = list(suppressions()[: PAGE * 5])
    names = directory.by_ids({row.member_id for row in rows if row.member_id})
    found = []
    for row in rows:
        label, badge = _REASONS[Suppression.Reason(row.reason)]
        person = names.get(row.member_id) if row.member_id else None
        public = ids.encode("spr", row.pk)
        found.append(
            {
                "row": row,
                "name": (person.identities.get("email") or person.name) if person else "",
                "member_url": reverse(
                    "office:member", args=[here.merchant.slug, ids.encode("mbr", row.member_id)]
                )
                if row.member_id
                else "",
                "label": label,
                "badge": badge,
                "lift_url": reverse("office:suppressed_lift", args=[here.merchant.slug, public]),
            }
        )
    status = 422 if form.errors else 200
    may_connect = here.may("keys.manage")
    context = {
        "form": form,
        "rows": found,
        "report_url": request.build_absolute_uri(reverse("message_reports", args=[here.merchant.slug]))
        if may_connect
        else "",
        "report_secret": secrets()[0] if may_connect else "",
        "docs_url": reverse("api_webhooks"),
    }
    return messages_page(
        request, here, "office/messages/suppressed.html", context, tab="suppressed", status=status
    )


@require_POST
@require("messages.edit")
def lift(request: HttpRequest, here: Here, suppression_id: str) -> HttpResponse:
    """Write to an address again."""
    take_off(suppression=ids.decode("spr", suppression_id), at=here.at)
    toasts.success(request, _("This address is written to again."))
    return sent_to(request, reverse("office:suppressed", args=[here.merchant.slug]))
