"""An event as the world outside sees it: in the feed of the API and in webhooks, which say the same."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from loyalty.core import ids
from loyalty.core.events.models import Event as Row


class Event(Struct):
    """One thing that happened. `data` holds ids and figures, never personal data."""

    number: int
    kind: str
    subject: str | None
    actor: str
    data: dict[str, Any]
    happened_at: datetime
    recorded_at: datetime


def told(row: Row) -> Event:
    """The public form of an event."""
    return Event(
        number=row.pk,
        kind=row.kind,
        subject=_subject(row),
        actor=row.actor,
        data=row.data,
        happened_at=row.happened_at,
        recorded_at=row.recorded_at,
    )


_ABOUT = {
    "programme": "pgv",
    "api_key": "key",
    "staff": "stf",
    "merchant": "",
    "webhook": "whe",
    "session": "ssn",
    "pool": "rwd",
    "segment.created": "seg",
    "segment.edited": "seg",
    "segment.filled": "seg",
    "segment.archived": "seg",
    "segment.restored": "seg",
    "reward.created": "rwd",
    "reward.edited": "rwd",
    "reward.retired": "rwd",
    "reward.restored": "rwd",
}


def _subject(row: Row) -> str | None:
    """The public id of what an event is about: mostly a member."""
    prefix = _ABOUT.get(row.kind, _ABOUT.get(row.kind.partition(".")[0], "mbr"))
    return ids.encode(prefix, row.subject) if row.subject is not None and prefix else None
