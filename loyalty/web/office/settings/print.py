"""The print kit: posters, counter card, flyers and texts to share, in the brand and in a chosen language."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from loyalty.core.pages import Here, require
from loyalty.core.pictures.queries import address
from loyalty.core.programme import queries as programmes
from loyalty.core.programme.identity import LANGUAGES
from loyalty.web import brand
from loyalty.web.office.frame import office_page
from loyalty.web.office.settings.offer import Offer, chosen_language, offer_of
from loyalty.web.office.settings.share import SHAPES
from loyalty.web.office.settings.words import OWN_NAMES

#: What can be printed, how it is called, and how many panels one sheet carries.
FORMATS = {
    "poster": (gettext_lazy("Poster A4"), 1),
    "small": (gettext_lazy("Poster A5"), 1),
    "card": (gettext_lazy("Counter card"), 2),
    "flyer": (gettext_lazy("Flyers, four to a sheet"), 4),
}
_HINTS = {
    "poster": gettext_lazy("For the door and the window."),
    "small": gettext_lazy("For the counter and the fitting room."),
    "card": gettext_lazy(
        "Print on stiff A4 paper and fold it in the middle: it stands, and both sides can be read."
    ),
    "flyer": gettext_lazy("Print on A4 and cut twice: four flyers for bags and tables."),
}
_SHAPE_NAMES = {
    "square": gettext_lazy("Square, for a feed"),
    "story": gettext_lazy("Upright, for a story"),
    "wide": gettext_lazy("Wide, for a link or a mail"),
}


def _texts(offer: Offer) -> list[dict[str, str]]:
    """Texts to share, each for a place and as long as fits there."""
    first = offer.ways[1].sentences[0] if len(offer.ways) > 1 and offer.ways[1].sentences else ""
    greeting = _("{programme} is here: {headline}.").format(
        programme=offer.programme, headline=offer.headline.rstrip(".!")
    )
    return [
        {"title": _("For a message"), "text": f"{greeting} {offer.join_url}"},
        {
            "title": _("For a post"),
            "text": "\n\n".join(filter(None, [greeting, f"{first} {offer.promise}".strip(),
                                              _("Get your card: {link}").format(link=offer.join_url)])),
        },
        {
            "title": _("For the receipt"),
            "text": _("Member yet? Scan at the till or go to {link}").format(link=offer.short_url),
        },
        {
            "title": _("For staff to say"),
            "text": _("Do you have our card? It is on your phone in twenty seconds. {promise}").format(
                promise=offer.promise
            ).strip(),
        },
    ]  # fmt: skip


def _links(here: Here, kind: str, language: str) -> dict[str, list[dict[str, Any]]]:
    base = reverse("office:print_kit", args=[here.merchant.slug])
    return {
        "format_tabs": [
            {"label": title, "url": f"{base}?format={name}&language={language}", "current": name == kind}
            for name, (title, _panels) in FORMATS.items()
        ],
        "language_tabs": [
            {
                "label": OWN_NAMES[code],
                "url": f"{base}?format={kind}&language={code}",
                "current": code == language,
            }
            for code in LANGUAGES
        ],
    }


@require_safe
@require("overview.view")
def kit(request: HttpRequest, here: Here) -> HttpResponse:
    """One sheet as it will be printed, the choice of others, and what to share."""
    shop = here.merchant
    kind, language = request.GET.get("format", ""), chosen_language(request, shop)
    kind = kind if kind in FORMATS else "poster"
    with translation.override(language):
        offer = offer_of(request, here)
        texts = _texts(offer)
    share = reverse("office:print_kit", args=[shop.slug])
    context = {
        **_links(here, kind, language),
        "offer": offer,
        "is_open": programmes.in_force() is not None,
        "kind": kind,
        "hint": _HINTS[kind],
        "panels": range(FORMATS[kind][1]),
        "sheet_language": language,
        "texts": [{**text, "id": f"text-{number}"} for number, text in enumerate(texts)],
        "rewards": [(name, price, address(shop.slug, picture)) for name, price, picture in offer.rewards],
        "sheet_logo": address(shop.slug, shop.logo, "medium"),
        "brand_css_url": reverse("brand_css", args=[brand.digest(shop.brand_colour)]),
        "pictures": [
            {"title": _SHAPE_NAMES[name], "url": f"{share}share/{name}.png?language={language}", "size": f"{w} × {h}"}
            for name, (w, h) in SHAPES.items()
        ],
    }  # fmt: skip
    return office_page(request, here, "office/print_kit.html", context, current="print_kit")
