"""Secrets at rest: encrypted under a key made of the server's own, and readable with the keys it replaced.

Whoever keeps secrets has a vault of its own, so that what one keeps is nothing to another.
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.encoding import force_bytes


class Unreadable(Exception):
    """The server's own key was lost since the secret was kept: a new secret has to be made."""


class Vault:
    """Locks secrets away for one `purpose`."""

    def __init__(self, purpose: str):
        self._purpose = purpose.encode() + b"|"

    def _keys(self) -> MultiFernet:
        keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        digests = [hashlib.sha256(self._purpose + force_bytes(key)).digest() for key in keys]
        return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])

    def locked_away(self, secret: str) -> str:
        """The secret as it is kept."""
        return self._keys().encrypt(secret.encode()).decode()

    def opened(self, kept: str) -> str:
        """The secret again. Raises `Unreadable`."""
        try:
            return self._keys().decrypt(kept.encode()).decode()
        except InvalidToken:
            raise Unreadable from None
