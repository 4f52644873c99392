"""Who calls: an API key, sent as `Authorization: Bearer lk_…`."""

import time
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest

from loyalty.core.api.errors import ScopeMissing, Unauthenticated
from loyalty.core.merchants.operations import note_key_use
from loyalty.core.merchants.queries import Credential, credential
from loyalty.core.tenancy.scope import Actor, acting_for

_TOUCH_SECONDS = 60.0
_touched: dict[UUID, float] = {}


def authenticate(request: HttpRequest, *, at: datetime) -> Credential:
    """The key's credential; `Unauthenticated` for none, an unknown, a revoked or an expired one, all
    alike."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret.isascii() or not secret.isprintable() or len(secret) > 100:
        raise Unauthenticated
    found = credential(secret, at=at)
    if found is None:
        raise Unauthenticated
    return found


def require_scope(found: Credential, scope: str) -> None:
    """Raise `ScopeMissing` unless the key carries `scope` ("" is every key)."""
    if scope and scope not in found.scopes:
        raise ScopeMissing(scope=scope)


def touch(found: Credential, *, at: datetime) -> None:
    """Note that a key is in use, once a minute per process, outside of the request's own transaction."""
    now = time.monotonic()
    if _touched.get(found.key, 0.0) > now:
        return
    if len(_touched) > 10_000:
        _touched.clear()
    _touched[found.key] = now + _TOUCH_SECONDS
    with acting_for(found.merchant, by=Actor("api_key", str(found.key))):
        note_key_use(key=found.key, at=at)
