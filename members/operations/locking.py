"""Locks that several operations take, in the one order that `membership.locked` states."""

from uuid import UUID

from django.db import connection

from loyalty.core.tenancy import scope
from members.models import Stats


def lock_name(*, source: str, external_id: str) -> None:
    """Lock an order's name until the transaction ends, as recording it does: neither misses the other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock("
            "hashtextextended(concat_ws('|', %s::bigint, %s::text, %s::text), 7))",
            [scope.merchant_id(), source, external_id],
        )


def lock_counts(*members: UUID) -> dict[UUID, Stats]:
    """The members' counts, locked: who records or refunds an order of theirs waits. Before the members."""
    rows = Stats.objects.select_for_update().filter(member__in=members).order_by("member_id")
    return {row.member_id: row for row in rows}
