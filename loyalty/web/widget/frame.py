"""What every answer to the widget's frame shares: whose shop, who is looking, and that no cookie is asked for.

The frame keeps the shop's token in its memory and sends it with every request, together with a random name of its own
(`Loyalty-Panel`). A page of anybody else's can send neither: browsers do not let it add such headers to a request to
another host. That is why these addresses need no token against forged requests, and why nothing here reads a session.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.csp import CSP, build_policy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from loyalty.core import clock
from loyalty.core.api.errors import CONTENT_TYPE, RateLimited, problem_body
from loyalty.core.api.throttling import Bucket, take
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.merchants.models import Merchant
from loyalty.core.merchants.queries import merchant_by_slug
from loyalty.core.pages import new_form_key
from loyalty.core.pictures.queries import address
from loyalty.core.programme import queries as programmes
from loyalty.core.programme.identity import LANGUAGES
from loyalty.core.tenancy.scope import Actor, acting_for
from loyalty.core.widget import queries
from loyalty.core.widget.tokens import Shopper
from loyalty.web import brand
from loyalty.web.office.frame import words
from members.queries import directory

VISITOR = Actor("visitor")
REQUESTS_A_SECOND, AT_ONCE = 10, 100
"""What one network address may ask of a shop's widget."""
_PANEL = re.compile(r"[0-9a-f]{32}")


class PanelMissing(DomainError):
    code = "panel_missing"
    status = 400
    message = _("Open this in the shop: it is a part of its page.")


class SignedOut(DomainError):
    code = "signed_out"
    status = 401
    message = _("Sign in to the shop first.")


@dataclass(frozen=True, slots=True)
class Panel:
    """An open panel: its shop, its own random `key`, the shopper the shop has named, and the member they are."""

    merchant: Merchant
    at: datetime
    key: str = ""
    shopper: Shopper | None = None
    row: directory.Row | None = None

    @property
    def slug(self) -> str:
        """The shop's name in addresses."""
        return self.merchant.slug

    @property
    def member_id(self) -> UUID:
        """The member. Raises `SignedOut` for a guest."""
        if self.row is None:
            raise SignedOut()
        return self.row.member.pk

    def url(self, name: str, *args: str) -> str:
        """The address of a part of this shop's widget."""
        return reverse(f"widget:{name}", args=[self.merchant.slug, *args])


View = Callable[..., HttpResponse]


def part(view: View) -> View:
    """Decorate `view(request, panel, **kwargs)`, whose address has the merchant's `slug`: a part of an open panel.

    It runs with the merchant's scope open, as the member whom the shop's token names; without a token as a visitor. A
    token that proves nothing is refused with 401: the frame then asks the page for a fresh one. Every refusal is a
    problem with a stable code.
    """

    @wraps(view)
    @never_cache
    def page(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
        try:
            panel = _opened(request, slug)
            by = Actor("member", str(panel.row.member.pk)) if panel.row else VISITOR
            with speaking(panel.merchant, request.headers.get("Loyalty-Language", "")):
                try:
                    with acting_for(panel.merchant, by=by):
                        return view(request, panel, **kwargs)
                except DomainError as refusal:
                    return problem(refusal)
        except DomainError as refusal:
            return problem(refusal)

    exempt: View = csrf_exempt(page)
    return exempt


def problem(refusal: DomainError) -> HttpResponse:
    """A refusal as the frame's script reads it."""
    answer = HttpResponse(problem_body(refusal), status=refusal.status, content_type=CONTENT_TYPE)
    if "retry_after" in refusal.params:
        answer["Retry-After"] = str(refusal.params["retry_after"])
    return answer


def _opened(request: HttpRequest, slug: str) -> Panel:
    key = request.headers.get("Loyalty-Panel", "")
    if not _PANEL.fullmatch(key):
        raise PanelMissing()
    merchant, at = merchant_by_slug(slug), clock.now()
    ration(request, merchant)
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        return Panel(merchant, at, key)
    with acting_for(merchant, by=VISITOR):
        shopper = queries.shopper(token.strip(), at=at)
        return Panel(merchant, at, key, shopper, _member(shopper))


def _member(shopper: Shopper) -> directory.Row | None:
    """Who the shopper is here: by the shop's own id of them, else by an address that the shop has made sure of."""
    for kind, value in (("external", shopper.subject), ("email", shopper.email)):
        if not value:
            continue
        try:
            return directory.row(directory.taking_part(directory.by_identity(kind, value).pk))
        except NotFound:
            continue
    return None


def ration(request: HttpRequest, merchant: Merchant) -> None:
    """Raises `RateLimited` for whoever asks too much."""
    who = get_adapter().get_client_ip(request)
    bucket = Bucket("widget", f"throttle:{{{merchant.pk}}}:widget:{who}", REQUESTS_A_SECOND, AT_ONCE)
    verdict = take([bucket])
    if verdict.wait_seconds:
        raise RateLimited(retry_after=math.ceil(verdict.wait_seconds))


def speaking(merchant: Merchant, asked: str) -> Any:
    """The language of the shop's page if we speak it, else the shop's own; in the shop's time zone."""
    short = asked.lower().replace("_", "-").partition("-")[0]
    short = "nb" if short in {"no", "nn"} else short
    return _Speaking(short if short in LANGUAGES else merchant.language, ZoneInfo(merchant.timezone))


class _Speaking:
    """A language and a zone together."""

    def __init__(self, language: str, zone: ZoneInfo):
        self._both = (translation.override(language), timezone.override(zone))

    def __enter__(self) -> None:
        for one in self._both:
            one.__enter__()

    def __exit__(self, *raised: Any) -> None:
        for one in reversed(self._both):
            one.__exit__(*raised)


def shown(panel: Panel, template: str, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    """A part of the panel, in the scope of its shop. No request goes into it: nothing can ask for a session."""
    return HttpResponse(render_to_string(template, {**common(panel), **context}), status=status)


def common(panel: Panel) -> dict[str, Any]:
    """What every part may show."""
    current = programmes.in_force()
    named = panel.merchant.name
    if current is not None:
        named = current.programme["identity"].named(translation.get_language() or "en", named)
    return {
        "panel": panel,
        "merchant": panel.merchant,
        "slug": panel.slug,
        "words": words(),
        "programme_name": named,
        "is_open": current is not None,
        "is_sandbox": panel.merchant.is_sandbox,
        "logo_url": address(panel.slug, panel.merchant.logo, "small"),
        "brand_css_url": reverse("brand_css", args=[brand.digest(panel.merchant.brand_colour)]),
        "home_url": panel.url("home"),
        "portal_url": reverse("portal:front", args=[panel.slug]),
        "form_key": new_form_key(),
        "now": panel.at,
    }


def framed_by(answer: HttpResponse, origins: tuple[str, ...]) -> HttpResponse:
    """Let the sites of these origins show an answer in a frame, and our own dashboard for its preview; nobody else."""
    policy = {**settings.SECURE_CSP, "frame-ancestors": [CSP.SELF, *origins]}
    answer.headers["Content-Security-Policy"] = build_policy(policy)
    # The older header knows no list of origins; browsers that know the policy do not read it.
    answer.xframe_options_exempt = True
    return answer
