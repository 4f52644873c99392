"""A shop's pictures, for whoever has the address: logos and rewards are there to be seen.

The address names what is shown by its digest, so a browser may keep it for ever and never has to ask again.
"""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from loyalty.core.errors import NotFound
from loyalty.core.merchants.queries import merchant_by_slug
from loyalty.core.pictures.queries import rendition
from loyalty.core.tenancy.scope import Actor, acting_for

_A_YEAR = "public, max-age=31536000, immutable"


@require_safe
def picture(request: HttpRequest, slug: str, digest: str, size: str) -> HttpResponse:
    """One rendition of a picture (`size`: small, medium, large); 404 for what the shop does not have."""
    try:
        wanted = UUID(hex=digest)
        merchant = merchant_by_slug(slug)
    except (ValueError, NotFound):
        raise Http404 from None
    if wanted.hex != digest:  # one picture, one address
        raise Http404
    with acting_for(merchant, by=Actor("visitor")):
        found = rendition(wanted, size)
    if found is None:
        raise Http404
    response = HttpResponse(found.content, content_type=f"image/{found.kind}")
    response.headers["Cache-Control"] = _A_YEAR
    response.headers["X-Content-Type-Options"] = "nosniff"
    # Opened by itself it is a picture and nothing else, whatever a browser makes of its bytes.
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "same-site"
    return response
