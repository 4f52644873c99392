"""Signatures as Standard Webhooks 1.0 describes them, so that its libraries verify ours.

A secret is `whsec_` and 32 random bytes in base 64. The signature is an HMAC-SHA256 over `id.timestamp.body`; while a
secret is being replaced there are two, side by side, and a receiver that knows either of them accepts.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> str:
    """A fresh signing secret."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def signature(secret: str, *, name: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the signature of one message under one secret."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.digest(key, f"{name}.{timestamp}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def headers(keys: Sequence[str], *, name: str, at: datetime, body: bytes) -> dict[str, str]:
    """What goes beside a body: its id, when it was sent, and a signature for each secret, newest first."""
    timestamp = int(at.timestamp())
    signed = [signature(key, name=name, timestamp=timestamp, body=body) for key in keys]
    return {
        "webhook-id": name,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signed),
    }
