"""Sessions that can be found by whom they name, so that they go with the person: `SESSION_ENGINE` points here.

What a session holds is packed and says nothing to a query; so beside it stand the account that is signed in and a
digest of each e-mail address in it, as of a sign-in that was begun and never finished.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as Stored
from django.utils.crypto import salted_hmac

_ADDRESS = re.compile(r"[^\s\"'<>()\[\],;:\\@]{1,64}@[^\s\"'<>()\[\],;:\\@]{1,255}")
_SALT = "loyalty.core.people.sessions"
MOST = 20
"""Addresses of one session that are told apart: nobody types more into one browser."""


class SessionStore(Stored):
    """Django's own, with whom a session names beside what it holds."""

    @classmethod
    def get_model_class(cls) -> Any:
        """The table; asked for late, because models are loaded after settings."""
        return apps.get_model("people", "Session")

    def create_model_instance(self, data: Any) -> Any:
        """The row of a session that is saved."""
        row: Any = super().create_model_instance(data)
        signed_in = str(data.get(SESSION_KEY, ""))
        row.account = int(signed_in) if signed_in.isdecimal() else None
        row.mentions = sorted(digests(_addresses(data)))[:MOST]
        return row


def digests(addresses: Iterable[str]) -> set[str]:
    """Addresses as sessions remember that they name them."""
    return {salted_hmac(_SALT, one.lower(), algorithm="sha256").hexdigest()[:40] for one in addresses}


def _addresses(value: Any) -> Iterator[str]:
    """Every address in what a session holds."""
    if isinstance(value, str):
        yield from _ADDRESS.findall(value)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _addresses(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _addresses(part)
