"""The nightly look: what no event announces. Each step plans a batch and says where to go on; twice is once, because
the occasion of each message is a day, a week or a month of the calendar and not the run that found it."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from campaigns.operations.planning import New, plan
from campaigns.queries.contents import month_span
from loyalty.core.events.models import JobRun
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.tenancy import scope
from members.models import TierStanding
from members.queries import tiers
from members.rules.tiers import projection

JOB = "messages.sweep"
HOUR = 3
BATCH = 500
NEAR, FAR = timedelta(days=7), timedelta(days=30)
STATEMENT_DAYS = 7
"""A statement is for the first days of a month; who opens later in a month gets none for the month before."""

Step = Callable[[UUID | None, datetime, ZoneInfo], UUID | None]

# Members are walked through in the order of their accounts, a page at a time, and each one's lots and entries read by
# the account: the work grows with the members and not with their square. What ends in one calendar week of the shop is
# told once, when the first of it comes near.
_EXPIRING = """
WITH page AS (
    SELECT merchant_id, id, owner FROM ledger_account
     WHERE merchant_id = %(merchant)s AND unit = 'points' AND kind = 'available' AND owner > %(after)s::uuid
     ORDER BY owner LIMIT %(most)s)
SELECT p.owner, w.week FROM page p
  LEFT JOIN LATERAL (
       SELECT DISTINCT date_trunc('week', l.expires_at AT TIME ZONE %(zone)s::text)::date AS week FROM ledger_lot l
        WHERE l.merchant_id = p.merchant_id AND l.account_id = p.id AND l.remaining > 0 AND NOT l.pending
          AND l.expires_at > %(since)s::timestamptz AND l.expires_at <= %(until)s::timestamptz) w ON true
 ORDER BY p.owner, w.week
"""
_MOVED = """
WITH page AS (
    SELECT merchant_id, id, owner FROM ledger_account
     WHERE merchant_id = %(merchant)s AND unit = 'points' AND kind = 'available' AND owner > %(after)s::uuid
     ORDER BY owner LIMIT %(most)s)
SELECT p.owner, EXISTS (
       SELECT 1 FROM ledger_entry e
         JOIN ledger_transfer t ON t.merchant_id = e.merchant_id AND t.id = e.transfer_id
        WHERE e.merchant_id = p.merchant_id AND e.account_id = p.id
          AND t.happened_at >= %(begins)s::timestamptz AND t.happened_at < %(ends)s::timestamptz)
  FROM page p ORDER BY p.owner
"""
_FIRST = UUID(int=0)


def _expiring(kind: str, since: timedelta, until: timedelta) -> Step:
    def step(after: UUID | None, at: datetime, zone: ZoneInfo) -> UUID | None:
        with connection.cursor() as cursor:
            cursor.execute(_EXPIRING, {
                "merchant": scope.merchant_id(), "zone": zone.key, "since": at + since, "until": at + until,
                "after": after or _FIRST, "most": BATCH,
            })  # fmt: skip
            rows = cursor.fetchall()
        found = [_ending(kind, owner, week, zone, at) for owner, week in rows if week is not None]
        plan(messages=found, at=at)
        owners = dict.fromkeys(owner for owner, _week in rows)
        return next(reversed(owners)) if len(owners) == BATCH else None

    return step


def _ending(kind: str, owner: UUID, week: date, zone: ZoneInfo, at: datetime) -> New:
    begins = datetime.combine(week, time(), tzinfo=zone)
    ends = datetime.combine(week + timedelta(days=7), time(), tzinfo=zone)
    year, number, _day = week.isocalendar()
    data = {"begins": begins.isoformat(), "ends": ends.isoformat()}
    return New(member=owner, kind=kind, occasion=f"{year}-W{number:02}", due_at=at, data=data)


def _at_risk(after: UUID | None, at: datetime, zone: ZoneInfo) -> UUID | None:
    ladder = tiers.ladder_in_force()
    rows = TierStanding.objects.filter(valid_until__gt=at, valid_until__lte=at + FAR)
    if after is not None:
        rows = rows.filter(member_id__gt=after)
    members = list(rows.order_by("member_id").values_list("member_id", flat=True)[:BATCH])
    found = []
    for one in tiers.known(members, tiers=ladder, at=at, zone=zone) if members and ladder.ladder else ():
        seen = projection(ladder, one.days, one.now, joined_at=one.joined_at, at=at, zone=zone)
        if one.now is None or one.now.valid_until is None or seen.keep is None or seen.keep.missing == 0:
            continue
        day = one.now.valid_until.astimezone(zone).date().isoformat()
        found.append(New(member=one.member, kind="tier_at_risk", occasion=f"{one.now.tier}:{day}", due_at=at))
    plan(messages=found, at=at)
    return members[-1] if len(members) == BATCH else None


def _statement(after: UUID | None, at: datetime, zone: ZoneInfo) -> UUID | None:
    today = at.astimezone(zone).date()
    if today.day > STATEMENT_DAYS:
        return None
    month = (today.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    begins, ends = month_span(month, zone)
    with connection.cursor() as cursor:
        cursor.execute(_MOVED, {
            "merchant": scope.merchant_id(), "begins": begins, "ends": ends, "after": after or _FIRST, "most": BATCH,
        })  # fmt: skip
        rows = cursor.fetchall()
    found = [New(member=one, kind="statement", occasion=month, due_at=at) for one, moved in rows if moved]
    plan(messages=found, at=at)
    return rows[-1][0] if len(rows) == BATCH else None


STEPS: tuple[Step, ...] = (
    _expiring("expiring_30", NEAR, FAR),
    _expiring("expiring_7", timedelta(), NEAR),
    _at_risk,
    _statement,
)


def period(*, at: datetime) -> str | None:
    """The day to look for now in the shop's zone, unless it is done or the night is young."""
    local = at.astimezone(ZoneInfo(shop_of_scope().timezone))
    day = local.date().isoformat()
    if local.hour < HOUR or JobRun.objects.filter(job=JOB, period=day).exclude(finished_at=None).exists():
        return None
    return day


@transaction.atomic
def sweep_step(*, step: int, after: UUID | None, at: datetime) -> UUID | None:
    """Plan one batch of one step; where the next begins, or None when the step is over."""
    return STEPS[step](after, at, ZoneInfo(shop_of_scope().timezone))


@transaction.atomic
def finish(*, day: str, at: datetime) -> None:
    """Note that a day was looked through. A run that ended before begins anew, and finds most of it planned."""
    JobRun.objects.update_or_create(
        job=JOB, period=day, defaults={"started_at": at, "finished_at": at, "result": {}}
    )
