"""Addresses a shop may not write to: recognised by a digest, never read."""

import hashlib
import hmac
from collections.abc import Iterable

from django.conf import settings
from django.utils.encoding import force_bytes

from campaigns.models import Suppression
from loyalty.core.tenancy import scope

_RANK = {"": 0, "unsubscribed": 1, "complaint": 2, "bounce": 3}


def digests(channel: str, address: str) -> list[str]:
    """The digests of an address of one shop, under the server's present key first, then under those it replaced."""
    said = f"{scope.merchant_id()}|{channel}|{address.strip().casefold()}".encode()
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [
        hmac.new(b"campaigns.addresses|" + force_bytes(key), said, hashlib.sha256).hexdigest() for key in keys
    ]


def suppressed(channel: str, addresses: Iterable[str]) -> dict[str, str]:
    """Why each of some addresses may not be written to; those that may are missing. One query."""
    by_digest = {digest: one for one in addresses for digest in digests(channel, one)}
    found: dict[str, str] = {}
    rows = Suppression.objects.filter(channel=channel, digest__in=list(by_digest))
    for digest, reason in rows.values_list("digest", "reason"):
        address = by_digest[digest]
        if _RANK[reason] > _RANK[found.get(address, "")]:
            found[address] = reason
    return found
