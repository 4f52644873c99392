"""Allow and forget sites, make and replace the secret, and let a token move value in one open panel only."""

import hashlib
import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError, InvalidInput, NotFound
from loyalty.core.events.operations import record
from loyalty.core.tenancy import scope
from loyalty.core.widget import tokens
from loyalty.core.widget.models import Secret, Site, TokenUse
from loyalty.core.widget.vault import locked_away

MOST_SITES = 20
LONGEST_OVERLAP = timedelta(days=7)
_AT_ONCE = 100
_HOME = frozenset({"localhost", "127.0.0.1", "[::1]"})
# One label or several, each as DNS has them; an address of four numbers is of this form, too.
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*|\[::1\]")


class TooManySites(DomainError):
    code = "too_many_sites"
    message = _("A shop can allow {most} sites. Remove one that you no longer use.")
    field = "site"


class SecretExists(DomainError):
    code = "widget_secret_exists"
    message = _("There is a secret already. Replace it if it was lost.")


class TokenReplayed(DomainError):
    code = "token_replayed"
    status = 401
    message = _("This was already used in another window. Load the page again.")


def origin_of(url: str) -> str:
    """The origin of an address as browsers write it: `https://Shop.example/page` → `https://shop.example`. Addresses
    on this machine may use plain http. Raises `InvalidInput`."""
    text = url.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = (parts.hostname or "").encode("idna").decode().lower(), parts.port
    except (ValueError, UnicodeError):
        raise _no_site() from None
    if ":" in host:
        host = f"[{host}]"
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in _HOME)
    if not secure or "@" in parts.netloc or len(host) > 180 or not _HOST.fullmatch(host):
        raise _no_site()
    usual = {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != usual else "")


def _no_site() -> InvalidInput:
    return InvalidInput.of("site", str(_("Write the address of a site, like https://shop.example.")))


@transaction.atomic
def allow_site(*, url: str, at: datetime) -> Site:
    """Let the widget be shown on the site of an address. Allowing it again changes nothing. Raises `InvalidInput`,
    `TooManySites`."""
    origin = origin_of(url)
    rows = list(Site.objects.select_for_update(no_key=True).order_by("id"))
    known = next((row for row in rows if row.origin == origin), None)
    if known is not None:
        return known
    if len(rows) >= MOST_SITES:
        raise TooManySites(most=MOST_SITES)
    row, made = Site.objects.get_or_create(origin=origin, defaults={"added_at": at})
    if made:
        record("widget.site_added", subject=None, at=at, data={"origin": origin})
    return row


@transaction.atomic
def remove_site(*, site: UUID, at: datetime) -> str:
    """Stop showing the widget on a site; its origin. Counts from the next page that is loaded there."""
    row = Site.objects.select_for_update().filter(pk=site).first()
    if row is None:
        raise NotFound("site")
    row.delete()
    record("widget.site_removed", subject=None, at=at, data={"origin": row.origin})
    return row.origin


@transaction.atomic
def make_secret(*, at: datetime) -> str:
    """The shop's first secret, shown once. Raises `SecretExists`."""
    try:
        with transaction.atomic():
            text = _kept(at)
    except IntegrityError:
        raise SecretExists() from None
    record("widget.secret_made", subject=None, at=at)
    return text


def _kept(at: datetime) -> str:
    text = tokens.new_secret()
    Secret.objects.create(secret=locked_away(text), hint=text[-4:], made_at=at, made_by=str(scope.actor()))
    return text


@transaction.atomic
def roll_secret(*, at: datetime, overlap: timedelta) -> str:
    """A new secret, shown once. The old one counts beside it for `overlap`, a week at most; one that was replaced
    before ends now. Raises `NotFound` where there is none to replace."""
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise InvalidInput.of("overlap", str(_("Choose between no time and a week.")))
    old = Secret.objects.select_for_update().filter(ends_at=None).first()
    if old is None:
        raise NotFound("secret")
    Secret.objects.filter(ends_at__gt=at).update(ends_at=at)
    old.ends_at = at + overlap
    old.save(update_fields=["ends_at"])
    text = _kept(at)
    record("widget.secret_rolled", subject=None, at=at, data={"old_until": old.ends_at.isoformat()})
    return text


@transaction.atomic
def use_token(*, shopper: tokens.Shopper, panel: str, at: datetime) -> None:
    """Let a token move value in the panel that is open, whose own random name is `panel`: the first one it does so in
    has it for good. Raises `TokenReplayed` in any other."""
    # Another request may be forgetting the same ones: they are left to it.
    ended = TokenUse.objects.select_for_update(skip_locked=True).filter(ends_at__lte=at).order_by("ends_at")
    over = list(ended.values_list("pk", flat=True)[:_AT_ONCE])
    if over:
        TokenUse.objects.filter(pk__in=over).delete()
    here = _digest(panel)
    row, made = TokenUse.objects.get_or_create(
        token=_digest(shopper.token), defaults={"panel": here, "used_at": at, "ends_at": shopper.ends_at}
    )
    if not made and bytes(row.panel) != here:
        raise TokenReplayed()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
