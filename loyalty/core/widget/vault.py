"""The widget's secrets at rest: encrypted under a key made of the server's own, and readable with the keys it
replaced."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.encoding import force_bytes


class Unreadable(Exception):
    """The server's own key was lost since the secret was kept: a new secret has to be made."""


def _vault() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(b"loyalty.core.widget|" + force_bytes(key)).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def locked_away(secret: str) -> str:
    """The secret as it is kept."""
    return _vault().encrypt(secret.encode()).decode()


def opened(kept: str) -> str:
    """The secret again. Raises `Unreadable`."""
    try:
        return _vault().decrypt(kept.encode()).decode()
    except InvalidToken:
        raise Unreadable from None
