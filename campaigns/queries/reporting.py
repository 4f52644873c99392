"""Reports of mail providers: signed as Standard Webhooks describes it, with a secret of the shop's own.

The secret is made from the server's key and kept nowhere; who changes that key gives providers a new one.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils.encoding import force_bytes

from loyalty.core.tenancy import scope
from loyalty.core.webhooks.signing import PREFIX, signature

TOLERANCE = timedelta(minutes=5)
"""How old, or how far ahead, a signed report may be."""


def secrets() -> list[str]:
    """The secrets that count for the shop acted for: today's, then those of the server's former keys."""
    said = f"campaigns.reports|{scope.merchant_id()}".encode()
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hmac.new(force_bytes(key), said, hashlib.sha256).digest() for key in keys]
    return [PREFIX + base64.b64encode(digest).decode() for digest in digests]


def is_signed(headers: Mapping[str, str], body: bytes, *, at: datetime) -> bool:
    """Whether a body came from somebody who has the shop's secret, just now."""
    name, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not name or not stamp.isascii() or not stamp.isdecimal() or len(stamp) > 11:
        return False
    if abs(at - datetime.fromtimestamp(int(stamp), UTC)) > TOLERANCE:
        return False
    given = headers.get("webhook-signature", "").split(" ")[:10]
    wanted = [signature(secret, name=name, timestamp=int(stamp), body=body) for secret in secrets()]
    # Every pair is compared, so that the time taken tells nothing.
    matches = [hmac.compare_digest(one.encode(), other.encode()) for one in given for other in wanted]
    return any(matches)
