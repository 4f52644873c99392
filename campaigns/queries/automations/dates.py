"""Whose day it is: members for whom the calendar begins an automation, a page at a time."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q, QuerySet

from campaigns.queries.segments.compiling import compiled, run
from campaigns.rules.automations import OnDate, Which
from campaigns.rules.segments import Conditions
from loyalty.core.tenancy import scope
from members.models import Member, Profile, Stats, TierStanding
from members.rules.conditions.days import yearly

FIRST = UUID(int=0)
LONGEST_YEARS = 60

# What ends at midnight was good until the day before: so the day of an end is the one that holds the moment before it.
_ENDING = """
SELECT DISTINCT a.owner FROM ledger_lot l
  JOIN ledger_account a ON a.merchant_id = l.merchant_id AND a.id = l.account_id
 WHERE l.merchant_id = %(m)s::bigint AND l.remaining > 0 AND NOT l.pending AND l.expires_at IS NOT NULL
   AND l.expires_at > %(begins)s::timestamptz AND l.expires_at <= %(ends)s::timestamptz
   AND a.unit = 'points' AND a.kind = 'available' AND a.owner > %(after)s::uuid
 ORDER BY a.owner LIMIT %(most)s::int
"""


def span(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """A day of a zone, from its first instant to the next day's."""
    ends = day + timedelta(days=1)
    return tuple(datetime.combine(one, time(), tzinfo=zone).astimezone(UTC) for one in (day, ends))  # type: ignore[return-value]


def on_date(start: OnDate, *, day: date, zone: ZoneInfo, after: UUID | None, most: int) -> list[UUID]:
    """The next members (by their ids) whose date, so many days away, makes this their day. Merged and erased members
    have no dates; blocked ones are left to whoever lets them in."""
    theirs = day - timedelta(days=start.offset)
    begins, ends = span(theirs, zone)
    found: QuerySet[Any]
    match start.which:
        case Which.BIRTHDAY:
            found = Profile.objects.filter(birthday_key__in=birthdays(theirs), birthday__lt=theirs)
        case Which.JOINED:
            return _joined(theirs, zone, after, most)
        case Which.LAST_ORDER:
            found = Stats.objects.filter(
                last_order_at__gte=begins, last_order_at__lt=ends, orders_count__gt=0
            )
        case Which.TIER_ENDS:
            found = TierStanding.objects.filter(valid_until__gt=begins, valid_until__lte=ends)
        case Which.POINTS_END:
            values: dict[str, Any] = {
                "m": scope.merchant_id(),
                "begins": begins,
                "ends": ends,
                "after": after or FIRST,
                "most": most,
            }
            with connection.cursor() as cursor:
                cursor.execute(_ENDING, values)
                return [row[0] for row in cursor.fetchall()]
    later = found.filter(member_id__gt=after or FIRST).order_by("member_id")
    return list(later.values_list("member_id", flat=True)[:most])


def birthdays(day: date) -> list[int]:
    """The birthdays that are kept on a day, as month and day in one number; 29 February on the 28th in other years."""
    found = [day.month * 100 + day.day]
    return [*found, 229] if found != [229] and day == yearly(date(2024, 2, 29), day.year) else found


def _joined(day: date, zone: ZoneInfo, after: UUID | None, most: int) -> list[UUID]:
    """Whoever joined on that day of an earlier year."""
    years = Q(pk__in=[])
    for back in range(1, LONGEST_YEARS):
        for key in birthdays(day):
            try:
                begins, ends = span(date(day.year - back, *divmod(key, 100)), zone)
            except ValueError:  # 29 February, in a year that had none
                continue
            years |= Q(joined_at__gte=begins, joined_at__lt=ends)
    found = Member.objects.filter(years, status=Member.Status.ACTIVE, pk__gt=after or FIRST).order_by("pk")
    return list(found.values_list("pk", flat=True)[:most])


def fitting(conditions: Conditions, *, at: datetime, after: UUID | None, most: int) -> list[UUID]:
    """The next members (by their ids) who fit some conditions at an instant."""
    asked = compiled(conditions, at=at)
    sql = f"SELECT m.id {asked.fits} AND m.id > %(after)s::uuid ORDER BY m.id LIMIT %(most)s::int"
    values: dict[str, Any] = asked.values(after=after or FIRST, most=most)
    return [row[0] for row in run(sql, values)]
