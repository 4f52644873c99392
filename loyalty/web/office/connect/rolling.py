"""Replacing a key or a signing secret by a new one, with time to change over."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from loyalty.core import ids
from loyalty.core.errors import NotFound
from loyalty.core.merchants import operations as merchants
from loyalty.core.merchants.queries import api_keys
from loyalty.core.pages import Here, require
from loyalty.core.webhooks import operations, queries
from loyalty.web.office.connect.frame import host_of
from loyalty.web.office.forms.webhooks import OverlapForm
from loyalty.web.office.frame import office_page
from loyalty.web.office.keys import is_over, keys_page


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require("keys.manage")
def roll_key(request: HttpRequest, here: Here, key_id: UUID) -> HttpResponse:
    """A new key with the same name and rights; the old one works on for a while."""
    key = next((found for found in api_keys() if found.pk == key_id and not is_over(found, here.at)), None)
    if key is None:
        raise NotFound("API key")
    form = OverlapForm(request.POST if request.method == "POST" else None)
    back = reverse("office:keys", args=[here.merchant.slug])
    if request.method == "POST" and form.is_valid():
        made, secret = merchants.roll_api_key(key=key_id, at=here.at, overlap=form.time)
        answer = keys_page(request, here, secret=secret, made=made)
        answer["Content-Location"] = back
        return answer
    context = {"form": form, "name": key.name, "what": "key", "back_url": back}
    return _asked(request, here, context, form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require("webhooks.manage")
def roll_secret(request: HttpRequest, here: Here, endpoint_id: str) -> HttpResponse:
    """A new signing secret; the old one signs beside it for a while."""
    row = queries.endpoint(ids.decode("whe", endpoint_id))
    form = OverlapForm(request.POST if request.method == "POST" else None)
    back = reverse("office:webhook", args=[here.merchant.slug, endpoint_id])
    context = {"form": form, "name": host_of(row.url), "what": "secret", "back_url": back}
    if request.method == "POST" and form.is_valid():
        secret = operations.roll_secret(endpoint=row.pk, at=here.at, overlap=form.time)
        until = here.at + form.time if form.time else None
        answer = office_page(
            request,
            here,
            "office/connect/rolled.html",
            {**context, "secret": secret, "until": until},
            current="keys",
        )
        answer["Content-Location"] = back
        return answer
    return _asked(request, here, context, form)


def _asked(request: HttpRequest, here: Here, context: dict, form: OverlapForm) -> HttpResponse:
    status = 422 if form.errors else 200
    return office_page(
        request, here, "office/connect/roll.html", context, current="keys", partial="dialog", status=status
    )
