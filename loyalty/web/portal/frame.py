"""The frame around every page of the portal: whose card it is, in which shop, in the shop's words and colours."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from campaigns.queries.games.challenges import are_shown
from loyalty.core import clock
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.merchants.models import Merchant
from loyalty.core.merchants.queries import merchant_by_slug
from loyalty.core.pages import new_form_key, render_page, said, sent_to
from loyalty.core.pictures.queries import address
from loyalty.core.programme import queries as programmes
from loyalty.core.programme.identity import Identity
from loyalty.core.tenancy.scope import Actor, acting_for
from loyalty.web import brand
from loyalty.web.office.frame import language_of
from loyalty.web.portal.session import Visitor, visitor
from members.queries import adding, directory


@dataclass(frozen=True, slots=True)
class Shop:
    """What everybody sees: the merchant, the instant of the request, and who is looking."""

    merchant: Merchant
    at: datetime
    visitor: Visitor

    @property
    def slug(self) -> str:
        """The shop's name in addresses."""
        return self.merchant.slug

    def url(self, name: str, *args: str) -> str:
        """The address of a page of this shop's portal."""
        return reverse(f"portal:{name}", args=[self.merchant.slug, *args])


@dataclass(frozen=True, slots=True)
class Card(Shop):
    """A shop and the member looking at it. `proven`: their address is theirs."""

    row: directory.Row

    @property
    def member_id(self) -> UUID:
        """The member."""
        return self.row.member.pk

    @property
    def proven(self) -> bool:
        """True once a code sent to the member's address came back."""
        return self.visitor.proven


View = Callable[..., HttpResponse]


def icon_mark(merchant: Merchant) -> str:
    """What an icon's address changes with: the colour, the logo and the name."""
    logo = merchant.logo.hex if merchant.logo else merchant.name[:2]
    return hashlib.sha256(f"1|{merchant.brand_colour}|{logo}".encode()).hexdigest()[:12]


_TABS = (
    ("card", "credit-card"), ("rewards", "gift"), ("stamps", "stamp"), ("activity", "list"), ("profile", "user"),
)  # fmt: skip


def shop_page(view: View) -> View:
    """Decorate `view(request, shop, **kwargs)`, for everybody, whose address has the merchant's `slug`.

    The view runs without a scope and opens one where it reads: it may send a mail, which no transaction
    should wait for.
    """

    @wraps(view)
    @never_cache
    def page(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
        shop = _shop(request, slug)
        with timezone.override(ZoneInfo(shop.merchant.timezone)):
            return view(request, shop, **kwargs)

    page.portal = True  # type: ignore[attr-defined]  # read by the sweep over all addresses
    return page


def card_page(*, proven: bool = False) -> Callable[[View], View]:
    """Decorate `view(request, card, **kwargs)`, for members, whose address has the merchant's `slug`.

    The view runs with `acting_for(merchant, by=member)` open, in the merchant's zone and the member's
    language. Who has no card is sent to the shop's front page; from a `proven` page, members whose address is
    not proven yet are sent to prove it.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        @never_cache
        def page(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
            shop = _shop(request, slug)
            if shop.visitor.member is None:
                return sent_to(request, shop.url("front"))
            if proven and not shop.visitor.proven:
                messages.info(request, _("Prove your address first: it takes one code from your e-mail."))
                return sent_to(request, shop.url("prove"))
            return _acting(request, shop, lambda card: view(request, card, **kwargs))

        page.portal = True  # type: ignore[attr-defined]  # read by the sweep over all addresses
        return page

    return decorate


def _shop(request: HttpRequest, slug: str) -> Shop:
    try:
        merchant = merchant_by_slug(slug)
    except NotFound:
        raise Http404 from None
    at = clock.now()
    return Shop(merchant, at, visitor(request, merchant, at=at))


def _acting(request: HttpRequest, shop: Shop, show: Callable[[Card], HttpResponse]) -> HttpResponse:
    merchant, member = shop.merchant, shop.visitor.member
    if member is None:
        raise Http404
    zone, actor = ZoneInfo(merchant.timezone), Actor("member", str(member))
    try:
        with timezone.override(zone), acting_for(merchant, by=actor):
            row = directory.row(directory.member(member))
            with translation.override(spoken(shop.visitor, row.member.language)):
                return show(Card(merchant, shop.at, shop.visitor, row))
    except NotFound:
        raise Http404 from None
    except DomainError as error:
        if request.method != "POST":
            raise
        messages.error(request, said(error))
        return sent_to(request, shop.url("card"))


def spoken(who: Visitor, kept: str) -> str | None:
    """The language of a page: what a proven member has chosen, else what the browser asks for."""
    return kept if who.proven and kept else get_language()


def _identity() -> Identity:
    current = programmes.in_force()
    found: Identity = current.programme["identity"] if current else Identity()
    return found


def programme_name(shop: Shop) -> str:
    """The programme's name in the page's language, or the shop's own. Needs the merchant's scope."""
    return _identity().named(language_of(get_language()), shop.merchant.name)


def _tabs(shop: Shop, current: str) -> list[dict[str, Any]]:
    labels = {
        "card": _("Card"), "rewards": _("Rewards"), "stamps": _gathers(shop.at), "activity": _("Activity"),
        "profile": _("Profile"),
    }  # fmt: skip
    return [
        {"label": labels[name], "url": shop.url(name), "icon": icon, "current": name == current}
        for name, icon in _TABS
        if labels[name]
    ]


def _gathers(at: datetime) -> str:
    """What the page of stamps is called in this programme; "" where there is nothing to gather."""
    current = adding.in_force()
    if current is not None and current.programme["side_units"].cards:
        return _("Stamps")
    if current is not None and current.programme["offers"].offers:
        return _("Offers")
    return _("Games") if are_shown(at=at) else ""


def words() -> dict[str, str]:
    """The shop's own word for points in the page's language: `{"one": "star", "other": "stars"}`."""
    identity, language = _identity(), language_of(get_language())
    return {"one": identity.word(language, 1), "other": identity.word(language, 2)}


def portal_page(
    request: HttpRequest,
    shop: Shop,
    template: str,
    context: Mapping[str, Any],
    *,
    current: str = "",
    partial: str = "",
    status: int = 200,
) -> HttpResponse:
    """Render a page of the portal in its frame, in the scope of its shop. `current` is the tab it is on."""
    identity, language = _identity(), language_of(get_language())
    colour, member = shop.merchant.brand_colour, isinstance(shop, Card)
    frame = {
        "card": shop if member else None,
        "merchant": shop.merchant,
        "slug": shop.slug,
        "programme_name": programme_name(shop),
        "tagline": identity.tagline.get(language) or identity.tagline.get("en", ""),
        "brand_css_url": reverse("brand_css", args=[brand.digest(colour)]),
        "theme_colour": colour,
        "logo_url": address(shop.slug, shop.merchant.logo, "small"),
        "tabs": _tabs(shop, current) if member else [],
        "home_url": shop.url("card" if member else "front"),
        "front_url": shop.url("front"),
        "icon_mark": icon_mark(shop.merchant),
        "is_sandbox": shop.merchant.is_sandbox,
        "words": words(),
        "form_key": new_form_key(),
        "now": shop.at,
    }
    response = render_page(request, template, {**frame, **context}, partial=partial, status=status)
    # Set before the browser's language is noted by the middleware: a member's own may be another one.
    response.headers["Content-Language"] = get_language() or "en"
    return response
