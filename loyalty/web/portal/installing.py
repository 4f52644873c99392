"""The portal on a home screen: its manifest, its icons, and the small worker that keeps the last card readable."""

from functools import lru_cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from loyalty.core import clock
from loyalty.core.errors import NotFound
from loyalty.core.merchants.models import Merchant
from loyalty.core.merchants.queries import merchant_by_slug
from loyalty.core.pictures.queries import rendition
from loyalty.core.tenancy.scope import acting_for
from loyalty.web import brand
from loyalty.web.icons import drawn
from loyalty.web.portal.door import VISITOR
from loyalty.web.portal.frame import Shop, View, icon_mark, programme_name
from loyalty.web.portal.session import Visitor

_A_YEAR = "public, max-age=31536000, immutable"
SHORT_NAME = 12
"""Letters a home screen shows below an icon."""

SHAPES = {"180": (180, 0.8), "192": (192, 0.8), "512": (512, 0.8), "maskable": (512, 0.6)}
"""Icons by name: their side in pixels, and how much of it the picture may fill. Phones cut a maskable one to a shape of
their own, so its picture keeps to the middle."""


def _merchant(slug: str) -> Merchant:
    try:
        return merchant_by_slug(slug)
    except NotFound:
        raise Http404 from None


def _public(view: View) -> View:
    view.portal = True  # type: ignore[attr-defined]  # read by the sweep over all addresses
    return view


@_public
@require_safe
def manifest(request: HttpRequest, slug: str) -> HttpResponse:
    """What a browser needs to put the portal on a home screen, in the shop's name and colours."""
    merchant = _merchant(slug)
    shop = Shop(merchant, clock.now(), Visitor())
    with acting_for(merchant, by=VISITOR):
        name = programme_name(shop)
    mark = icon_mark(merchant)
    icons = [
        {
            "src": f"{shop.url('icon', shape)}?v={mark}", "sizes": f"{side}x{side}", "type": "image/png",
            "purpose": "maskable" if shape == "maskable" else "any",
        }
        for shape, (side, _fills) in SHAPES.items()
        if shape != "180"
    ]  # fmt: skip
    content = {
        "id": shop.url("front"), "name": name, "short_name": name if len(name) <= SHORT_NAME else name.split()[0][:12],
        "description": _("Your card and your rewards at {shop}.").format(shop=merchant.name),
        "lang": get_language() or "en", "dir": "ltr", "start_url": shop.url("card"), "scope": shop.url("front"),
        "display": "standalone", "orientation": "portrait", "theme_color": merchant.brand_colour,
        "background_color": brand.LIGHT_PAPER[1], "icons": icons,
        "shortcuts": [{"name": _("Rewards"), "url": shop.url("rewards")}],
    }  # fmt: skip
    response = JsonResponse(content, content_type="application/manifest+json")
    response.headers["Cache-Control"] = "no-cache"
    return response


@_public
@require_safe
def worker(request: HttpRequest, slug: str) -> HttpResponse:
    """The script that keeps the last card. Its address is below the shop's own, so it serves that shop alone."""
    _merchant(slug)
    response = HttpResponse(_script(), content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response


@lru_cache(maxsize=1)
def _script() -> bytes:
    found = finders.find("js/portal-worker.js")
    if not isinstance(found, str):
        raise Http404
    return Path(found).read_bytes()


@_public
@require_safe
def icon(request: HttpRequest, slug: str, shape: str) -> HttpResponse:
    """An icon: the shop's logo on its paper, or its first letters on its colour."""
    if shape not in SHAPES:
        raise Http404
    merchant = _merchant(slug)
    logo = b""
    if merchant.logo:
        with acting_for(merchant, by=VISITOR):
            found = rendition(merchant.logo, "medium")
        logo = found.content if found else b""
    side, fills = SHAPES[shape]
    made = drawn(brand.normalise(merchant.brand_colour), merchant.name, logo, side, fills)
    response = HttpResponse(made, content_type="image/png")
    response.headers["Cache-Control"] = _A_YEAR if request.GET.get("v") == icon_mark(merchant) else "no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
