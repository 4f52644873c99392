"""Connect a shop system: API keys, each shown once, and the first calls to try, ready to copy."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from loyalty.core.errors import DomainError, NotFound
from loyalty.core.merchants import operations
from loyalty.core.merchants.models import ApiKey
from loyalty.core.merchants.queries import api_keys
from loyalty.core.merchants.roles import SCOPES
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.connect.frame import tabs
from loyalty.web.office.frame import office_page
from loyalty.web.office.people import names_of

SCOPE_NAMES = {
    "members:read": gettext_lazy("Read members, balances and their history"),
    "members:write": gettext_lazy("Add, edit, merge, block and erase members"),
    "orders:write": gettext_lazy("Record, refund and cancel orders"),
    "orders:read": gettext_lazy("Read orders and ask what one would earn"),
    "points:adjust": gettext_lazy("Give and take points by hand"),
    "sharing:write": gettext_lazy("Move points between members and keep households"),
    "memberships:write": gettext_lazy("Start, pay, cancel and refund paid memberships"),
    "integrations:write": gettext_lazy("Connect payment services"),
    "rewards:read": gettext_lazy("Read rewards and vouchers"),
    "rewards:write": gettext_lazy("Create and edit rewards"),
    "products:read": gettext_lazy("Read the catalogue of products"),
    "products:write": gettext_lazy("Write the catalogue of products"),
    "redemptions:write": gettext_lazy("Redeem rewards and take that back"),
    "programme:read": gettext_lazy("Read the programme"),
    "programme:write": gettext_lazy("Draft and publish the programme"),
    "events:read": gettext_lazy("Read what happened"),
    "webhooks:write": gettext_lazy("Manage webhooks"),
    "games:read": gettext_lazy("Read challenges, boards, badges, prize draws and instant wins"),
    "games:write": gettext_lazy("Make, open and end them, and play for members"),
    "segments:read": gettext_lazy("Read segments, who is in them and why"),
    "surveys:read": gettext_lazy("Read surveys, what was answered, and whom to get back to"),
    "surveys:write": gettext_lazy("Make and send surveys, record answers and follow up"),
    "suggestions:read": gettext_lazy("Read what goes with what, and what fits a member"),
    "segments:write": gettext_lazy("Make and change segments and lists"),
    "messages:read": gettext_lazy("Read which messages were sent and what members want to hear"),
    "messages:write": gettext_lazy("Change what members want to hear, report bounces and complaints"),
    "automations:read": gettext_lazy("Read automations and members’ ways through them"),
    "automations:write": gettext_lazy("Write automations, put them to work, pause and end them"),
    "campaigns:read": gettext_lazy("Read campaigns and what they came to"),
    "campaigns:write": gettext_lazy("Make, launch, pause and end campaigns"),
    "reports:write": gettext_lazy("Note costs, set goals and decide about advice"),
    "reports:read": gettext_lazy("Read key figures and what they are made of"),
    "exports:write": gettext_lazy("Export lists and the whole shop"),
}
#: What a shop's checkout needs, and no more.
USUAL = ("members:read", "members:write", "orders:read", "orders:write", "rewards:read", "redemptions:write")


LASTS = (
    ("", gettext_lazy("Until it is stopped")),
    ("30", gettext_lazy("30 days")),
    ("90", gettext_lazy("90 days")),
    ("365", gettext_lazy("A year")),
)
"""How long a key can work, in days."""


class KeyForm(forms.Form):
    """A new key: whose it is and what it may do."""

    name = forms.CharField(
        label=gettext_lazy("What it is for"),
        max_length=120,
        help_text=gettext_lazy("Such as “Web shop” or “Till at the harbour”."),
    )
    lasts = forms.ChoiceField(
        label=gettext_lazy("How long it works"),
        choices=LASTS,
        initial="",
        required=False,
        help_text=gettext_lazy("You can stop or replace it at any time."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        choices=[(scope, SCOPE_NAMES.get(scope, text)) for scope, text in SCOPES.items()],
        widget=forms.CheckboxSelectMultiple,
        initial=USUAL,
        help_text=gettext_lazy("Ticked is what a checkout needs. Give a key no more than it uses."),
    )


def first_calls(request: HttpRequest, here: Here, secret: str) -> list[dict[str, str]]:
    """Three curl commands to copy: join a member, record their purchase, read what they have."""
    order = {
        "external_id": "try-order-1",
        "currency": here.merchant.currency,
        "placed_at": here.at.isoformat(timespec="seconds"),
        "member": {"external_id": "try-member-1"},
        "lines": [{"sku": "coffee", "name": "Coffee", "quantity": "1", "amount_minor": 4200}],
    }
    look = request.build_absolute_uri("/api/v1/members/lookup?external_id=try-member-1")
    return [
        {
            "id": "call-member",
            "title": _("1. Add a member"),
            "text": _posted(
                request, secret, "members", {"external_id": "try-member-1", "given_name": "Maja"}
            ),
        },
        {
            "id": "call-order",
            "title": _("2. Record what they bought"),
            "text": _posted(request, secret, "orders", order),
        },
        {
            "id": "call-look",
            "title": _("3. See what they have now"),
            "text": f'curl "{look}" \\\n  -H "Authorization: Bearer {secret}"',
        },
    ]


def _posted(request: HttpRequest, secret: str, name: str, body: dict[str, Any]) -> str:
    url = request.build_absolute_uri(f"/api/v1/{name}")
    key = f"try-{name}-1"
    return (
        f"curl {url} \\\n"
        f'  -H "Authorization: Bearer {secret}" \\\n'
        f'  -H "Idempotency-Key: {key}" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f"  -d '{json.dumps(body, indent=2)}'"
    )


def is_over(key: ApiKey, at: datetime) -> bool:
    """Whether a key has stopped working."""
    return key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= at)


def keys_page(
    request: HttpRequest, here: Here, *, secret: str = "", made: ApiKey | None = None
) -> HttpResponse:
    """The shop's keys; with the secret of the one that was just made."""
    found = api_keys()
    context = {
        "tabs": tabs(here, "keys"),
        "keys": [{"key": key, "is_over": is_over(key, here.at)} for key in found],
        "names": names_of([key.created_by for key in found]),
        "secret": secret,
        "made": made,
        "calls": first_calls(request, here, secret or "$LOYALTY_KEY"),
        "docs_url": reverse("api_docs"),
    }
    return office_page(request, here, "office/keys.html", context, current="keys")


@require_safe
@require("keys.manage")
def keys(request: HttpRequest, here: Here) -> HttpResponse:
    """The shop's keys and the first call."""
    return keys_page(request, here)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require("keys.manage")
def create(request: HttpRequest, here: Here) -> HttpResponse:
    """Make a key. Its secret stands on the answer and nowhere else, ever again."""
    form = KeyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = operations.create_api_key(
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                at=here.at,
                expires_at=here.at + timedelta(days=int(lasts))
                if (lasts := form.cleaned_data["lasts"])
                else None,
            )
        except DomainError as error:
            show_errors(form, error)
        else:
            answer = keys_page(request, here, secret=secret, made=made)
            # Where the same form sent again is led: to the keys, without the secret.
            answer["Content-Location"] = reverse("office:keys", args=[here.merchant.slug])
            return answer
    status = 422 if form.errors else 200
    return office_page(request, here, "office/key_new.html", {"form": form}, current="keys", status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require("keys.manage")
def revoke(request: HttpRequest, here: Here, key_id: UUID) -> HttpResponse:
    """Stop a key for good, after asking: what uses it stops working at once."""
    if request.method != "POST":
        key = next((found for found in api_keys() if found.pk == key_id and not found.revoked_at), None)
        if key is None:
            raise NotFound("API key")
        context = {"key": key, "back_url": reverse("office:keys", args=[here.merchant.slug])}
        return office_page(request, here, "office/key_stop.html", context, current="keys", partial="dialog")
    operations.revoke_api_key(key=key_id, at=here.at)
    messages.success(request, _("The key has stopped working."))
    return sent_to(request, reverse("office:keys", args=[here.merchant.slug]))
