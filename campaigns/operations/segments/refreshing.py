"""Keep who is in a segment current: at once for members to whom something happened, each night for everybody.

Finding whose place is wrong reads and locks nothing; putting places right is one statement for some members, under the
locks of the segment and of those members, which looks again. So both ways write the same, whoever comes first, and
nobody who is merged or erased meanwhile gets a place.

Locks: segments by id, then members by id as `membership.locked` states. Nobody takes them the other way round.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from campaigns.models import PLACED, RfmScale, Segment
from campaigns.queries.segments.compiling import compiled, run
from campaigns.queries.segments.reading import conditions_of, with_conditions
from campaigns.rules.rfm import CUTS
from campaigns.rules.segments import Rfm, leaves
from loyalty.core import ids
from loyalty.core.events.operations import record, record_many
from loyalty.core.tenancy import scope
from members.models import Member

CHUNK = 2_000
"""Members whose places are put right in one transaction."""
SMALL = 5_000
"""A shop of at most so many members sees a new segment filled at once."""


@dataclass(slots=True)
class Moved:
    """How many came into a segment and how many left it."""

    entered: int = 0
    left: int = 0

    def add(self, other: "Moved") -> None:
        """Count another's with it."""
        self.entered, self.left = self.entered + other.entered, self.left + other.left


# Whose place is missing or runs out although they fit, and who has one that follows from conditions they do not fit.
_WRONG = """
WITH chosen AS MATERIALIZED (SELECT m.id {fits})
SELECT c.id FROM chosen c
 WHERE NOT EXISTS (SELECT 1 FROM members_segmentplace p WHERE p.merchant_id = %(m)s::bigint
                     AND p.segment = %(handle)s::text AND p.member_id = c.id AND p.until IS NULL)
UNION ALL
SELECT p.member_id FROM members_segmentplace p
 WHERE p.merchant_id = %(m)s::bigint AND p.segment = %(handle)s::text AND p.source_kind = %(placed)s::text
   AND NOT EXISTS (SELECT 1 FROM chosen c WHERE c.id = p.member_id)
"""
_PUT_RIGHT = """
WITH chosen AS MATERIALIZED (SELECT m.id {fits}),
gone AS (
    DELETE FROM members_segmentplace p
     WHERE p.merchant_id = %(m)s::bigint AND p.segment = %(handle)s::text
       AND p.member_id = ANY(%(members)s::uuid[]) AND p.source_kind = %(placed)s::text
       AND NOT EXISTS (SELECT 1 FROM chosen c WHERE c.id = p.member_id)
    RETURNING p.member_id),
came AS (
    INSERT INTO members_segmentplace AS p (id, merchant_id, member_id, segment, since, until, source_kind)
    SELECT (%(stamp)s::text || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid, %(m)s::bigint, c.id,
           %(handle)s::text, %(at)s::timestamptz, NULL, %(placed)s::text
      FROM chosen c
     WHERE NOT EXISTS (SELECT 1 FROM members_segmentplace p WHERE p.merchant_id = %(m)s::bigint
                          AND p.segment = %(handle)s::text AND p.member_id = c.id AND p.until IS NULL)
     ORDER BY c.id
    ON CONFLICT (merchant_id, member_id, segment)
    DO UPDATE SET until = NULL, source_kind = excluded.source_kind, source = NULL WHERE p.until IS NOT NULL
    RETURNING p.member_id)
SELECT false, member_id FROM gone UNION ALL SELECT true, member_id FROM came ORDER BY 1, 2
"""
_HOLD = """
SELECT id FROM members_member WHERE merchant_id = %(m)s::bigint AND id = ANY(%(members)s::uuid[]) ORDER BY id
   FOR NO KEY UPDATE
"""
_SIZE = """
SELECT count(*) FROM members_segmentplace
 WHERE merchant_id = %(m)s::bigint AND segment = %(handle)s::text AND (until IS NULL OR until > %(at)s::timestamptz)
"""
_SCALE = """
SELECT count(*), percentile_disc(%(cuts)s::float8[]) WITHIN GROUP (ORDER BY s.last_order_at),
       percentile_disc(%(cuts)s::float8[]) WITHIN GROUP (ORDER BY s.orders_count),
       percentile_disc(%(cuts)s::float8[]) WITHIN GROUP (ORDER BY s.spend_minor)
  FROM members_stats s
 WHERE s.merchant_id = %(m)s::bigint AND s.orders_count > 0 AND s.last_order_at IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Begun:
    """A look at everybody: whose place is to be put right, under the conditions of `as_of`. `tell`: each move is an
    event, because everybody had been looked at before under the same conditions."""

    members: list[UUID]
    as_of: datetime | None
    tell: bool


def begin(*, segment: UUID, at: datetime) -> Begun:
    """Find whose place in a segment is not as its conditions say; nothing is locked. Nobody's in one that is put away
    or has no conditions."""
    row = with_conditions().filter(pk=segment).first()
    if row is None:
        return Begun([], None, False)
    scale_for(row, at=at)
    asked = compiled(conditions_of(row), at=at)
    found = run(_WRONG.format(fits=asked.fits), asked.values(handle=row.handle, placed=PLACED))
    return Begun(sorted(one[0] for one in found), row.changed_at, row.looked_at is not None)


@transaction.atomic
def settle(*, segment: UUID, members: Sequence[UUID], at: datetime, tell: bool) -> Moved:
    """Put the places of some members in one segment right; `tell` records each move as an event. Nothing for a segment
    that is put away or gone."""
    row = Segment.objects.select_for_update(no_key=True).filter(pk=segment).first()
    if row is None or not members or row.kind != Segment.Kind.CONDITIONS or _is_away(row):
        return Moved()
    hold_members(members)
    return _put_right(row, members, at, tell)


def _is_away(row: Segment) -> bool:
    return row.state != Segment.State.ACTIVE


def hold_members(members: Sequence[UUID]) -> None:
    """Lock some members in the order of their ids: nobody is merged or erased while their places are written."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, {"m": scope.merchant_id(), "members": list(members)})


def _put_right(row: Segment, members: Sequence[UUID], at: datetime, tell: bool) -> Moved:
    asked = compiled(conditions_of(row), at=at, few=True)
    stamp = ids.new().hex[:13]  # new places lie together in the index of ids, as all ids do
    values = asked.values(list(members), handle=row.handle, placed=PLACED, stamp=stamp)
    found = run(_PUT_RIGHT.format(fits=asked.fits), values)
    entered, left = [who for came, who in found if came], [who for came, who in found if not came]
    if entered or left:
        row.size = max(0, row.size + len(entered) - len(left))
        row.save(update_fields=["size"])
    if tell:
        data = {"segment": row.handle, "source_kind": PLACED}
        record_many("segment.entered", happened=[(who, at) for who in entered], data=data)
        record_many("segment.left", happened=[(who, at) for who in left], data=data)
    return Moved(len(entered), len(left))


@transaction.atomic
def finish(*, segment: UUID, as_of: datetime | None, at: datetime) -> None:
    """Note that everybody was looked at under the conditions of `as_of`, and count anew. Conditions that were changed
    meanwhile still wait to be looked at."""
    row = Segment.objects.select_for_update(no_key=True).filter(pk=segment).first()
    if row is None or row.changed_at != as_of or _is_away(row):
        return
    first, row.looked_at, row.size = row.looked_at is None, at, size_of(row.handle, at=at)
    row.save(update_fields=["looked_at", "size"])
    if first:
        data = {"segment": row.handle, "size": row.size}
        record("segment.filled", subject=row.pk, at=at, data=data)


def size_of(handle: str, *, at: datetime) -> int:
    """How many members are in a segment at an instant."""
    values = {"m": scope.merchant_id(), "handle": handle, "at": at}
    return int(run(_SIZE, values)[0][0])


@transaction.atomic
def refresh(*, segment: UUID, at: datetime) -> Moved:
    """Look at everybody, in the caller's transaction: for a shop that is small."""
    moved, begun = Moved(), begin(segment=segment, at=at)
    for start in range(0, len(begun.members), CHUNK):
        some = begun.members[start : start + CHUNK]
        moved.add(settle(segment=segment, members=some, at=at, tell=begun.tell))
    finish(segment=segment, as_of=begun.as_of, at=at)
    return moved


def is_small() -> bool:
    """Whether the shop acted for has few enough members to look at all of them while somebody waits."""
    return Member.objects.all()[: SMALL + 1].count() <= SMALL


def scale_for(row: Segment, *, at: datetime) -> None:
    """See that a segment that asks for RFM classes has a scale to be measured by."""
    asks = row.conditions and any(isinstance(one, Rfm) for _path, one in leaves(conditions_of(row)))
    if asks and not RfmScale.objects.exists():
        work_out_scale(at=at)


@transaction.atomic
def work_out_scale(*, at: datetime) -> RfmScale:
    """Find where the fifths of the shop's buyers end today. Everybody keeps that scale until the next night."""
    values = {"m": scope.merchant_id(), "cuts": list(CUTS)}
    buyers, recency, frequency, money = run(_SCALE, values)[0]
    ends: dict[str, Any] = {
        "recency": [one.isoformat() for one in recency or ()],
        "frequency": list(frequency or ()),
        "money": list(money or ()),
        "buyers": buyers,
        "worked_out_at": at,
    }
    return RfmScale.objects.update_or_create(only=True, defaults=ends)[0]
