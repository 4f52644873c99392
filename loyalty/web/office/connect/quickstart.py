"""First points in five minutes: four calls to copy, each of which turns green when our server has seen it."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from loyalty.core import ids
from loyalty.core.api import sightings
from loyalty.core.errors import NotFound
from loyalty.core.merchants.queries import api_keys
from loyalty.core.pages import Here, require
from loyalty.core.webhooks import queries as hooks
from loyalty.core.webhooks.models import Endpoint
from loyalty.web.office.connect import snippets
from loyalty.web.office.connect.frame import host_of, tabs
from loyalty.web.office.connect.snippets import Call, in_all
from loyalty.web.office.frame import office_page
from members.queries.directory import by_identity

MEMBER, ORDER = "quickstart-member-1", "quickstart-order-1"
NOBODY = "mbr_…"


def steps(request: HttpRequest, here: Here) -> list[dict[str, Any]]:
    """What to do, in order; `seen` says when it was last done, None when not yet."""
    seen: dict[str, datetime | None] = {**sightings.seen(), "webhook": hooks.last_success()}
    member = _member()
    order = {
        "external_id": ORDER,
        "currency": here.merchant.currency,
        "placed_at": here.at.isoformat(timespec="seconds"),
        "member": {"external_id": MEMBER},
        "lines": [{"sku": "coffee", "name": "Coffee", "quantity": "1", "amount_minor": 4200}],
    }
    calls = {
        "member": Call(
            "POST", _url(request, "members"), {"external_id": MEMBER, "given_name": "Maja"}, "quickstart-1"
        ),
        "order": Call("POST", _url(request, "orders"), order, "quickstart-2"),
        "balance": Call("GET", _url(request, f"members/{member}/balances")),
    }
    told = [
        ("member", _("Make a member"), _("Joining again with the same number answers the same member.")),
        ("order", _("Send an order"), _("The Idempotency-Key makes it safe to send again: it earns once.")),
        (
            "balance",
            _("Read the balance"),
            ""
            if member != NOBODY
            else _(
                "Put in the id that the first call answered. It stands here by itself once the member is there."
            ),
        ),
        ("webhook", _("Receive a webhook"), _("Be told the moment something happens instead of asking.")),
    ]
    return [
        {
            "id": name, "title": title, "note": note, "seen": seen.get(name),
            "code": in_all(calls[name], str(title)) if name in calls else snippets.verification(),
        }
        for name, title, note in told
    ]  # fmt: skip


def _url(request: HttpRequest, path: str) -> str:
    return request.build_absolute_uri("/api/v1/") + path


def _member() -> str:
    """The id of the quickstart's own member, once there is one."""
    try:
        return ids.encode("mbr", by_identity("external", MEMBER).pk)
    except NotFound:
        return NOBODY


@require_safe
@require("keys.manage")
def quickstart(request: HttpRequest, here: Here) -> HttpResponse:
    """The page. It asks every few seconds whether a further call was seen (`?seen=`, what it shows already)."""
    slug, found = here.merchant.slug, steps(request, here)
    done = [step["id"] for step in found if step["seen"]]
    if getattr(request, "htmx", False) and request.GET.get("seen") == ",".join(done):
        return HttpResponse(status=204)
    now = here.at
    working = [
        key for key in api_keys() if not key.revoked_at and (key.expires_at is None or key.expires_at > now)
    ]
    listening = [row for row in hooks.endpoints() if row.status == Endpoint.Status.ACTIVE]
    prefix = f"lk_{'test' if here.merchant.is_sandbox else 'live'}_"
    context = {
        "tabs": tabs(here, "quickstart"),
        "steps": found,
        "done": len(done),
        "total": len(found),
        "left": len(found) - len(done),
        "poll_url": f"{reverse('office:quickstart', args=[slug])}?seen={','.join(done)}",
        "key": working[0] if working else None,
        "export_line": f"export LOYALTY_KEY={prefix}{working[0].lookup if working else ''}…",
        "languages": snippets.LANGUAGES,
        "endpoint": listening[0] if listening else None,
        "endpoint_id": ids.encode("whe", listening[0].pk) if listening else "",
        "endpoint_host": host_of(listening[0].url) if listening else "",
        "try_url": ""
        if here.merchant.is_sandbox or not here.sibling
        else reverse("office:quickstart", args=[here.sibling.slug]),
        "docs_url": reverse("api_docs"),
    }
    return office_page(
        request, here, "office/connect/quickstart.html", context, current="keys", partial="steps"
    )
