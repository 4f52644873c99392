"""Which experiments run: read once per change and process, beside the look-up of the member."""

from uuid import UUID

import msgspec
from django.db import connection

from loyalty.core.tenancy import scope
from members.models import ComparisonBook
from members.rules.comparisons import NONE, Comparisons

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
