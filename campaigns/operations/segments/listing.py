"""Lists: members chosen by name, one by one or by a file."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.models import Segment
from campaigns.operations.segments.refreshing import size_of
from loyalty.core.errors import DomainError, NotFound
from members.operations.bulk import Outcome, put_into_segment, take_out_of_segment


class NotAList(DomainError):
    code = "not_a_list"
    message = _("Who is in this segment follows from its conditions. Change those, or make a list.")
    status = 409


@transaction.atomic
def add_to_list(*, segment: UUID, members: Sequence[UUID], at: datetime) -> Outcome:
    """Put some members on a list for good. Who is on it stays on it; who is no member any more is passed over and
    named. Raises `NotFound`, `NotAList`, `TooMany`, `NobodyChosen`."""
    row = _list(segment)
    found = put_into_segment(members=members, segment=row.handle, at=at)
    _count(row, at)
    return found


@transaction.atomic
def remove_from_list(*, segment: UUID, members: Sequence[UUID], at: datetime) -> Outcome:
    """Take some members off a list. Who is not on it stays off. Raises `NotFound`, `NotAList`, `TooMany`,
    `NobodyChosen`."""
    row = _list(segment)
    found = take_out_of_segment(members=members, segment=row.handle, at=at)
    _count(row, at)
    return found


def _list(segment: UUID) -> Segment:
    row = Segment.objects.select_for_update(no_key=True).filter(pk=segment).first()
    if row is None:
        raise NotFound("segment")
    if row.kind != Segment.Kind.LIST or row.state != Segment.State.ACTIVE:
        raise NotAList()
    return row


def _count(row: Segment, at: datetime) -> None:
    row.size = size_of(row.handle, at=at)
    row.save(update_fields=["size"])
