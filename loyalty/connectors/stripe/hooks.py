"""Where Stripe delivers. Who is not Stripe learns nothing here: every refusal looks the same."""

import logging

import msgspec
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from loyalty.connectors.stripe import notices, operations
from loyalty.connectors.stripe.gateway import BadSignature, verify
from loyalty.core import clock
from loyalty.core.errors import NotFound
from loyalty.core.merchants.queries import merchant_by_slug
from loyalty.core.tenancy.scope import Actor, acting_for

log = logging.getLogger(__name__)
MAX_BYTES = 512 * 1024
STRIPE = Actor("system", "stripe")


@csrf_exempt  # Stripe has no cookie of ours: its signature is what is checked
@require_POST
def stripe(request: HttpRequest, slug: str) -> HttpResponse:
    """One delivery: its signature over the very bytes, then what it says, in one transaction. 200 once it is kept, also
    for what means nothing here; 401 for everybody else; 400 for a signed body that is no event."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MAX_BYTES:
        return _refused()
    payload, at = request.read(MAX_BYTES), clock.now()
    try:
        merchant = merchant_by_slug(slug)
    except NotFound:
        return _refused()
    with acting_for(merchant, by=STRIPE):
        secret = operations.webhook_secret()
        try:
            if secret is None:
                return _refused()
            verify(payload, request.headers.get("Stripe-Signature", ""), secret)
        except BadSignature:
            return _refused()
        try:
            notice = notices.read(msgspec.json.decode(payload))
        except (msgspec.DecodeError, notices.NotUnderstood):
            log.warning("a signed delivery of Stripe's to merchant %s is no event", merchant.pk)
            return HttpResponse("not an event\n", status=400, content_type="text/plain")
        row = operations.take_notice(notice=notice, at=at)
    return HttpResponse(f"{row.status}\n", content_type="text/plain")


def _refused() -> HttpResponse:
    return HttpResponse("not signed\n", status=401, content_type="text/plain")


urlpatterns = [path("<slug:slug>", stripe, name="stripe_hook")]
