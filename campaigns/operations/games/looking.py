"""Whose games are to be looked at because something happened to them: noted where events leave the outbox, in one
statement for a whole batch, and looked at by a worker a moment later. Twice is once, and nobody is missed: what happens
after a look is noted after it."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

import msgspec
from django.db import connection, transaction

from campaigns.models import GameLook
from loyalty.core import ids
from loyalty.core.events.consumers import wake
from loyalty.core.events.models import Event

TASK = "campaigns.tasks.settle_games"
CAUSES = frozenset({
    "order.recorded", "order.refunded", "order.cancelled", "order.claimed", "activity.recorded", "activity.approved",
    "activity.undone", "member.merged", "member.unblocked",
})  # fmt: skip
"""What may change how far somebody is."""
_encode = msgspec.json.Encoder().encode
_NOTE = """
INSERT INTO campaigns_gamelook (id, merchant_id, member_id, noted_at)
SELECT x.id, m.merchant_id, m.id, %(at)s::timestamptz
  FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(id uuid, merchant bigint, member uuid)
  JOIN members_member m ON m.merchant_id = x.merchant AND m.id = x.member
 WHERE EXISTS (SELECT 1 FROM campaigns_challenge c WHERE c.merchant_id = x.merchant AND c.opened_at IS NOT NULL)
    OR EXISTS (SELECT 1 FROM campaigns_instantwin w WHERE w.merchant_id = x.merchant)
 ORDER BY x.id
"""


def note_looks(*, events: Sequence[Event], at: datetime) -> int:
    """Note whom a batch of committed events is about, in the scope of all merchants; how many members. Shops without
    games are left out."""
    people = dict.fromkeys(
        (one.merchant_id, one.subject)
        for one in events
        if one.kind in CAUSES and one.subject is not None and one.merchant_id is not None
    )
    if not people:
        return 0
    rows = [{"id": ids.new(), "merchant": merchant, "member": member} for merchant, member in people]
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, {"rows": _encode(rows).decode(), "at": at})
        noted = int(cursor.rowcount)
    if noted:
        transaction.on_commit(partial(wake, TASK), robust=True)
    return noted


def waiting(*, most: int = 100) -> list[UUID]:
    """The next members that wait to be looked at."""
    found = GameLook.objects.order_by("id").values_list("member", flat=True)[:most]
    return list(dict.fromkeys(found))


def notes_about(*, member: UUID) -> list[UUID]:
    """The notes that somebody is to be looked at. Read before the look: who is noted during it is looked at again."""
    return list(GameLook.objects.filter(member=member).values_list("pk", flat=True))


def forget_notes(*, notes: list[UUID]) -> None:
    """The look they asked for is done."""
    GameLook.objects.filter(pk__in=notes).delete()
