"""The front door: what this is, the way in, and after signing in the choice of the shop."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from loyalty.core.merchants.queries import permissions, staff_of
from loyalty.core.merchants.roles import Role
from loyalty.core.pages import render_page
from loyalty.setup.queries import is_claimed, may_open_shops
from loyalty.web.office.frame import ROLE_NAMES, first_page

THEMES = ("light", "dark")
A_YEAR_SECONDS = 365 * 24 * 3600

_PROMISES = (
    (
        "book-open-check",
        gettext_lazy("Every point has a reason"),
        gettext_lazy(
            "Each line of a member’s account says which rule gave it, for which purchase, and what was left."
        ),
    ),
    (
        "undo-2",
        gettext_lazy("Mistakes can be taken back"),
        gettext_lazy(
            "Refunds, cancellations and corrections are new lines in the books. Nothing is ever overwritten."
        ),
    ),
    (
        "server",
        gettext_lazy("On your own server"),
        gettext_lazy("Your members’ data stays with you. No page asks anybody else’s computer for anything."),
    ),
)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The landing page; for people who are signed in the shops they work for, and with one shop that shop."""
    if not request.user.is_authenticated or request.user.pk is None:
        if not is_claimed():
            return render_page(request, "office/start/empty.html")
        return render_page(request, "office/landing.html", {"promises": _PROMISES})
    shops: list[dict[str, Any]] = [
        {
            "merchant": merchant,
            "role": ROLE_NAMES[Role(staff.role)],
            "url": first_page(merchant.slug, permissions(staff)),
        }
        for merchant, staff in staff_of(request.user.pk)
    ]
    live = [shop for shop in shops if not shop["merchant"].is_sandbox]
    if len(live) == 1 and live[0]["url"] and "choose" not in request.GET:
        return redirect(live[0]["url"])
    may_open = may_open_shops(request.user)
    if may_open and not shops and "choose" not in request.GET:
        return redirect("start")
    return render_page(request, "office/shops.html", {"shops": shops, "may_open": may_open})


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep light, dark or "as the device says" in a cookie, and return to where the choice was made."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    response = redirect(back)
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie(
            "theme", chosen, max_age=A_YEAR_SECONDS, samesite="Lax", secure=request.is_secure()
        )
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response
