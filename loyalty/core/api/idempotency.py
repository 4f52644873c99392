"""The same request twice is done once, and answered the same.

The answer is written in the transaction that did the work, so after a crash there is either both or
neither. A key belongs to one API key and is kept for good.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from loyalty.core import ids
from loyalty.core.api.errors import KeyMalformed
from loyalty.core.errors import Busy, KeyReused
from loyalty.core.tenancy import scope

_encode = msgspec.json.Encoder(order="deterministic").encode


class Raced(Exception):
    """The same request was answered between our look and our writing: look again."""


@dataclass(frozen=True, slots=True)
class Key:
    """A request's name: whose, its header and a digest of what it asks."""

    credential: UUID
    key: str
    fingerprint: UUID

    @property
    def natural(self) -> str:
        """The name under which operations keep what was done: short, and one credential's alone."""
        digest = blake2b(f"{self.credential}|{self.key}".encode(), digest_size=24).hexdigest()
        return f"api:{digest}"


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer that was given."""

    status: int
    body: str


def key_of(header: str, *, credential: UUID, asked: Any) -> Key:
    """Check the header. `asked` is what the request says (method, path, parameters, body), however it was
    written."""
    if not 1 <= len(header) <= 255 or not header.isascii() or not header.isprintable():
        raise KeyMalformed
    digest = blake2b(_encode(asked), digest_size=16).digest()
    return Key(credential, header, UUID(bytes=digest))


_LOOK = """
SELECT pg_try_advisory_xact_lock(
           hashtextextended(concat_ws('|', %(merchant)s::bigint, %(credential)s::uuid, %(key)s::text), 11)),
       a.fingerprint, a.status, a.body
  FROM (VALUES (1)) AS one(row)
  LEFT JOIN api_answer a
         ON a.merchant_id = %(merchant)s AND a.credential = %(credential)s AND a.key = %(key)s::text
"""


def earlier(key: Key) -> Stored | None:
    """The answer already given to this request, or None, and then the request is ours until the
    transaction ends.

    Raises `KeyReused` when the key named another request, `Busy` while another connection works on this
    one.
    """
    asked: dict[str, Any] = {"merchant": scope.merchant_id(), "credential": key.credential, "key": key.key}
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, asked)
        ours, fingerprint, status, body = cursor.fetchone()
    if fingerprint is not None:
        if fingerprint != key.fingerprint:
            raise KeyReused(field="Idempotency-Key")
        return Stored(status, body)
    if not ours:
        raise Busy
    return None


_WAIT = """
SELECT pg_advisory_xact_lock(hashtextextended(concat_ws('|', %s::bigint, %s::uuid, %s::text), 11))
"""


def awaited(key: Key) -> Stored | None:
    """Like `earlier`, for a person's form: of two clicks the second waits until the first is answered."""
    with connection.cursor() as cursor:
        cursor.execute(_WAIT, [scope.merchant_id(), key.credential, key.key])
    # The lock is this request's own now, so the look cannot find it busy; it is a statement that begins afterwards.
    return earlier(key)


_STORE = """
INSERT INTO api_answer (id, merchant_id, credential, key, fingerprint, status, body, answered_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""


def store(key: Key, status: int, body: str, *, at: datetime) -> None:
    """Keep the answer. Raises `Raced` when there already is one: the statement in `earlier` sees what was
    committed when it began, which may be before the lock was free."""
    row: list[Any] = [
        ids.new(),
        scope.merchant_id(),
        key.credential,
        key.key,
        key.fingerprint,
        status,
        body,
        at,
    ]
    with connection.cursor() as cursor:
        cursor.execute(_STORE, row)
        if cursor.rowcount == 0:
            raise Raced
