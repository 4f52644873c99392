"""The pages of the demo's web shop. It has its own session, its own look and a strict policy of its own: all it takes
from us is the widget's script and frame."""

import json
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.csp import CSP, build_policy
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from loyalty.core import clock, formats, ids
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.merchants.models import Merchant
from loyalty.demo.storefront import goods, selling
from loyalty.demo.storefront.goods import DELIVERY_MINOR, GOODS, Deal, Picked
from loyalty.web import brand
from loyalty.web.widget.frame import speaking

_KEPT = "demo-shop"


def _shop(request: HttpRequest) -> Merchant:
    if not settings.DEMO:
        raise Http404
    try:
        return selling.merchant()
    except NotFound:
        raise Http404 from None


def _origin(request: HttpRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")


def _kept(request: HttpRequest) -> dict[str, Any]:
    found = request.session.get(_KEPT)
    return found if isinstance(found, dict) else {"basket": {}, "code": "", "who": "", "order": ids.new().hex}


def _keep(request: HttpRequest, kept: dict[str, Any]) -> None:
    request.session[_KEPT] = kept


def _customer(shop: Merchant, kept: dict[str, Any]) -> selling.Customer | None:
    return next((one for one in selling.customers(shop) if one.key == kept.get("who")), None)


def _sent(name: str) -> HttpResponse:
    answer = HttpResponseRedirect(reverse(f"demo_shop:{name}"))
    answer.status_code = 303
    return answer


def _page(request: HttpRequest, shop: Merchant, template: str, context: dict[str, Any]) -> HttpResponse:
    at, kept, home = clock.now(), _kept(request), settings.SITE_URL.rstrip("/")
    selling.prepare(shop, _origin(request), at=at)
    basket = goods.picked(kept["basket"])
    with speaking(shop, get_language() or "en"):
        frame = {
            "shop_name": shop.name,
            "brand_css_url": reverse("brand_css", args=[brand.digest(shop.brand_colour)]),
            "script_url": f"{home}/widget.js?shop={shop.slug}",
            "customer": _customer(shop, kept),
            "customers": selling.customers(shop),
            "count": sum(one.quantity for one in basket),
            "asked": json.dumps({"lines": [_asked(one) for one in basket]}) if basket else "",
            "currency": shop.currency,
        }
        answer = render(request, template, {**frame, **context})
    ours = "{0.scheme}://{0.netloc}".format(urlsplit(home))
    policy: dict[str, Any] = {
        **settings.SECURE_CSP, "script-src": [CSP.SELF, ours], "frame-src": [ours], "manifest-src": [CSP.NONE],
    }  # fmt: skip
    answer.headers["Content-Security-Policy"] = build_policy(policy)
    return answer


def _asked(one: Picked) -> dict[str, Any]:
    product = one.product
    return {
        "sku": product.sku, "amount": one.amount, "quantity": str(one.quantity), "category": product.category,
        "tags": list(product.tags),
    }  # fmt: skip


@require_safe
@never_cache
def shelf(request: HttpRequest) -> HttpResponse:
    """Everything the shop sells; each says what it earns."""
    shop = _shop(request)
    return _page(request, shop, "demo/shelf.html", {"goods": GOODS})


@require_safe
@never_cache
def basket(request: HttpRequest) -> HttpResponse:
    """What is in the basket, what it costs with a code, and the way to pay."""
    shop, kept = _shop(request), _kept(request)
    found = goods.picked(kept["basket"])
    goods_minor = sum(one.minor for one in found)
    name, taken = "", Deal()
    if kept["code"] and found:
        try:
            name, taken = selling.worth(shop, kept["code"], found, at=clock.now())
        except DomainError:  # used elsewhere, or over, since it was typed
            kept["code"] = ""
            _keep(request, kept)
    delivery_minor = 0 if taken.free_delivery else DELIVERY_MINOR
    context = {
        "rows": found, "code": kept["code"], "reward": name, "deal": taken, "goods_minor": goods_minor,
        "delivery_minor": delivery_minor, "total_minor": goods_minor - taken.off_minor + delivery_minor,
    }  # fmt: skip
    return _page(request, shop, "demo/basket.html", context)


@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """Put one more of a product into the basket, or take one out."""
    _shop(request)
    kept, sku = _kept(request), request.POST.get("sku", "")
    step = -1 if request.POST.get("less") else 1
    if sku in goods.BY_SKU:
        count = min(goods.MOST_OF_ONE, int(kept["basket"].get(sku, 0)) + step)
        kept["basket"] = {**kept["basket"], sku: count}
        if count <= 0:
            del kept["basket"][sku]
        _keep(request, kept)
    return _sent("basket" if request.POST.get("from") == "basket" else "shelf")


@require_POST
def apply_code(request: HttpRequest) -> HttpResponse:
    """Type a reward's code; nothing is used before the order is paid."""
    shop, kept = _shop(request), _kept(request)
    code = request.POST.get("code", "").strip()[:64]
    try:
        if code:
            selling.worth(shop, code, goods.picked(kept["basket"]), at=clock.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
        code = ""
    kept["code"] = code
    _keep(request, kept)
    return _sent("basket")


@require_POST
def pay(request: HttpRequest) -> HttpResponse:
    """Use the code and record the order. The shop pretends that it was paid."""
    shop, kept = _shop(request), _kept(request)
    found = goods.picked(kept["basket"])
    if not found:
        return _sent("shelf")
    number = selling.number_of(kept["order"])
    try:
        sold = selling.sell(
            shop, found, number=number, customer=_customer(shop, kept), code=kept["code"], at=clock.now()
        )
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return _sent("basket")
    points = {"number": number, "points": sold.points, "balance": sold.balance, "member": bool(sold.member)}
    _keep(request, {"basket": {}, "code": "", "who": kept["who"], "order": ids.new().hex, "last": points})
    return _sent("thanks")


@require_safe
@never_cache
def thanks(request: HttpRequest) -> HttpResponse:
    """The order that was just made, and what it earned."""
    shop, last = _shop(request), _kept(request).get("last")
    if last is None:
        return _sent("shelf")
    context = {**last, "points": formats.number(last["points"]), "earned": last["points"]}
    return _page(request, shop, "demo/thanks.html", context)


@require_POST
def shopper(request: HttpRequest) -> HttpResponse:
    """Sign in at the web shop as one of its customers, or out."""
    shop, kept = _shop(request), _kept(request)
    wanted = request.POST.get("who", "")
    kept["who"] = wanted if any(one.key == wanted for one in selling.customers(shop)) else ""
    _keep(request, kept)
    if kept["who"]:
        messages.success(request, _("You are signed in to the shop."))
    return _sent("shelf")


@require_safe
@never_cache
def token(request: HttpRequest) -> HttpResponse:
    """Who is shopping, signed for the widget; nothing for guests."""
    shop = _shop(request)
    customer = _customer(shop, _kept(request))
    if customer is None:
        return JsonResponse({"token": ""})
    made = selling.token(shop, customer, origin=_origin(request), at=clock.now())
    return JsonResponse({"token": made})
