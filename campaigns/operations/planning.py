"""Plan a message: one row for one occasion, however often somebody asks.

Who is no member, and what the shop has switched off, is left out by the very statement that writes; so nothing that is
wrong with one message can keep others from being planned.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction

from campaigns.rules.kinds import KINDS
from loyalty.core import ids
from loyalty.core.events.consumers import wake
from loyalty.core.tenancy import scope

TASK = "campaigns.tasks.send_due"
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """A message to plan. `occasion` is what makes it the only one of its kind for the member."""

    member: UUID
    kind: str
    occasion: str
    due_at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    event: int | None = None
    newsletter: UUID | None = None
    merchant: int | None = None


_PLAN = """
WITH asked AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(id uuid, merchant bigint, member uuid, kind text,
        occasion text, event bigint, newsletter uuid, data jsonb, due timestamptz, priority smallint))
INSERT INTO campaigns_message (id, merchant_id, member_id, newsletter_id, kind, channel, occasion, event_number,
                               language, data, state, reason, planned_for, due_at, priority, attempts, created_at,
                               provider, provider_id, error)
SELECT a.id, a.merchant, m.id, a.newsletter, a.kind, 'email', a.occasion, a.event, '', a.data, 'queued', '', a.due,
       a.due, a.priority, 0, %(at)s::timestamptz, '', '', ''
  FROM asked a
  JOIN members_member m ON m.merchant_id = a.merchant AND m.id = a.member AND m.status = 'active'
 WHERE NOT EXISTS (SELECT 1 FROM campaigns_kindsetting s
                    WHERE s.merchant_id = a.merchant AND s.kind = a.kind AND NOT s."on")
 ORDER BY a.merchant, a.member, a.kind, a.occasion
ON CONFLICT (merchant_id, member_id, kind, channel, occasion) DO NOTHING
"""


def plan(*, messages: Sequence[New], at: datetime) -> int:
    """Plan messages in the open scope; how many are new. In the scope of all merchants each names its own."""
    if not messages:
        return 0
    here = scope.current().merchant_id
    rows = [
        {
            "id": ids.new(), "merchant": one.merchant if here is None else here, "member": one.member,
            "kind": one.kind, "occasion": one.occasion[:80], "event": one.event, "newsletter": one.newsletter,
            "data": one.data, "due": one.due_at, "priority": KINDS[one.kind].priority,
        }
        for one in messages
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_PLAN, {"rows": _encode(rows).decode(), "at": at})
        written = int(cursor.rowcount)
    if written and any(one.due_at <= at for one in messages):
        ring_after_commit()
    return written


def ring_after_commit() -> None:
    """Wake a worker once this transaction is committed. What is not heard is found by the clock."""
    transaction.on_commit(partial(wake, TASK), robust=True)
