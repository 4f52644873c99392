"""`/widget.js?shop=<shop>`: one script for any shop's page, with what it needs to know of the shop in it.

The launcher has the shop's name and colours before anything else is loaded, and the page of a site that the shop has
not allowed is left as it is.
"""

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import condition, require_safe

from loyalty.core.errors import NotFound
from loyalty.core.merchants.models import Merchant
from loyalty.core.merchants.queries import merchant_by_slug
from loyalty.core.programme import queries as programmes
from loyalty.core.programme.identity import LANGUAGES, Identity
from loyalty.core.tenancy.scope import acting_for
from loyalty.core.widget import queries
from loyalty.web import brand
from loyalty.web.widget.frame import VISITOR

_PLACE = '"__SETUP__"'
KEEP_SECONDS = 300


def _source() -> str:
    return _read() if not settings.DEBUG else _read.__wrapped__()


@lru_cache(maxsize=1)
def _read() -> str:
    found = finders.find("js/widget.js")
    if not isinstance(found, str):
        raise FileNotFoundError("js/widget.js")
    return Path(found).read_text()


def setup(merchant: Merchant) -> dict[str, Any]:
    """What the script has to know of a shop: nothing that is not on its page for everybody to see."""
    with acting_for(merchant, by=VISITOR):
        current, sites = programmes.in_force(), queries.origins()
    identity: Identity = current.programme["identity"] if current else Identity()
    colours = brand.derive(merchant.brand_colour)
    return {
        "home": f"/w/{merchant.slug}/",
        "open": current is not None,
        "sites": list(sites),
        "language": merchant.language,
        "names": {language: identity.named(language, merchant.name) for language in LANGUAGES},
        "words": {language: _words(language) for language in LANGUAGES},
        "colours": {
            "brand": colours.brand, "on": colours.on_brand, "hover": colours.hover,
            "edgeLight": colours.edge_light, "edgeDark": colours.edge_dark,
        },
    }  # fmt: skip


def _words(language: str) -> dict[str, str]:
    with translation.override(language):
        return {"rewards": _("Rewards"), "close": _("Close")}


def _text(request: HttpRequest) -> str:
    """The script for the shop that is asked for; made once per request."""
    made: str | None = getattr(request, "_widget_script", None)
    if made is None:
        try:
            merchant = merchant_by_slug(request.GET.get("shop", "")[:60])
        except NotFound:
            raise Http404 from None
        said = json.dumps(setup(merchant), separators=(",", ":")).replace("<", "\\u003c")
        made = request._widget_script = _source().replace(_PLACE, said, 1)  # type: ignore[attr-defined]
    return made


def _mark(request: HttpRequest) -> str:
    return f'"{hashlib.sha256(_text(request).encode()).hexdigest()[:24]}"'


@require_safe
@gzip_page
@condition(etag_func=_mark)
def widget_js(request: HttpRequest) -> HttpResponse:
    """The script. Kept for minutes, so that a new colour or another site shows soon."""
    answer = HttpResponse(_text(request), content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = f"public, max-age={KEEP_SECONDS}"
    # Also for pages that let in only what says that it may be used elsewhere.
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer["Access-Control-Allow-Origin"] = "*"
    patch_vary_headers(answer, ["Accept-Encoding"])
    return answer
