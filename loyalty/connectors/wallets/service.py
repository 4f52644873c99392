"""The web service that Apple's phones ask about passes ("Adding a Web Service to Update Passes" in Apple's words).

A phone proves itself with the token that its pass carries. Whoever has none learns nothing: a pass of another shop, of
nobody, or with another token all look the same.
"""

import hmac
import json
import logging
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils.http import http_date, parse_http_date_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from loyalty.connectors.wallets import apple, operations, queries
from loyalty.connectors.wallets.content import content_of, look_of, serial
from loyalty.connectors.wallets.models import AppleWallet, WalletPass
from loyalty.connectors.wallets.vault import opened
from loyalty.core import clock
from loyalty.core.errors import NotFound
from loyalty.core.merchants.models import Merchant
from loyalty.core.merchants.queries import merchant_by_slug
from loyalty.core.programme.identity import LANGUAGES
from loyalty.core.tenancy.scope import Actor, acting_for

log = logging.getLogger(__name__)
PHONE = Actor("system", "wallet")
MAX_BYTES = 16 * 1024
_DEVICE = re.compile(r"[A-Za-z0-9._-]{1,128}")
_PUSH_TOKEN = re.compile(r"[A-Za-z0-9+/=_-]{1,200}")
_SCHEME = "ApplePass "

type Answer = Callable[..., HttpResponse]


def _plain(status: int) -> HttpResponse:
    return HttpResponse(status=status, content_type="text/plain")


def _scoped(*methods: str) -> Callable[[Answer], Answer]:
    """Run `view(request, shop, wallet, ...)` for the shop of the address; 401 where it has no such Pass Type ID.
    Another method than these is refused before anything is looked up, so that it tells nothing of who is there."""

    def guarded(view: Answer) -> Answer:
        @wraps(view)
        @csrf_exempt  # phones have no cookie of ours: their token is what is checked
        @never_cache
        @require_http_methods(list(methods))
        def page(request: HttpRequest, slug: str, pass_type: str, **named: str) -> HttpResponse:
            try:
                shop = merchant_by_slug(slug)
            except NotFound:
                return _plain(401)
            with acting_for(shop, by=PHONE):
                wallet = queries.apple_wallet()
                if wallet is None or wallet.pass_type != pass_type:
                    return _plain(401)
                return view(request, shop, wallet, **named)

        return page

    return guarded


def _proven(request: HttpRequest, number: str) -> WalletPass | None:
    """The pass of that serial number, where the request carries its token."""
    found = queries.pass_of(number)
    sent = request.headers.get("Authorization", "")
    if found is None or not sent.startswith(_SCHEME):
        return None
    good = hmac.compare_digest(sent.removeprefix(_SCHEME).strip().encode(), opened(found.token).encode())
    return found if good else None


@_scoped("POST", "DELETE")
def registration(
    request: HttpRequest, shop: Merchant, wallet: AppleWallet, *, device: str, serial_number: str
) -> HttpResponse:
    """A phone has put a pass into its wallet (POST), or thrown it away (DELETE)."""
    found = _proven(request, serial_number)
    if found is None:
        return _plain(401)
    if not _DEVICE.fullmatch(device):
        return _plain(400)
    if request.method == "DELETE":
        operations.unregister_device(wallet_pass=found.pk, device=device)
        return _plain(200)
    push_token = _push_token(request)
    if push_token is None:
        return _plain(400)
    try:
        is_new = operations.register_device(
            wallet_pass=found.pk, device=device, push_token=push_token, at=clock.now()
        )
    except operations.TooManyDevices:
        return _plain(429)
    return _plain(201 if is_new else 200)


def _body(request: HttpRequest) -> Any:
    """The JSON that came; None for what is none, or too much."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MAX_BYTES:
        return None
    try:
        return msgspec.json.decode(request.read(MAX_BYTES))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _push_token(request: HttpRequest) -> str | None:
    body = _body(request)
    sent = body.get("pushToken") if isinstance(body, dict) else None
    return sent if isinstance(sent, str) and _PUSH_TOKEN.fullmatch(sent) else None


@_scoped("GET")
def registrations(request: HttpRequest, shop: Merchant, wallet: AppleWallet, *, device: str) -> HttpResponse:
    """Which of a phone's passes have changed since it asked last. Its own name is all it proves itself with: so Apple
    has it."""
    if not _DEVICE.fullmatch(device) or not queries.is_known(device):
        return _plain(401)
    now = clock.now()
    since = queries.instant_of(request.GET.get("passesUpdatedSince", ""))
    changed = queries.changed_on(device, since=since)
    if not changed:
        return _plain(204)
    operations.let_go(device=device, passes=changed)
    told = {"serialNumbers": [serial(row) for row in changed], "lastUpdated": queries.mark_of(now)}
    return JsonResponse(told)


@_scoped("GET")
def latest(request: HttpRequest, shop: Merchant, wallet: AppleWallet, *, serial_number: str) -> HttpResponse:
    """The pass as it is now; 304 where the phone has it already."""
    found = _proven(request, serial_number)
    if found is None:
        return _plain(401)
    seconds = int(found.changed_at.timestamp())
    has = parse_http_date_safe(request.headers.get("If-Modified-Since", ""))
    response = _plain(304) if has is not None and has >= seconds else file_of(shop, wallet, found)
    response.headers["Last-Modified"] = http_date(seconds)
    return response


def file_of(shop: Merchant, wallet: AppleWallet, row: WalletPass) -> HttpResponse:
    """A pass as a file that a phone opens. Its row was read before what it says, so that it never claims to be newer
    than it is."""
    content = None if row.voided_at else content_of(row.member_id)
    data = apple.built(
        queries.seal_of(wallet), look=look_of(shop), language=shop.language if shop.language in LANGUAGES else "en",
        serial=serial(row), token=opened(row.token), service=apple.service_url(shop.slug), content=content,
    )  # fmt: skip
    response = HttpResponse(data, content_type=apple.CONTENT_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{shop.slug}.pkpass"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@csrf_exempt
@require_http_methods(["POST"])
def logs(request: HttpRequest, slug: str) -> HttpResponse:
    """What a phone complains about. Anybody may say so: it is noted briefly and believed by nobody."""
    body = _body(request)
    lines = body.get("logs") if isinstance(body, dict) else None
    if not isinstance(lines, list):
        return _plain(400)
    for line in lines[:5]:
        log.info("a phone says of the passes of %s: %s", slug[:60], json.dumps(str(line)[:200]))
    return _plain(200)


_CARD = "<str:pass_type>/<str:serial_number>"
_DEVICES = "<slug:slug>/v1/devices/<str:device>/registrations/"
urlpatterns = [
    path(f"{_DEVICES}{_CARD}", registration, name="wallet_registration"),
    path(f"{_DEVICES}<str:pass_type>", registrations, name="wallet_registrations"),
    path(f"<slug:slug>/v1/passes/{_CARD}", latest, name="wallet_pass"),
    path("<slug:slug>/v1/log", logs, name="wallet_log"),
]
