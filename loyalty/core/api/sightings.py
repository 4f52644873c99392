"""The first calls of an integration, remembered so that the quickstart can say “seen”.

Endpoints name the step they are (`step=` in their declaration). It is noted once a minute at most for each key and
step in each process, after the request and outside of its transaction, and never fails it.
"""

import logging
import time
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, connection

from loyalty.core import ids
from loyalty.core.merchants.queries import Credential
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.scope import Actor, acting_for

log = logging.getLogger(__name__)
_NOTE_SECONDS = 60.0
_noted: dict[tuple[UUID, str], float] = {}

_NOTE = """
INSERT INTO api_sighting (id, merchant_id, step, credential, seen_at) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (merchant_id, step) DO UPDATE SET credential = excluded.credential, seen_at = excluded.seen_at
"""
_SEEN = "SELECT step, seen_at FROM api_sighting WHERE merchant_id = %s"


def note(who: Credential, step: str, *, at: datetime) -> None:
    """A key has done this step, successfully."""
    now = time.monotonic()
    if _noted.get((who.key, step), 0.0) > now:
        return
    if len(_noted) > 10_000:
        _noted.clear()
    _noted[who.key, step] = now + _NOTE_SECONDS
    try:
        with acting_for(who.merchant, by=Actor("api_key", str(who.key))), connection.cursor() as cursor:
            cursor.execute(_NOTE, [ids.new(), scope.merchant_id(), step, who.key, at])
    except DatabaseError:
        log.warning("step %s of merchant %s was not noted", step, who.merchant.pk, exc_info=True)


def seen() -> dict[str, datetime]:
    """When each step was last done here, by its name."""
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, [scope.merchant_id()])
        return dict(cursor.fetchall())
