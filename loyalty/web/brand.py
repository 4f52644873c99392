"""A merchant picks one colour; this module works out every colour that has to go with it.

The merchant's hex is kept as it is wherever it can be the *background* (buttons, the member's card).
Everything that must be *read* is derived from it by the contrast formula of WCAG 2.2: the text on it, links
and icons in that colour on light and on dark paper, a tinted background, and an edge for colours too close
to the paper to be seen without one.

Nothing here needs a database. The stylesheet's address carries the colour and a checksum of the stylesheet
itself, so it can be cached for ever: another colour, or a better derivation in a later release, has another
address.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from loyalty.core.errors import DomainError
from loyalty.web.colour import contrast, mix, nearest_readable, shifted

#: What text in the brand colour may stand on; the same values as ``--surface`` and ``--canvas`` in
#: tokens.css.
LIGHT_PAPER = ("#ffffff", "#f6f6f4")
DARK_PAPER = ("#1a1c20", "#101114")

#: The house's own colour: the dashboard wears it, and a merchant who has not chosen yet.
HOUSE_COLOUR = "#2f4fc4"

TEXT_CONTRAST = 4.5
EDGE_CONTRAST = 3.0
_VISIBLE_STEP = 1.06

_HEX = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})")
_DIGEST = re.compile(r"([0-9a-f]{6})-([0-9a-f]{8})")


class BadColour(DomainError):
    """The given text is not a colour written as ``#rgb`` or ``#rrggbb``."""

    code = "bad_colour"
    message = _("Write the colour as # and six digits or letters from a to f, such as #2f5d50.")
    field = "brand_colour"


@dataclass(frozen=True, slots=True)
class Brand:
    """Colours derived from one brand colour; every field is ``#rrggbb`` in lower case.

    ``brand`` is the merchant's own; ``on_brand`` is read on it and on ``hover``; ``ink_*`` is the brand as
    text on that theme's paper and on ``soft_*``; ``edge_*`` outlines brand-coloured shapes against the
    paper.
    """

    brand: str
    on_brand: str
    hover: str
    ink_light: str
    ink_dark: str
    edge_light: str
    edge_dark: str
    soft_light: str
    soft_dark: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two colours that meet on a page: ``ratio`` is their contrast, ``least`` what it has to be."""

    name: str
    foreground: str
    background: str
    ratio: float
    least: float


def normalise(colour: str) -> str:
    """Return ``colour`` as ``#rrggbb`` in lower case; raise BadColour for anything but 3 or 6 hex digits."""
    found = _HEX.fullmatch(colour.strip())
    if found is None:
        raise BadColour
    digits = found.group(1).lower()
    return "#" + ("".join(digit * 2 for digit in digits) if len(digits) == 3 else digits)


def _hover(brand: str, on_brand: str) -> str:
    """Return the tone of a button under the pointer: a little darker, unless that cannot be seen or read."""
    for step in (-0.05, 0.05, 0.2):
        tone = shifted(brand, step)
        if contrast(tone, brand) >= _VISIBLE_STEP and contrast(tone, on_brand) >= TEXT_CONTRAST:
            return tone
    return brand


@lru_cache(maxsize=512)
def derive(colour: str) -> Brand:
    """Return all colours that go with ``colour`` (``#rgb`` or ``#rrggbb``); raise BadColour otherwise."""
    brand = normalise(colour)
    # One of the two always reaches 4.58:1. White is preferred: on saturated colours it is what people expect.
    on_brand = "#ffffff" if contrast("#ffffff", brand) >= TEXT_CONTRAST else "#000000"
    soft_light = mix(brand, LIGHT_PAPER[0], 0.09)
    soft_dark = mix(brand, DARK_PAPER[0], 0.20)
    return Brand(
        brand=brand,
        on_brand=on_brand,
        hover=_hover(brand, on_brand),
        ink_light=nearest_readable(brand, (*LIGHT_PAPER, soft_light), TEXT_CONTRAST, lighter=False),
        ink_dark=nearest_readable(brand, (*DARK_PAPER, soft_dark), TEXT_CONTRAST, lighter=True),
        edge_light=nearest_readable(brand, LIGHT_PAPER, EDGE_CONTRAST, lighter=False),
        edge_dark=nearest_readable(brand, DARK_PAPER, EDGE_CONTRAST, lighter=True),
        soft_light=soft_light,
        soft_dark=soft_dark,
    )


def pairs(brand: Brand) -> list[Pair]:
    """Return every pair of colours the stylesheet puts together, for the colour picker and for the tests."""
    made = [
        ("on_brand", brand.on_brand, brand.brand, TEXT_CONTRAST),
        ("on_hover", brand.on_brand, brand.hover, TEXT_CONTRAST),
    ]
    themes = (
        ("light", LIGHT_PAPER, brand.ink_light, brand.edge_light, brand.soft_light),
        ("dark", DARK_PAPER, brand.ink_dark, brand.edge_dark, brand.soft_dark),
    )
    for theme, papers, ink, edge, soft in themes:
        made += [(f"ink_{theme}", ink, paper, TEXT_CONTRAST) for paper in (*papers, soft)]
        made += [(f"edge_{theme}", edge, paper, EDGE_CONTRAST) for paper in papers]
    return [Pair(name, front, back, contrast(front, back), least) for name, front, back, least in made]


def stylesheet(brand: Brand) -> str:
    """Return the CSS that paints everything inside ``.branded`` in this brand, in both themes."""
    return (
        "@layer brand {\n"
        "  .branded {\n"
        f"    --brand: {brand.brand};\n"
        f"    --brand-hover: {brand.hover};\n"
        f"    --on-brand: {brand.on_brand};\n"
        f"    --brand-ink: light-dark({brand.ink_light}, {brand.ink_dark});\n"
        f"    --brand-edge: light-dark({brand.edge_light}, {brand.edge_dark});\n"
        f"    --brand-soft: light-dark({brand.soft_light}, {brand.soft_dark});\n"
        "  }\n"
        "}\n"
    )


@lru_cache(maxsize=512)
def digest(colour: str) -> str:
    """Return ``<hex6>-<hash8>``, the name under which this colour's stylesheet is served; raise BadColour."""
    brand = derive(colour)
    checksum = hashlib.sha256(stylesheet(brand).encode()).hexdigest()[:8]
    return f"{brand.brand[1:]}-{checksum}"


def colour_of(address: str) -> str | None:
    """Return the colour (``#rrggbb``) that ``digest`` made this address from, or None if it did not."""
    found = _DIGEST.fullmatch(address)
    if found is None:
        return None
    colour = "#" + found.group(1)
    return colour if digest(colour) == address else None


@require_safe
def brand_css(request: HttpRequest, digest: str) -> HttpResponse:
    """Serve ``/brand/<digest>.css``, cacheable for ever; 404 when the digest was not made by this release.

    The checksum is not a secret. It keeps one colour from being cached under two contents, and strangers from
    filling caches with addresses nobody linked to.
    """
    colour = colour_of(digest)
    if colour is None:
        raise Http404
    response = HttpResponse(stylesheet(derive(colour)), content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
