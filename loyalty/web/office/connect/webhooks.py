"""Webhooks: where the shop's systems are told what happens, and how that goes."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loyalty.core import ids
from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.core.webhooks import operations, queries
from loyalty.core.webhooks.models import Delivery, Endpoint
from loyalty.web.office.connect import kinds, snippets
from loyalty.web.office.connect.deliveries import delivery_rows
from loyalty.web.office.connect.frame import host_of, tabs, why_off
from loyalty.web.office.forms.webhooks import SinceForm, WebhookForm
from loyalty.web.office.frame import office_page
from loyalty.web.office.lists import address

PAGE = 50
_FILTERS = {
    "": gettext_lazy("All"),
    "failed": gettext_lazy("Failed"),
    "waiting": gettext_lazy("Waiting"),
    "delivered": gettext_lazy("Arrived"),
}
_STATES = {
    Endpoint.Status.ACTIVE: (gettext_lazy("On"), "good"),
    Endpoint.Status.PAUSED: (gettext_lazy("Paused"), ""),
    Endpoint.Status.DISABLED: (gettext_lazy("Switched off"), "bad"),
}


def endpoint_shown(row: Endpoint, slug: str) -> dict[str, Any]:
    """An endpoint as pages show it."""
    said, badge = _STATES[Endpoint.Status(row.status)]
    state = str(said)
    if row.status == Endpoint.Status.ACTIVE and row.failures:
        state, badge = _("Failing"), "warn"
    public = ids.encode("whe", row.pk)
    return {
        "row": row,
        "id": public,
        "host": host_of(row.url),
        "state": state,
        "badge": badge,
        "is_on": row.status == Endpoint.Status.ACTIVE,
        "is_off": row.status == Endpoint.Status.DISABLED,
        "why": why_off(row) if row.status == Endpoint.Status.DISABLED else "",
        "everything": "*" in row.kinds,
        "kinds": kinds.labels(row.kinds),
        "page_url": reverse("office:webhook", args=[slug, public]),
    }


@require_safe
@require("webhooks.manage")
def webhooks(request: HttpRequest, here: Here) -> HttpResponse:
    """All of the shop's."""
    rows = [endpoint_shown(row, here.merchant.slug) for row in queries.endpoints()]
    context = {
        "tabs": tabs(here, "webhooks"),
        "rows": rows,
        "off": [row for row in rows if row["is_off"]],
        "verification": snippets.verification(),
        "languages": snippets.LANGUAGES,
        "docs_url": reverse("api_webhooks"),
    }
    return office_page(request, here, "office/connect/webhooks.html", context, current="keys")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require("webhooks.manage")
def create(request: HttpRequest, here: Here) -> HttpResponse:
    """Add one. Its secret stands on the answer and nowhere else, ever again."""
    form = WebhookForm(
        request.POST if request.method == "POST" else None, choices=kinds.choices(), initial={"kinds": ["*"]}
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made, secret = operations.add_endpoint(
                url=said["url"],
                kinds=kinds.tidied(said["kinds"]),
                description=said["description"],
                at=here.at,
            )
        except DomainError as error:
            show_errors(form, error)
        else:
            answer = _page(request, here, made, secret=secret)
            # Where the same form sent again is led: to the webhook, without its secret.
            answer["Content-Location"] = reverse(
                "office:webhook", args=[here.merchant.slug, ids.encode("whe", made.pk)]
            )
            return answer
    return _form(request, here, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@require("webhooks.manage")
def edit(request: HttpRequest, here: Here, endpoint_id: str) -> HttpResponse:
    """Its address, its name, and what it is told about."""
    row = queries.endpoint(ids.decode("whe", endpoint_id))
    now = {"url": row.url, "description": row.description, "kinds": row.kinds}
    form = WebhookForm(
        request.POST if request.method == "POST" else None, choices=kinds.choices(), initial=now
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            operations.change_endpoint(
                endpoint=row.pk, at=here.at, url=said["url"], kinds=kinds.tidied(said["kinds"]),
                description=said["description"],
            )  # fmt: skip
        except DomainError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("The webhook was changed."))
            return sent_to(request, reverse("office:webhook", args=[here.merchant.slug, endpoint_id]))
    return _form(request, here, form, row)


def _form(request: HttpRequest, here: Here, form: WebhookForm, row: Endpoint | None) -> HttpResponse:
    slug = here.merchant.slug
    chosen = form["kinds"].value() or []
    back = reverse("office:webhook", args=[slug, ids.encode("whe", row.pk)]) if row else ""
    context = {
        "form": form,
        "row": row,
        "host": host_of(row.url) if row else "",
        "everything": "*" in chosen,
        "groups": kinds.grouped(chosen),
        "back_url": back or reverse("office:webhooks", args=[slug]),
    }
    status = 422 if form.errors else 200
    return office_page(
        request, here, "office/connect/webhook_form.html", context, current="keys", status=status
    )


@require_safe
@require("webhooks.manage")
def webhook(request: HttpRequest, here: Here, endpoint_id: str) -> HttpResponse:
    """One: how it does, and its last deliveries; `?show=` filters them."""
    return _page(request, here, queries.endpoint(ids.decode("whe", endpoint_id)))


def _page(request: HttpRequest, here: Here, row: Endpoint, *, secret: str = "") -> HttpResponse:
    slug = here.merchant.slug
    show = request.GET.get("show", "")
    show = show if show in _FILTERS else ""
    rows = list(queries.deliveries(row.pk, status=show)[:PAGE])
    shown = endpoint_shown(row, slug)
    here_url = shown["page_url"]
    recent = queries.recent(row.pk, at=here.at)
    context = {
        "endpoint": shown,
        "secret": secret,
        "deliveries": delivery_rows(rows, here),
        "tabs": [
            {"label": label, "url": f"{here_url}?show={name}" if name else here_url, "current": name == show}
            for name, label in _FILTERS.items()
        ],
        "show": show,
        # Something is on its way right now: the list looks again by itself.
        "poll_url": address(request) if any(_is_under_way(one, here) for one in rows) and not secret else "",
        "recent": recent,
        "since_form": SinceForm(),
        "has_failed": bool(recent[Delivery.Status.FAILED]) or (show == "failed" and bool(rows)),
        "verification": snippets.verification(),
        "languages": snippets.LANGUAGES,
        "docs_url": reverse("api_webhooks"),
        "keep_days": settings.WEBHOOK_KEEP_DAYS,
    }
    return office_page(
        request, here, "office/connect/webhook.html", context, current="keys", partial="deliveries"
    )


def _is_under_way(row: Delivery, here: Here) -> bool:
    return row.status == Delivery.Status.WAITING and (row.due_at - here.at).total_seconds() < 30


def _doing(
    request: HttpRequest, here: Here, endpoint_id: str, do: Callable[[Any], Any], said: str
) -> HttpResponse:
    """Do something with one and go back to it."""
    do(ids.decode("whe", endpoint_id))
    messages.success(request, said)
    return sent_to(request, reverse("office:webhook", args=[here.merchant.slug, endpoint_id]))


@require_POST
@require("webhooks.manage")
def test(request: HttpRequest, here: Here, endpoint_id: str) -> HttpResponse:
    """Send a test to it."""
    back = request.POST.get("back", "")
    answer = _doing(
        request, here, endpoint_id,
        lambda key: operations.send_test(endpoint=key, at=here.at), _("A test is on its way."),
    )  # fmt: skip
    if back == "quickstart":
        return sent_to(request, reverse("office:quickstart", args=[here.merchant.slug]))
    return answer


@require_POST
@require("webhooks.manage")
def pause(request: HttpRequest, here: Here, endpoint_id: str) -> HttpResponse:
    """Tell it nothing for now; can be undone from the message."""
    key = ids.decode("whe", endpoint_id)
    operations.pause_endpoint(endpoint=key, at=here.at)
    undo = reverse("office:webhook_resume", args=[here.merchant.slug, endpoint_id])
    messages.success(request, _("The webhook is paused."), extra_tags=f"undo={undo}")
    return sent_to(request, reverse("office:webhook", args=[here.merchant.slug, endpoint_id]))


@require_POST
@require("webhooks.manage")
def resume(request: HttpRequest, here: Here, endpoint_id: str) -> HttpResponse:
    """Tell it again what happens."""
    return _doing(
        request, here, endpoint_id,
        lambda key: operations.resume_endpoint(endpoint=key, at=here.at), _("The webhook is on."),
    )  # fmt: skip


@require_POST
@require("webhooks.manage")
def resend_failed(request: HttpRequest, here: Here, endpoint_id: str) -> HttpResponse:
    """Send again what failed since some time ago."""
    form = SinceForm(request.POST)
    row, count = queries.endpoint(ids.decode("whe", endpoint_id)), 0
    if form.is_valid():
        count = operations.resend_failed(endpoint=row.pk, since=here.at - form.time, at=here.at)
    if count:
        text = ngettext("{n} message is sent again.", "{n} messages are sent again.", count).format(n=count)
        messages.success(request, text)
    else:
        messages.info(request, _("Nothing failed in that time."))
    return sent_to(request, reverse("office:webhook", args=[here.merchant.slug, endpoint_id]))


@require_http_methods(["GET", "HEAD", "POST"])
@require("webhooks.manage")
def remove(request: HttpRequest, here: Here, endpoint_id: str) -> HttpResponse:
    """Remove it, after asking."""
    row = queries.endpoint(ids.decode("whe", endpoint_id))
    if request.method == "POST":
        operations.remove_endpoint(endpoint=row.pk, at=here.at)
        messages.success(request, _("The webhook was removed."))
        return sent_to(request, reverse("office:webhooks", args=[here.merchant.slug]))
    context = {
        "endpoint": endpoint_shown(row, here.merchant.slug),
        "back_url": reverse("office:webhook", args=[here.merchant.slug, endpoint_id]),
    }
    return office_page(
        request, here, "office/connect/webhook_remove.html", context, current="keys", partial="dialog"
    )
