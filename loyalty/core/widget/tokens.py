"""Who a shop says its shopper is: a JSON Web Token (RFC 7519), signed by the shop with HMAC-SHA256 and its secret.

The rules are few and none bends. One algorithm, fixed here and not by the token's header: `none` and every other one
are refused. The signature is checked before anything it covers is believed. A token is for one shop (`aud`), from one
of its own sites (`iss`), lives ten minutes at most and has a name of its own (`jti`).
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets as random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

LONGEST_LIFE = timedelta(minutes=10)
CLOCKS_DIFFER = timedelta(seconds=60)
"""How far the shop's clock may be ahead of ours."""
LONGEST_TOKEN = 4096
PREFIX = "lws_"


class BadToken(Exception):
    """The token proves nothing. `reason` is a stable word for whoever builds the shop."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Shopper:
    """Who is shopping, as the shop says. `subject` is the shop's own id of them; `email` "" unless the shop has made
    sure that the address is theirs; `token` names the token."""

    subject: str
    token: str
    ends_at: datetime
    email: str = ""
    given_name: str = ""


def new_secret() -> str:
    """A fresh secret: 256 random bits. Its text, as it is, is the key."""
    return PREFIX + random.token_urlsafe(32)


def audience(slug: str) -> str:
    """What a token for a shop names as its audience."""
    return f"loyalty:{slug}"


def sign(claims: Mapping[str, Any], secret: str) -> str:
    """A token as shops make them: for the demo's shop and for tests."""
    head = _encoded({"alg": "HS256", "typ": "JWT"})
    body = _encoded(dict(claims))
    return f"{head}.{body}.{_base64(_signature(f'{head}.{body}', secret))}"


def read(token: str, *, secrets: Sequence[str], slug: str, sites: Collection[str], at: datetime) -> Shopper:
    """The shopper a token names. `secrets` are those that count now; `sites` the origins the shop has allowed. Raises
    `BadToken`."""
    claims = _verified(token, secrets)
    if claims.get("iss") not in sites:
        raise BadToken("issuer")
    named = claims.get("aud")
    if audience(slug) not in (named if isinstance(named, list) else [named]):
        raise BadToken("audience")
    ends_at = _lifetime(claims, at)
    address = claims.get("email", "")
    vouched = claims.get("email_verified") is True
    return Shopper(
        subject=_text(claims, "sub", 100),
        token=_text(claims, "jti", 200),
        ends_at=ends_at,
        email=address if vouched and isinstance(address, str) and len(address) <= 254 else "",
        given_name=_first_name(claims),
    )


def _verified(token: str, secrets: Sequence[str]) -> dict[str, Any]:
    """What a token says, once it is certain that the shop has said so."""
    parts = token.split(".")
    if len(token) > LONGEST_TOKEN or len(parts) != 3 or not token.isascii():
        raise BadToken("malformed")
    header = _decoded(parts[0])
    if header.get("alg") != "HS256" or header.get("typ", "JWT") != "JWT" or "crit" in header:
        raise BadToken("algorithm")
    given = _bytes(parts[2])
    # Every secret is tried, so that the time taken does not say which one it was.
    fits = [hmac.compare_digest(given, _signature(f"{parts[0]}.{parts[1]}", secret)) for secret in secrets]
    if not any(fits):
        raise BadToken("signature")
    return _decoded(parts[1])


def _lifetime(claims: Mapping[str, Any], at: datetime) -> datetime:
    """When the token ends. It must have begun, must not be over, and lives no longer than allowed."""
    begins, ends = _instant(claims, "iat"), _instant(claims, "exp")
    starts = _instant(claims, "nbf") if "nbf" in claims else begins
    if ends <= at:
        raise BadToken("expired")
    if max(begins, starts) > at + CLOCKS_DIFFER:
        raise BadToken("not_yet")
    if not timedelta() < ends - begins <= LONGEST_LIFE:
        raise BadToken("lives_too_long")
    return ends


def _instant(claims: Mapping[str, Any], name: str) -> datetime:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 2**40:
        raise BadToken(f"no_{name}")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        raise BadToken(f"no_{name}") from None


def _text(claims: Mapping[str, Any], name: str, most: int) -> str:
    value = claims.get(name)
    if (
        not isinstance(value, str)
        or not 1 <= len(value) <= most
        or not value.isprintable()
        or not value.strip()
    ):
        raise BadToken(f"no_{name}")
    return value


def _first_name(claims: Mapping[str, Any]) -> str:
    """What to call them; a name that cannot be used is no reason to refuse anybody."""
    name = claims.get("given_name", "")
    return name.strip() if isinstance(name, str) and len(name) <= 80 and name.isprintable() else ""


def _signature(text: str, secret: str) -> bytes:
    return hmac.digest(secret.encode(), text.encode(), hashlib.sha256)


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _encoded(content: dict[str, Any]) -> str:
    return _base64(json.dumps(content, separators=(",", ":")).encode())


def _bytes(text: str) -> bytes:
    """Base 64 in one written form only: no padding, nothing that a lenient reader would pass over."""
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadToken("malformed") from None
    if _base64(content) != text:
        raise BadToken("malformed")
    return content


def _decoded(part: str) -> dict[str, Any]:
    try:
        found = json.loads(_bytes(part))
    except (ValueError, RecursionError):
        raise BadToken("malformed") from None
    if not isinstance(found, dict):
        raise BadToken("malformed")
    return found
