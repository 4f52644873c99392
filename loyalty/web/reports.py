"""Where mail providers, or what stands between, tell of bounces and complaints. Who has no key of the API signs; who
has one may use `/api/v1/messages/reports` instead."""

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from campaigns.api.messages import DeliveryReport
from campaigns.operations.suppressing import report
from campaigns.queries.reporting import is_signed
from loyalty.core import clock
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.merchants.queries import merchant_by_slug
from loyalty.core.tenancy.scope import Actor, acting_for

MAX_BYTES = 16 * 1024
PROVIDER = Actor("system", "mail-reports")


@csrf_exempt  # a provider has no cookie of ours: its signature is what is checked
@require_POST
def reports(request: HttpRequest, slug: str) -> HttpResponse:
    """One report: `{"reason": "bounce" or "complaint", "message_id": …}` or with an `address`. 200 says whether it led
    to a suppression; 401 for everybody who has not signed, 400 for what is no report, 422 with the code of a
    refusal."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MAX_BYTES:
        return _unsigned()
    body, at = request.read(MAX_BYTES), clock.now()
    try:
        merchant = merchant_by_slug(slug)
    except NotFound:
        return _unsigned()
    with acting_for(merchant, by=PROVIDER):
        if not is_signed(request.headers, body, at=at):
            return _unsigned()
        try:
            said = msgspec.json.decode(body, type=DeliveryReport)
        except msgspec.DecodeError:
            return JsonResponse({"code": "not_a_report"}, status=400)
        try:
            done = report(reason=said.reason, address=said.address, message=said.message_id, at=at)
        except DomainError as refused:
            return JsonResponse({"code": refused.code}, status=422)
    return JsonResponse({"suppressed": done})


def _unsigned() -> HttpResponse:
    return JsonResponse({"code": "not_signed"}, status=401)


urlpatterns = [path("<slug:slug>", reports, name="message_reports")]
