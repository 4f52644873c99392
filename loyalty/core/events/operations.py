"""`record()` writes what happened, inside the operation's transaction, and lets in-transaction consumers
react."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction

from loyalty.core import clock
from loyalty.core.events import consumers
from loyalty.core.events.models import Event
from loyalty.core.tenancy import scope

_encode = msgspec.json.Encoder().encode
_INSERT = """
INSERT INTO events_event (merchant_id, kind, subject, actor, data, happened_at, recorded_at)
VALUES (%s, %s, %s, %s, %s::jsonb, %s, %s) RETURNING id
"""


def record(kind: str, *, subject: UUID | None, at: datetime, data: dict[str, Any] | None = None) -> Event:
    """Append one event. `data` holds ids and figures, never personal data; text that somebody typed about the
    subject is its `reason`, which goes when they are erased."""
    event = Event(
        kind=kind,
        subject=subject,
        actor=str(scope.actor()),
        data=data or {},
        happened_at=at,
        recorded_at=clock.now(),
    )
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [scope.merchant_id(), kind, subject, event.actor, _encode(event.data).decode(), at,
                                 event.recorded_at])  # fmt: skip
        event.pk = cursor.fetchone()[0]
    consumers.react_now(event)
    ring_after_commit(kind)
    return event


_INSERT_MANY = """
INSERT INTO events_event (merchant_id, kind, subject, actor, data, happened_at, recorded_at)
SELECT %(merchant)s, %(kind)s, x.subject, %(actor)s, %(data)s::jsonb, x.at, %(now)s
  FROM unnest(%(subjects)s::uuid[], %(times)s::timestamptz[]) WITH ORDINALITY AS x(subject, at, n) ORDER BY x.n
"""


def record_many(
    kind: str, *, happened: Sequence[tuple[UUID, datetime]], data: dict[str, Any] | None = None
) -> None:
    """Append an event for each subject, `(subject, at)`, in one statement. For kinds that nobody consumes within the
    transaction: `ValueError` for others, which would not hear of it."""
    if consumers.consumed_now(kind):
        raise ValueError(f"{kind} is consumed within the transaction; record each")
    if not happened:
        return
    with connection.cursor() as cursor:
        cursor.execute(_INSERT_MANY, {
            "merchant": scope.merchant_id(), "kind": kind, "actor": str(scope.actor()), "now": clock.now(),
            "data": _encode(data or {}).decode(), "subjects": [subject for subject, _at in happened],
            "times": [at for _subject, at in happened],
        })  # fmt: skip
    ring_after_commit(kind)


def ring_after_commit(*kinds: str) -> None:
    """Wake the worker once this transaction is committed, if somebody listens to any of these kinds. A bell that is not
    heard is made up by the sweeper."""
    transaction.on_commit(partial(consumers.ring, *kinds, merchant=scope.current().merchant_id), robust=True)
