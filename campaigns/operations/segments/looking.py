"""Who is to be looked at again because something happened to them: noted where events leave the outbox, in one
statement for a whole batch, and looked at by a worker a moment later. Twice is once, and nobody is missed: what happens
after a look is noted after it."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

import msgspec
from django.db import connection, transaction

from campaigns.models import PLACED, Segment
from campaigns.operations.segments.refreshing import settle
from loyalty.core import ids
from loyalty.core.events.consumers import wake
from loyalty.core.events.models import Event
from loyalty.core.tenancy import scope

TASK = "campaigns.tasks.refresh_segments"
BATCH = 500
_encode = msgspec.json.Encoder().encode

_NOTE = """
INSERT INTO campaigns_segmentlook (id, merchant_id, member_id, noted_at)
SELECT x.id, m.merchant_id, m.id, %(at)s::timestamptz
  FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(id uuid, merchant bigint, member uuid)
  JOIN members_member m ON m.merchant_id = x.merchant AND m.id = x.member
 WHERE EXISTS (SELECT 1 FROM campaigns_segment s
                WHERE s.merchant_id = x.merchant AND s.state = 'active' AND s.kind = 'conditions')
 ORDER BY x.id
"""
_TAKE = """
DELETE FROM campaigns_segmentlook l
 WHERE l.merchant_id = %(m)s::bigint AND l.id IN (
       SELECT id FROM campaigns_segmentlook WHERE merchant_id = %(m)s::bigint ORDER BY id LIMIT %(most)s::int
          FOR UPDATE SKIP LOCKED)
RETURNING l.member_id
"""


def is_cause(event: Event) -> bool:
    """Whether an event may change what segments a member is in: anything that happened to somebody, except that they
    came into a segment or left one by its conditions."""
    own = event.kind.startswith("segment.") and event.data.get("source_kind") == PLACED
    return event.subject is not None and event.merchant_id is not None and not own


def note_looks(*, events: Sequence[Event], at: datetime) -> int:
    """Note whom a batch of committed events is about, in the scope of all merchants; how many members. Whatever is no
    member's, and shops without segments, are left out."""
    people = dict.fromkeys((one.merchant_id, one.subject) for one in events if is_cause(one))
    if not people:
        return 0
    rows = [{"id": ids.new(), "merchant": merchant, "member": member} for merchant, member in people]
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, {"rows": _encode(rows).decode(), "at": at})
        noted = int(cursor.rowcount)
    if noted:
        ring_after_commit()
    return noted


def ring_after_commit() -> None:
    """Wake a worker once this transaction is committed. What is not heard is found by the clock."""
    transaction.on_commit(partial(wake, TASK), robust=True)


@transaction.atomic
def take_looks(*, at: datetime, most: int = BATCH) -> int:
    """Look at the next members that wait, in all segments; how many. Their notes go with what was written."""
    segments = list(
        Segment.objects.select_for_update(no_key=True)
        .filter(kind=Segment.Kind.CONDITIONS, state=Segment.State.ACTIVE)
        .order_by("id")
    )
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"m": scope.merchant_id(), "most": most})
        members: list[UUID] = sorted({row[0] for row in cursor.fetchall()})
    for one in segments:
        settle(segment=one.pk, members=members, at=at, tell=one.looked_at is not None)
    return len(members)
