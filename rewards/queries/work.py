"""How much waits for staff, in every queue of the shop, in one question."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from loyalty.core.tenancy import scope

SETTLED_LATE = timedelta(days=7)
"""So long after a date began its attendance is still asked for."""
MOST = 1000
"""A queue is counted so far: more than that is "many", and counting on would take as long as the queue is."""

# The conditions stand in the statement, as the partial indexes need them.
_COUNTS = """
SELECT (SELECT count(*) FROM (SELECT 1 FROM members_activity
         WHERE merchant_id = %(m)s AND status = 'waiting' LIMIT %(most)s) q),
       (SELECT count(*) FROM (SELECT 1 FROM members_referral
         WHERE merchant_id = %(m)s AND status = 'held' LIMIT %(most)s) q),
       (SELECT count(*) FROM (SELECT 1 FROM members_adjustmentrequest
         WHERE merchant_id = %(m)s AND status = 'waiting' AND expires_at > %(at)s LIMIT %(most)s) q),
       (SELECT count(*) FROM (SELECT 1 FROM members_perkclaim
         WHERE merchant_id = %(m)s AND status = 'open' LIMIT %(most)s) q),
       (SELECT count(*) FROM (SELECT 1 FROM rewards_fulfilment
         WHERE merchant_id = %(m)s AND state IN ('open', 'prepared', 'sent') LIMIT %(most)s) q),
       (SELECT count(*) FROM (SELECT 1 FROM rewards_session s
         WHERE s.merchant_id = %(m)s AND s.starts_at > %(late)s AND s.starts_at <= %(soon)s AND s.cancelled_at IS NULL
           AND EXISTS (SELECT 1 FROM rewards_booking b WHERE b.merchant_id = %(m)s AND b.session_id = s.id
                          AND b.status = 'booked') LIMIT %(most)s) q),
       (SELECT count(*) FROM (SELECT 1 FROM members_paidmembership
         WHERE merchant_id = %(m)s AND status = 'grace' AND paid_until <= %(at)s LIMIT %(most)s) q)
       + (SELECT count(*) FROM (SELECT 1 FROM members_paidmembership
         WHERE merchant_id = %(m)s AND status = 'pending' LIMIT %(most)s) q),
       (SELECT count(*) FROM members_partnership
         WHERE merchant_id = %(m)s AND status = 'proposed' AND NOT ours)
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits in each queue: activities and referrals to look at, changes by hand to approve, services to give,
    rewards to hand over, dates whose attendance is open, memberships that wait for money, partners who proposed."""

    activities: int
    referrals: int
    approvals: int
    services: int
    parcels: int
    sessions: int
    memberships: int
    partners: int


def waiting(*, at: datetime) -> Waiting:
    """Everything that waits at an instant; each queue is counted up to `MOST`."""
    asked: dict[str, Any] = {
        "m": scope.merchant_id(), "at": at, "most": MOST, "late": at - SETTLED_LATE,
        "soon": at + timedelta(hours=24),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, asked)
        return Waiting(*cursor.fetchone())
