"""`record()` writes what happened, inside the operation's transaction, and lets in-transaction consumers
react."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from loyalty.core import clock
from loyalty.core.events import consumers
from loyalty.core.events.models import Event
from loyalty.core.tenancy import scope


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
    event.save(force_insert=True)
    consumers.react_now(event)
    ring_after_commit()
    return event


def ring_after_commit() -> None:
    """Wake the worker once this transaction is committed. A bell that is not heard is made up by the
    sweeper."""
    transaction.on_commit(consumers.ring, robust=True)
