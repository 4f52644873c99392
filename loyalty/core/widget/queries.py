"""Where the widget may be shown, which secrets count, and who a token names."""

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.vault import Unreadable
from loyalty.core.widget import tokens
from loyalty.core.widget.models import Secret, Site
from loyalty.core.widget.vault import opened


class TokenRefused(DomainError):
    """`params["reason"]` tells whoever builds the shop what to look at; people are shown the guest's view."""

    code = "token_refused"
    status = 401
    message = _("The shop could not tell us who you are. Load the page again.")


def sites() -> list[Site]:
    """The sites that may show the widget, by their names."""
    return list(Site.objects.order_by("origin"))


def origins() -> tuple[str, ...]:
    """The same as browsers compare them."""
    return tuple(site.origin for site in sites())


def secrets(*, at: datetime) -> list[Secret]:
    """The secrets that count at an instant, newest first: one, or two while one is being replaced."""
    return list(Secret.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at)).order_by("-made_at"))


def current_secret() -> Secret | None:
    """The secret the shop is to sign with; None while none was made."""
    return Secret.objects.filter(ends_at=None).first()


def readable_secrets(*, at: datetime) -> list[str]:
    """The texts of the secrets that count, newest first; without those that the server can no longer read."""
    found = []
    for row in secrets(at=at):
        try:
            found.append(opened(row.secret))
        except Unreadable:
            continue
    return found


def shopper(token: str, *, at: datetime) -> tokens.Shopper:
    """Who a token of the shop acted for names. Raises `TokenRefused`."""
    try:
        return tokens.read(
            token, secrets=readable_secrets(at=at), slug=shop_of_scope().slug, sites=origins(), at=at
        )
    except tokens.BadToken as refusal:
        raise TokenRefused(reason=refusal.reason) from None
