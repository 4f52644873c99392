"""The frame around every page of the till: which device this is, who is at it, and what it tells the browser."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from loyalty.core import clock
from loyalty.core.api import throttling
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.merchants.models import Merchant, Staff
from loyalty.core.merchants.queries import permissions
from loyalty.core.pages import new_form_key, render_page, said, sent_to
from loyalty.core.tenancy.scope import Actor, acting_for
from loyalty.core.tills import operations, queries
from loyalty.core.tills.models import Till
from loyalty.web import brand
from loyalty.web.office.frame import words

COOKIE = "till"
_SALT = "loyalty.pos.device"
_SHIFT = "loyalty.pos.shift"
A_YEAR_SECONDS = 365 * 24 * 3600
PATH = "/pos/"
LOOK_UPS_A_MINUTE = 30


class TooManyLookUps(DomainError):
    code = "too_many_look_ups"
    status = 429
    message = _("Many members were looked up here just now. Wait {seconds} seconds.")


@dataclass(frozen=True, slots=True)
class Device:
    """A paired till, its shop, and the instant of the request."""

    merchant: Merchant
    till: Till
    at: datetime


@dataclass(frozen=True, slots=True)
class Desk(Device):
    """A till that somebody has unlocked."""

    staff: Staff
    permissions: frozenset[str]

    def may(self, permission: str) -> bool:
        """True when whoever is at the till may do that."""
        return permission in self.permissions

    @property
    def actor(self) -> Actor:
        """Whose name everything done here carries."""
        return Actor("staff", str(self.staff.pk), self.staff.role)


View = Callable[..., HttpResponse]


def url(name: str, *args: object) -> str:
    """The address of a page of the till."""
    return reverse(f"pos:{name}", args=[str(arg) for arg in args])


def remember(response: HttpResponse, paired: operations.Paired, *, secure: bool) -> None:
    """Let this browser be the till. The cookie is signed, unread by scripts, and never sent from another site."""
    value = f"{paired.merchant.pk}:{paired.till.pk.hex}:{paired.secret}"
    response.set_signed_cookie(
        COOKIE, value, salt=_SALT, max_age=A_YEAR_SECONDS, path=PATH, secure=secure, httponly=True,
        samesite="Strict",
    )  # fmt: skip


def device_of(request: HttpRequest) -> Device | None:
    """The till this browser is; None when it is none, or none any more."""
    value = request.get_signed_cookie(COOKIE, default="", salt=_SALT, max_age=A_YEAR_SECONDS)
    merchant, _colon, rest = (value or "").partition(":")
    till, _colon, secret = rest.partition(":")
    if not secret:
        return None
    row = queries.device(UUID(till), int(merchant), secret)
    return Device(row.merchant, row, clock.now()) if row else None


def desk_of(device: Device) -> Desk | None:
    """The device with whoever has unlocked it; None while it is locked."""
    staff = queries.at_work(device.till, at=device.at)
    return desk_for(device, staff) if staff else None


def desk_for(device: Device, staff: Staff) -> Desk:
    """The device in the hands of one of the staff."""
    return Desk(device.merchant, device.till, device.at, staff, permissions(staff))


def shift_token(desk: Desk) -> str:
    """Says, signed by us, who is at which till: what a sale that had to wait is sent in with later."""
    return signing.dumps([desk.till.pk.hex, desk.staff.pk.hex, int(desk.at.timestamp())], salt=_SHIFT)


def read_shift(token: str, *, max_age: timedelta) -> tuple[UUID, UUID, int] | None:
    """The till, the staff and the second of a token of ours that is not too old; None for anything else."""
    try:
        till, staff, seconds = signing.loads(token, salt=_SHIFT, max_age=max_age)
    except signing.BadSignature:
        return None
    return UUID(till), UUID(staff), int(seconds)


def look_up_allowed(till: Till) -> None:
    """Count a look-up. Raises `TooManyLookUps`: nobody reads the members out through a till."""
    name = f"pos:{{{till.merchant_id}}}:{till.pk}"
    bucket = throttling.Bucket("look-ups", name, LOOK_UPS_A_MINUTE / 60, LOOK_UPS_A_MINUTE)
    verdict = throttling.take([bucket])
    if verdict.wait_seconds:
        raise TooManyLookUps(seconds=int(verdict.wait_seconds) + 1)


def guarded(response: HttpResponse) -> HttpResponse:
    """What every answer of the till carries: only its own pages may ask for the camera, and nothing is kept."""
    response.headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
    response.headers["Content-Language"] = get_language() or "en"
    return response


def _spoken(request: HttpRequest, merchant: Merchant) -> str:
    """What the device was set to, else the shop's language: a till's browser is nobody's own."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in dict(settings.LANGUAGES) else merchant.language


def open_page(view: View) -> View:
    """Decorate `view(request, **kwargs)` for any browser: pairing, and what needs no till."""

    @wraps(view)
    @never_cache
    def page(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return guarded(view(request, **kwargs))

    page.pos = "open"  # type: ignore[attr-defined]  # read by the sweep over all addresses
    return page


def device_page(view: View) -> View:
    """Decorate `view(request, device, **kwargs)` for a paired till, locked or not. Others are sent to pair it."""

    @wraps(view)
    @never_cache
    def page(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        device = device_of(request)
        if device is None:
            return guarded(sent_to(request, url("pair")))
        actor = Actor("till", str(device.till.pk))
        return _run(request, device, actor, lambda: view(request, device, **kwargs))

    page.pos = "device"  # type: ignore[attr-defined]
    return page


def desk_page(permission: str = "till.use") -> Callable[[View], View]:
    """Decorate `view(request, desk, **kwargs)` for a till that somebody has unlocked who may do this. The view runs
    with `acting_for(merchant, by=staff)` open, in the shop's zone and language.

    A device that is no till is sent to be paired, a locked one to be unlocked. A `DomainError` that a view lets through
    has undone everything and is shown on the till.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        @never_cache
        def page(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            device = device_of(request)
            if device is None:
                return guarded(sent_to(request, url("pair")))
            desk = desk_of(device)
            if desk is None:
                return guarded(sent_to(request, url("lock")))
            if not desk.may(permission):
                raise PermissionDenied

            def work() -> HttpResponse:
                operations.note_activity(till=desk.till.pk, at=desk.at)
                return view(request, desk, **kwargs)

            return _run(request, desk, desk.actor, work)

        page.pos = permission  # type: ignore[attr-defined]
        return page

    return decorate


@contextmanager
def in_words_of(request: HttpRequest, merchant: Merchant) -> Iterator[None]:
    """Inside, times are the shop's and words are in the till's language."""
    zone = ZoneInfo(merchant.timezone)
    with timezone.override(zone), translation.override(_spoken(request, merchant)):
        yield


def _run(request: HttpRequest, device: Device, by: Actor, work: Callable[[], HttpResponse]) -> HttpResponse:
    with in_words_of(request, device.merchant):
        try:
            with acting_for(device.merchant, by=by):
                return guarded(work())
        except NotFound:
            raise Http404 from None
        except DomainError as error:
            if request.method != "POST":
                raise
            messages.error(request, said(error))
            return guarded(sent_to(request, url("till")))


def pos_page(
    request: HttpRequest,
    device: Device,
    template: str,
    context: Mapping[str, Any],
    *,
    partial: str = "",
    status: int = 200,
) -> HttpResponse:
    """Render a page of the till in its frame, in the scope of its shop."""
    desk = device if isinstance(device, Desk) else None
    colour = device.merchant.brand_colour
    frame = {
        "merchant": device.merchant,
        "till": device.till,
        "desk": desk,
        "staff_name": desk.staff.name if desk else "",
        "is_sandbox": device.merchant.is_sandbox,
        "currency": device.merchant.currency,
        "brand_css_url": reverse("brand_css", args=[brand.digest(colour)]),
        "theme_colour": colour,
        "words": words(),
        "form_key": new_form_key(),
        "shift": shift_token(desk) if desk else "",
        "now": device.at,
    }
    return render_page(request, template, {**frame, **context}, partial=partial, status=status)
