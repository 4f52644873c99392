"""Which experiments run: read once per change and process, beside the look-up of the member."""

from datetime import datetime
from uuid import UUID

import msgspec
from django.db import connection

from loyalty.core.tenancy import scope
from members.models import ComparisonBook
from members.queries.belonging import segments_of
from members.rules.comparisons import EARNING, NONE, Comparisons, with_arm
from members.rules.earning import Earning

_MOST_KEPT = 2000
_kept: dict[UUID, Comparisons] = {}


def book(mark: UUID | None) -> Comparisons:
    """What the shop's book says, whose mark has just been read; nothing where there is none."""
    if mark is None:
        return NONE
    found = _kept.get(mark)
    if found is None:
        row = ComparisonBook.objects.get()
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        # By the mark it has now: it may have changed since the one that was asked for was read.
        found = _kept[row.mark] = msgspec.convert(row.content, Comparisons, strict=False)
    return found


def current() -> Comparisons:
    """What the shop's book says now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT mark FROM members_comparisonbook WHERE merchant_id = %s", [scope.merchant_id()]
        )
        row = cursor.fetchone()
    return book(row[0] if row else None)


def earning_of(earning: Earning, *, member: UUID, at: datetime) -> Earning:
    """The earning rules as they count for a member, by their variants: what they are told must be what they get."""
    book = current()
    inside: frozenset[str] | None = None
    for one in book.running(EARNING, at) if book.of else ():
        arm = book.arm(one, member, at)
        if arm is None:
            continue
        if one.audience and inside is None:
            inside = frozenset(place.segment for place in segments_of(member, at=at))
        if not one.audience or one.audience in (inside or ()):
            earning = with_arm(earning, one, arm) or earning
    return earning
