"""One's own account, the same for every shop one works for: second factors, and when somebody came in."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from loyalty.core.merchants.queries import staff_of
from loyalty.core.pages import render_page
from loyalty.core.people.queries import authenticators, sign_ins

_WAYS = {
    "code": gettext_lazy("Code by e-mail"),
    "webauthn": gettext_lazy("Passkey"),
    "totp": gettext_lazy("Code by e-mail and authenticator app"),
    "recovery_codes": gettext_lazy("Recovery code"),
    "password": gettext_lazy("Password"),
}


def _shown(user: int) -> list[dict[str, Any]]:
    return [
        {
            "at": row.at,
            "how": _WAYS.get(row.how, row.how or _("Unknown")),
            "device": row.device or _("Unknown device"),
            "address": row.address,
        }
        for row in sign_ins(user)
    ]


@never_cache
@login_required
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Second factors and the log of sign-ins of whoever is signed in."""
    user = request.user
    if user.pk is None:  # never: who is signed in is stored
        raise Http404
    shops = staff_of(user.pk)
    found = authenticators(user.pk)
    context = {
        "email": str(user),
        "shops": shops,
        "app": found.app,
        "passkeys": found.passkeys,
        "codes": found.codes,
        "is_required": any(shop.second_factor and row.role in ("owner", "manager") for shop, row in shops),
        "sign_ins": _shown(user.pk),
    }
    return render_page(request, "account/you.html", context)
