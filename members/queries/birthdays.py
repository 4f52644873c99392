"""Whose birthday is to be noticed: found by month and day, at once for a whole shop."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.db import connection

from loyalty.core.tenancy import scope
from members.models import Activity
from members.queries.referrals import memberships
from members.rules.conditions.days import yearly

_encode = msgspec.json.Encoder().encode

# A day of the grace and the birthdays kept on it; who had one within the 364 days before (their own or, before a merge,
# another's) or on a later day has had this year's. A birthday is one a year after being born, and as a member.
_DUE = """
SELECT p.member_id, d.day
  FROM jsonb_to_recordset(%(days)s::jsonb) AS d(key smallint, day date, starts timestamptz, ends timestamptz,
                                                since timestamptz)
 CROSS JOIN LATERAL (
       SELECT member_id FROM members_profile
        WHERE merchant_id = %(merchant)s AND birthday_key = d.key AND birthday_key IS NOT NULL
          AND birthday < d.day - 300) p
  JOIN members_member m ON m.merchant_id = %(merchant)s AND m.id = p.member_id AND m.status = 'active'
   AND m.joined_at < d.ends
 WHERE (%(member)s::uuid IS NULL OR p.member_id = %(member)s)
   AND NOT EXISTS (
       SELECT 1 FROM members_activity a
        WHERE a.merchant_id = %(merchant)s AND a.kind = 'birthday' AND a.happened_at >= d.since
          AND a.member_id = ANY(ARRAY(SELECT p.member_id UNION ALL
                                      SELECT o.id FROM members_member o
                                       WHERE o.merchant_id = %(merchant)s AND o.merged_into_id = p.member_id)))
 ORDER BY d.day, p.member_id
 LIMIT %(limit)s
"""


def due(
    *, at: datetime, zone: ZoneInfo, grace_days: int, limit: int, member: UUID | None = None
) -> list[tuple[UUID, date]]:
    """`(member, day)` of birthdays of today in the shop's zone, and of up to `grace_days` before that nobody has
    noticed yet; 29 February is kept on the 28th in other years. At most one within any 365 days for anybody."""
    today = at.astimezone(zone).date()
    days = [today - timedelta(days=ago) for ago in range(grace_days, -1, -1)]
    rows = [_row(day, key, zone) for day in days for key in _keys(day)]
    with connection.cursor() as cursor:
        cursor.execute(
            _DUE,
            {
                "merchant": scope.merchant_id(),
                "days": _encode(rows).decode(),
                "member": member,
                "limit": limit,
            },
        )
        return cursor.fetchall()


def _keys(day: date) -> Sequence[int]:
    """The birthdays that are kept on a day, as in `Profile.birthday_key`."""
    found = [day.month * 100 + day.day]
    return [*found, 229] if yearly(date(2024, 2, 29), day.year) == day and found != [229] else found


def starts(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a day begins in a zone."""
    return datetime.combine(day, time(), tzinfo=zone)


def _row(day: date, key: int, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "key": key, "day": day, "starts": starts(day, zone), "ends": starts(day + timedelta(days=1), zone),
        "since": starts(day - timedelta(days=364), zone),
    }  # fmt: skip


def has_done(member: UUID, kind: str) -> bool:
    """Whether a member, or one merged into them, has an activity of a kind."""
    return Activity.objects.filter(member__in=memberships(member), kind=kind).exists()
