"""What was delivered: what we sent, what came back, and the button that sends it again."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from loyalty.core import ids
from loyalty.core.events.public import told
from loyalty.core.pages import Here, require, sent_to
from loyalty.core.webhooks import operations, queries
from loyalty.core.webhooks.models import Delivery, Endpoint
from loyalty.core.webhooks.sending import AGENT
from loyalty.web.office.connect.frame import host_of
from loyalty.web.office.frame import office_page

_ERRORS = {
    "status": gettext_lazy("It was not taken."),
    "redirect": gettext_lazy(
        "It was answered with a redirect, which is not followed. Use the address it leads to."
    ),
    "timeout": gettext_lazy("No answer came in time. Answer at once and do the work afterwards."),
    "no_connection": gettext_lazy("Nobody answers at this address."),
    "tls": gettext_lazy("The certificate of the address cannot be trusted."),
    "address_refused": gettext_lazy("The address leads into a private network, where nothing is sent."),
    "secret_lost": gettext_lazy(
        "The server’s own key was changed, so the secret cannot be read. Replace the secret."
    ),
    "switched_off": gettext_lazy("The webhook was switched off before this could be sent."),
}
_SHORT = {
    "timeout": gettext_lazy("too slow"),
    "no_connection": gettext_lazy("no connection"),
    "tls": gettext_lazy("certificate"),
    "address_refused": gettext_lazy("private address"),
    "secret_lost": gettext_lazy("secret lost"),
    "switched_off": gettext_lazy("switched off"),
}


def outcome(status_code: int | None, error: str) -> str:
    """How an attempt ended, in a word or a figure."""
    return str(status_code) if status_code else str(_SHORT.get(error, error))


def delivery_rows(rows: Iterable[Delivery], here: Here) -> list[dict[str, Any]]:
    """Deliveries as a list shows them."""
    return [_shown(row, here) for row in rows]


def _shown(row: Delivery, here: Here) -> dict[str, Any]:
    public = ids.encode("dlv", row.pk)
    state, badge = {
        Delivery.Status.DELIVERED: (_("Arrived"), "good"),
        Delivery.Status.FAILED: (_("Failed"), "bad"),
        Delivery.Status.WAITING: (
            _("Waiting") if not row.log else _("Trying again"),
            "warn" if row.log else "info",
        ),
    }[Delivery.Status(row.status)]
    return {
        "row": row,
        "state": state,
        "badge": badge,
        "outcome": outcome(row.status_code, row.error),
        "said": str(_ERRORS.get(row.error, "")),
        "waits": row.status == Delivery.Status.WAITING,
        "is_later": row.status == Delivery.Status.WAITING and row.due_at > here.at,
        "page_url": reverse("office:delivery", args=[here.merchant.slug, public]),
        "resend_url": reverse("office:delivery_resend", args=[here.merchant.slug, public]),
    }


@require_safe
@require("webhooks.manage")
def delivery(request: HttpRequest, here: Here, delivery_id: str) -> HttpResponse:
    """One delivery: the request as it goes out, and how each attempt ended."""
    row = queries.delivery(ids.decode("dlv", delivery_id))
    event = queries.event_of(row)
    sent = {
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        "webhook-id": f"evt_{row.event_number}",
        "webhook-timestamp": str(int(row.attempted_at.timestamp())) if row.attempted_at else "…",
        "webhook-signature": "v1,…",
    }
    body = json.dumps(json.loads(msgspec.json.encode(told(event))), indent=2, ensure_ascii=False)
    context = {
        "delivery": _shown(row, here),
        "host": host_of(row.endpoint.url),
        "is_on": row.endpoint.status == Endpoint.Status.ACTIVE,
        "request_text": f"POST {row.endpoint.url}\n"
        + "".join(f"{name}: {value}\n" for name, value in sent.items())
        + f"\n{body}",
        "attempts": [_attempt(entry) for entry in reversed(row.log)],
        "back_url": reverse("office:webhook", args=[here.merchant.slug, ids.encode("whe", row.endpoint_id)]),
    }
    return office_page(request, here, "office/connect/delivery.html", context, current="keys")


def _attempt(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "number": entry["attempt"],
        "at": datetime.fromisoformat(entry["at"]),
        "outcome": outcome(entry["status_code"], entry["error"]),
        "badge": "bad" if entry["error"] else "good",
        "said": str(_ERRORS.get(entry["error"], "")),
        "duration_ms": entry["duration_ms"],
        "response": entry["response"],
    }


@require_POST
@require("webhooks.manage")
def resend(request: HttpRequest, here: Here, delivery_id: str) -> HttpResponse:
    """Send it again now."""
    row = operations.resend(delivery=ids.decode("dlv", delivery_id), at=here.at)
    messages.success(request, _("It is sent again."))
    endpoint = ids.encode("whe", row.endpoint_id)
    return sent_to(request, reverse("office:webhook", args=[here.merchant.slug, endpoint]))
