"""Lists: members chosen by name, one by one or by a file. One statement, however many they are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.models import Segment
from campaigns.operations.segments.refreshing import hold_members, size_of
from campaigns.queries.segments.compiling import run
from loyalty.core import ids
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.events.operations import record_many
from loyalty.core.tenancy import scope
from members.models import Member

MOST = 20_000

# Who is there for good stays as they are; who is there until an instant is there for good from now on.
_ADD = """
INSERT INTO members_segmentplace AS p (id, merchant_id, member_id, segment, since, until, source_kind)
SELECT (%(stamp)s::text || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid, m.merchant_id, m.id,
       %(handle)s::text, %(at)s::timestamptz, NULL, ''
  FROM members_member m
 WHERE m.merchant_id = %(m)s::bigint AND m.id = ANY(%(members)s::uuid[]) AND m.status IN ('active', 'blocked')
 ORDER BY m.id
ON CONFLICT (merchant_id, member_id, segment)
DO UPDATE SET until = NULL, source_kind = '', source = NULL WHERE p.until IS NOT NULL
RETURNING p.member_id
"""
_REMOVE = """
DELETE FROM members_segmentplace p
 WHERE p.merchant_id = %(m)s::bigint AND p.segment = %(handle)s::text AND p.member_id = ANY(%(members)s::uuid[])
RETURNING p.member_id
"""


class NotAList(DomainError):
    code = "not_a_list"
    message = _("Who is in this segment follows from its conditions. Change those, or make a list.")
    status = 409


class ListTooLong(DomainError):
    code = "list_too_long"
    message = _("At most {most} members at once. Send the rest afterwards.")


@dataclass(frozen=True, slots=True)
class Listed:
    """How many members came onto a list or left it, and who is no member any more."""

    done: int
    skipped: tuple[UUID, ...] = ()


@transaction.atomic
def add_to_list(*, segment: UUID, members: Collection[UUID], at: datetime) -> Listed:
    """Put some members on a list for good; of those who were merged, whoever they are now. Who is on it stays on it;
    who is no member any more is passed over and named. Raises `NotFound`, `NotAList`, `ListTooLong`."""
    row = _list(segment)
    people = _as_they_are_now(members)
    hold_members(people)
    values = {"m": scope.merchant_id(), "handle": row.handle, "members": people, "at": at}
    came = [found[0] for found in run(_ADD, {**values, "stamp": ids.new().hex[:13]})]
    _tell("segment.entered", row, came, at)
    here = Member.objects.filter(pk__in=people, status__in=(Member.Status.ACTIVE, Member.Status.BLOCKED))
    gone = set(people) - set(here.values_list("pk", flat=True))
    return Listed(len(came), tuple(sorted(gone)))


@transaction.atomic
def remove_from_list(*, segment: UUID, members: Collection[UUID], at: datetime) -> Listed:
    """Take some members off a list. Who is not on it stays off. Raises `NotFound`, `NotAList`, `ListTooLong`."""
    row = _list(segment)
    people = _as_they_are_now(members)
    hold_members(people)
    values = {"m": scope.merchant_id(), "handle": row.handle, "members": people}
    left = [found[0] for found in run(_REMOVE, values)]
    _tell("segment.left", row, left, at)
    return Listed(len(left))


def _list(segment: UUID) -> Segment:
    row = Segment.objects.select_for_update(no_key=True).filter(pk=segment).first()
    if row is None:
        raise NotFound("segment")
    if row.kind != Segment.Kind.LIST or row.state != Segment.State.ACTIVE:
        raise NotAList()
    return row


def _as_they_are_now(members: Collection[UUID]) -> list[UUID]:
    """Each once, sorted; who was merged as whoever they were merged into. Raises `NotFound` for strangers."""
    asked = set(members)
    if len(asked) > MOST:
        raise ListTooLong(most=MOST)
    into = dict(Member.objects.filter(pk__in=asked).values_list("pk", "merged_into_id"))
    if len(into) < len(asked):
        raise NotFound("member")
    return sorted({merged or member for member, merged in into.items()})


def _tell(kind: str, row: Segment, members: Sequence[UUID], at: datetime) -> None:
    record_many(kind, happened=[(who, at) for who in members], data={"segment": row.handle})
    row.size = size_of(row.handle, at=at)
    row.save(update_fields=["size"])
