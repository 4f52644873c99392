"""One-time links from the demo's terminal into its pages, so that a newcomer is in with one click.

A link signs in one person, once, within the hour. It is good only while the person has not signed in since
it was made: that is what makes it single-use without keeping any list. Three locks keep it away from real
shops: the address exists only where `settings.DEMO` is on, `settings` refuses `DEMO` for any site that is not
on this machine, and only people whose address is the demo's own can be signed in.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.core import signing
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from loyalty.core.people.models import User

GOOD_FOR = timedelta(hours=1)
_SALT = "loyalty.demo.sign_in"
_DEMO_ADDRESSES = ("@example.com", ".example")


def make_link(user: User, *, to: str) -> str:
    """The path of a link that signs `user` in and goes on to `to`. `ValueError` for a real address."""
    if not user.email.endswith(_DEMO_ADDRESSES):
        raise ValueError("Only the demo's invented people are signed in by a link.")
    token = signing.dumps({"user": user.pk, "seen": _seen(user), "to": to}, salt=_SALT)
    return f"/demo/sign-in/{token}/"


@require_GET
@never_cache
def sign_in(request: HttpRequest, token: str) -> HttpResponse:
    """Follow a link. One that is used up, old, forged or followed from elsewhere leads nowhere: 404."""
    if not settings.DEMO:
        raise Http404
    try:
        content = signing.loads(token, salt=_SALT, max_age=GOOD_FOR)
    except signing.BadSignature:
        raise Http404 from None
    with transaction.atomic():
        # Of two clicks at once the second waits here, and then finds that the person has signed in.
        user = get_user_model().objects.select_for_update().filter(pk=content["user"], is_active=True).first()
        if user is None or not _may_enter(user, content):
            raise Http404
        login(request, user, backend=_allowed_backend())
    return HttpResponseRedirect(content["to"])


def _may_enter(user: User, content: dict[str, Any]) -> bool:
    return user.email.endswith(_DEMO_ADDRESSES) and _seen(user) == content["seen"]


def _seen(user: User) -> str:
    """When the person last signed in; changes with every sign-in."""
    return user.last_login.isoformat() if user.last_login else ""


def _allowed_backend() -> str:
    """The session is one of the site's own kind: it ends when the site stops accepting that kind."""
    return settings.AUTHENTICATION_BACKENDS[0]


urlpatterns = [path("sign-in/<str:token>/", sign_in, name="demo_sign_in")]
