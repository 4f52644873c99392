"""What every page shares: who may see it, acting for its merchant, answering htmx, and doing things once.

A view is a thin function: the decorator has resolved the merchant, checked the person and opened the scope;
the view makes one call and returns `render_page(...)` or a redirect. Strangers get the same 404 as for a shop
that does not exist.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from loyalty.core import clock, ids
from loyalty.core.api import idempotency, throttling
from loyalty.core.errors import DomainError, Forbidden, InvalidInput, NotFound
from loyalty.core.merchants.models import Merchant, Staff
from loyalty.core.merchants.queries import permissions, staff_of
from loyalty.core.merchants.roles import SAFEGUARDED
from loyalty.core.people.queries import second_factors
from loyalty.core.tenancy.scope import Actor, acting_for

FORM_KEY = "form_key"
"""Name of the hidden field that makes a form's work happen once."""


@dataclass(frozen=True, slots=True)
class Here:
    """The shop a page is about and the person looking at it. `at` is the instant of the request; `shops` are
    all shops the person works for."""

    merchant: Merchant
    staff: Staff
    permissions: frozenset[str]
    at: datetime
    shops: tuple[Merchant, ...] = ()

    @property
    def sibling(self) -> Merchant | None:
        """The test shop of a live one and the other way round, when this person works there too."""
        ours = self.merchant.sandbox_of_id or self.merchant.pk
        return next(
            (shop for shop in self.shops if shop != self.merchant and ours in (shop.pk, shop.sandbox_of_id)),
            None,
        )

    def may(self, permission: str) -> bool:
        """True when this person may do that here."""
        return permission in self.permissions


View = Callable[..., HttpResponseBase]


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    partial: str = "",
    status: int = 200,
) -> HttpResponse:
    """A page, or only its named `{% partialdef %}` when htmx asks for a part of it.

    Restoring history gets the whole page, and caches keep the two apart. 422 is for a form that came back.
    """
    htmx = getattr(request, "htmx", None)
    part = bool(partial and htmx and not htmx.history_restore_request and not htmx.boosted)
    name = f"{template}#{partial}" if part else template
    response = render(request, name, dict(context or {}), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def sent_to(request: HttpRequest, url: str) -> HttpResponse:
    """Send the browser elsewhere: a redirect after a form, `HX-Redirect` when htmx asked."""
    if getattr(request, "htmx", None):
        return HttpResponseClientRedirect(url)
    response = redirect(url)
    response.status_code = 303
    return response


def signed_out(request: HttpRequest) -> HttpResponse:
    """Send somebody who is not signed in to the sign-in page, and back here afterwards."""
    htmx = getattr(request, "htmx", None)
    back = (htmx.current_url_abs_path if htmx else None) or request.get_full_path()
    answer = redirect_to_login(back if request.method == "GET" or htmx else "/")
    return HttpResponseClientRedirect(answer["Location"]) if htmx else answer


def show_errors(form: BaseForm, error: DomainError, aliases: Mapping[str, str] = {}) -> None:
    """Put a refusal beside the fields it is about. `aliases` maps an operation's field to the form's name.

    What is about no field of this form stands above it.
    """
    found = (
        error.errors
        if isinstance(error, InvalidInput)
        else [{"field": error.field or "", "message": str(error)}]
    )
    for problem in found:
        name = aliases.get(problem["field"], problem["field"])
        form.add_error(name if name in form.fields else None, problem["message"])


def new_form_key() -> str:
    """A fresh value for the hidden field `FORM_KEY`; one for every time a form is shown."""
    return ids.new().hex


def sent_form_key(request: HttpRequest) -> str:
    """The `FORM_KEY` of a form that was sent; "" for none, and for what cannot be one of ours."""
    key = request.POST.get(FORM_KEY, "")
    return key if key.isascii() and key.isalnum() and len(key) <= 64 else ""


def is_tried_too_often(request: HttpRequest, what: str, *, an_hour: int) -> bool:
    """Count a try of one network address; True when it has had its share, which comes back over the hour."""
    name = f"{what}:{get_adapter().get_client_ip(request)}"
    bucket = throttling.Bucket(what, name, an_hour / 3600, an_hour)
    return throttling.take([bucket]).wait_seconds > 0


def require(permission: str) -> Callable[[View], View]:
    """Decorate `view(request, here, **kwargs)` whose address has the merchant's `slug`.

    The view runs with `acting_for(merchant, by=staff)` open, in the merchant's time zone. Anonymous visitors
    are sent to sign in, strangers get 404, staff without the permission 403. A `DomainError` that a view lets
    through has undone everything and is shown on the page the form came from. A POST with a `FORM_KEY` is
    done once: the same form sent again, at once or later, gets the first answer.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def page(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponseBase:
            user = request.user
            if not user.is_authenticated or user.pk is None:
                return signed_out(request)
            here = _here(slug, user.pk)
            if not here.may(permission):
                raise PermissionDenied
            if here.merchant.second_factor and here.staff.role in SAFEGUARDED and not second_factors(user.pk):
                return sent_to(request, reverse("account"))
            actor = Actor("staff", str(here.staff.pk), here.staff.role)
            try:
                with timezone.override(ZoneInfo(here.merchant.timezone)), acting_for(here.merchant, by=actor):
                    return _once(request, here, lambda: view(request, here, **kwargs))
            except NotFound:
                raise Http404 from None
            except Forbidden:
                raise PermissionDenied from None
            except DomainError as error:
                if request.method != "POST":
                    raise
                messages.error(request, said(error))
                return sent_to(request, _back(request, here))

        page.permission = permission  # type: ignore[attr-defined]  # read by the sweep over all addresses
        return page

    return decorate


def _here(slug: str, user_id: int) -> Here:
    rows = staff_of(user_id)
    for merchant, staff in rows:
        if merchant.slug == slug:
            shops = tuple(shop for shop, _staff in rows)
            return Here(merchant, staff, permissions(staff), clock.now(), shops)
    raise Http404


def said(error: DomainError) -> str:
    """A refusal in one or a few sentences, for a message above a page."""
    if isinstance(error, InvalidInput):
        return " ".join(problem["message"] for problem in error.errors)
    return str(error)


def _back(request: HttpRequest, here: Here) -> str:
    came_from = request.META.get("HTTP_REFERER", "")
    if url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure()):
        return came_from
    return f"/m/{here.merchant.slug}/"


def _once(request: HttpRequest, here: Here, do: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Do what a form asks once. Two clicks wait for each other; the second gets the first one's address.

    What counts as the same is the key *and* what was typed: going back and sending something else is new.
    """
    key = request.POST.get(FORM_KEY, "")[:64] if request.method == "POST" else ""
    if not key:
        return do()
    mark = _fingerprint(request)
    form = idempotency.Key(here.staff.pk, f"form:{key}:{mark.hex}", mark)
    earlier = idempotency.awaited(form)
    if earlier is not None:
        messages.info(request, _("This was already done; nothing was done again."))
        return sent_to(request, earlier.body)
    response = do()
    if response.status_code < 400:
        named = (response.headers.get(name) for name in ("HX-Redirect", "Location", "Content-Location"))
        goes_to = next(filter(None, named), None)
        idempotency.store(form, response.status_code, goes_to or _back(request, here), at=here.at)
    return response


def _fingerprint(request: HttpRequest) -> UUID:
    parts = [request.path]
    for name in sorted(request.POST):
        if name != "csrfmiddlewaretoken":
            parts += [name, *request.POST.getlist(name)]
    for name in sorted(request.FILES):
        file = request.FILES.get(name)
        if file is None:
            continue
        digest = hashlib.sha256()
        for chunk in file.chunks():  # a large one lies on the disk and need not be held at once
            digest.update(chunk)
        parts += [name, digest.hexdigest()]
        file.seek(0)
    return UUID(bytes=hashlib.sha256("\x1f".join(parts).encode()).digest()[:16])
