"""Locks that several operations take, in the one order that `membership.locked` states."""

from uuid import UUID

from django.db import connection

from loyalty.core.tenancy import scope
from members.models import Member, Referral, Stats
from members.queries.referrals import referral as find


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


def hold_pair(referral: UUID) -> tuple[Referral, dict[UUID, UUID | None]]:
    """The referral, locked, with the counts of both its members, and who each of them is today: their own id, that of
    whoever they were merged into, or None for an erased member, whose books take nothing any more. Raises
    `NotFound`."""
    for _attempt in range(20):
        seen = find(referral)
        owners = {member: _today(member) for member in (seen.referrer_id, seen.friend_id)}
        wanted = sorted({owner for owner in owners.values() if owner is not None})
        counts = Stats.objects.select_for_update(no_key=True).filter(member__in=wanted).order_by("member_id")
        here = set(counts.values_list("member_id", flat=True))
        row = Referral.objects.select_for_update(no_key=True).get(pk=referral)
        same = (row.referrer_id, row.friend_id) == (seen.referrer_id, seen.friend_id)
        if same and here == set(wanted):
            return row, owners
        # Merged or erased while it waited for them: look again.
    raise RuntimeError("the members of the referral were merged each time they were found")


def hold_today(member: UUID) -> UUID | None:
    """Whoever a member is today, with their counts locked; None for an erased member."""
    for _attempt in range(20):
        today = _today(member)
        counts = Stats.objects.select_for_update(no_key=True).filter(member__in={member, today or member})
        list(counts.order_by("member_id").values_list("pk"))
        if _today(member) == today:
            return today
    raise RuntimeError("the member was merged each time it was found")


def _today(member: UUID) -> UUID | None:
    row = Member.objects.select_related("merged_into").get(pk=member)
    today = row.merged_into or row
    return None if today.status == Member.Status.ERASED else today.pk
