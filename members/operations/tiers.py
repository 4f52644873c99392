"""Members' tiers: looked at when something was written that may qualify, when a tier's time is over, and when other
tiers are published. Set-based: whoever is looked at, one statement reads and one writes what changed.

The caller, or the operation itself, holds the members' counts: of two orders at once one sees the other.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.db import connection, transaction

from loyalty.core import ids
from loyalty.core.events import operations as events
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy import scope
from members.models import Stats, TierStanding
from members.queries import tiers as asking
from members.rules.tiers import Basis, By, Direction, Occasion, Standing, Tiers, Verdict

BATCH = 1000
_encode = msgspec.json.Encoder().encode

# Standings, the history and the events of what changed, for many members.
_WRITE = """
WITH asked AS MATERIALIZED (
    SELECT x.* FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(id uuid, change uuid, member uuid, tier text,
        since timestamptz, valid_until timestamptz, review_at timestamptz, basis text, qualified_on date,
        from_tier text, to_tier text, direction text, reason text, "values" jsonb)),
gone AS (
    DELETE FROM members_tierstanding s USING asked a
     WHERE s.merchant_id = %(merchant)s AND s.member_id = a.member AND a.tier IS NULL),
held AS (
    INSERT INTO members_tierstanding (id, merchant_id, member_id, tier, since, valid_until, review_at, basis,
                                      qualified_on)
    SELECT a.id, %(merchant)s, a.member, a.tier, a.since, a.valid_until, a.review_at, a.basis, a.qualified_on
      FROM asked a WHERE a.tier IS NOT NULL
    ON CONFLICT (merchant_id, member_id) DO UPDATE SET tier = excluded.tier, since = excluded.since,
       valid_until = excluded.valid_until, review_at = excluded.review_at, basis = excluded.basis,
       qualified_on = excluded.qualified_on),
logged AS (
    INSERT INTO members_tierchange (id, merchant_id, member_id, from_tier, to_tier, direction, reason, "values",
                                    version, actor, changed_at)
    SELECT a.change, %(merchant)s, a.member, a.from_tier, a.to_tier, a.direction, a.reason, a."values", %(version)s,
           %(actor)s, %(at)s
      FROM asked a WHERE a.reason <> '')
INSERT INTO events_event (merchant_id, kind, subject, actor, data, happened_at, recorded_at)
SELECT %(merchant)s, CASE WHEN a.direction = 'kept' THEN 'tier.kept' ELSE 'tier.changed' END, a.member, %(actor)s,
       jsonb_build_object('from', a.from_tier, 'to', a.to_tier, 'direction', a.direction, 'reason', a.reason,
                          'valid_until', a.valid_until, 'change', a.change), %(at)s, %(at)s
  FROM asked a WHERE a.reason <> '' AND %(tell)s ORDER BY a.change
"""


def hold(members: Collection[UUID]) -> None:
    """Lock members' counts, in the order in which orders lock them."""
    if members:
        rows = Stats.objects.select_for_update(no_key=True).filter(member_id__in=list(members))
        list(rows.order_by("member_id").values_list("pk"))


def follow(
    members: Collection[UUID], *, version: UUID | None, at: datetime, occasion: Occasion = Occasion.CHANGE
) -> int:
    """Look at members of whom something was written, under the programme it was decided by; how many changes. The
    caller holds their counts. Asks the database nothing when the programme has no tiers."""
    if version is None or not members:
        return 0
    tiers: Tiers = programmes.version(version).programme["tiers"]
    if not tiers.ladder:
        return 0
    return _review(list(members), tiers=tiers, version=version, at=at, occasion=occasion)


def join_tier(*, member: UUID, at: datetime) -> None:
    """Give a new member the tier that takes nothing, if the programme has one."""
    current = programmes.in_force()
    if current is None:
        return
    ladder = current.programme["tiers"].ladder
    if ladder and ladder[0].at_least == 0:
        follow([member], version=current.id, at=at, occasion=Occasion.JOINING)


@transaction.atomic
def follow_referral(*, referrer: UUID, at: datetime, undone: bool = False) -> int:
    """A friend of a member's has come to count, or (`undone`) counts no longer: look at the member, where tiers are for
    friends' purchases. Takes the member's counts itself: the friend's were held when it happened."""
    current = programmes.in_force()
    if current is None or current.programme["tiers"].by is not By.REFERRALS:
        return 0
    hold([referrer])
    occasion = Occasion.REFUND if undone else Occasion.CHANGE
    return follow([referrer], version=current.id, at=at, occasion=occasion)


def review_due(*, at: datetime, most: int = BATCH) -> int:
    """Look at members whose tier's time and grace are over, at most so many; how many were looked at. Safe to stop and
    to repeat: who has been looked at has a later time or none."""
    members = asking.due(at=at, most=most)
    current = programmes.in_force()
    if members and current is not None:
        with transaction.atomic():
            hold(members)
            tiers = current.programme["tiers"]
            _review(members, tiers=tiers, version=current.id, at=at, occasion=Occasion.REVIEW)
    return len(members)


def _review(
    members: Sequence[UUID], *, tiers: Tiers, version: UUID | None, at: datetime, occasion: Occasion
) -> int:
    zone = ZoneInfo(shop_of_scope().timezone)
    found = asking.verdicts(members, tiers=tiers, at=at, zone=zone, occasion=occasion)
    changed = [(one.member, one.now, verdict) for one, verdict in found if verdict.standing != one.now]
    return write(changed, version=version, at=at)


def write(
    changed: Sequence[tuple[UUID, Standing | None, Verdict]],
    *,
    version: UUID | None,
    at: datetime,
    tell: bool = True,
) -> int:
    """Write standings that changed, their history and, unless it is nobody's news, the event `tier.changed` (with its
    direction; `tier.kept` when the same tier lasts longer). How many changes were told."""
    if not changed:
        return 0
    rows = [_row(member, before, verdict) for member, before, verdict in changed]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, {
            "rows": _encode(rows).decode(), "merchant": scope.merchant_id(), "version": version,
            "actor": str(scope.actor()), "at": at, "tell": tell,
        })  # fmt: skip
    events.ring_after_commit()
    return sum(bool(row["reason"]) for row in rows)


def _row(member: UUID, before: Standing | None, verdict: Verdict) -> dict[str, Any]:
    now = verdict.standing
    held = {
        "tier": now.tier, "since": now.since, "valid_until": now.valid_until, "review_at": now.review_at,
        "basis": now.basis, "qualified_on": now.qualified_on,
    } if now else {"tier": None}  # fmt: skip
    return {
        "id": ids.new(), "change": ids.new(), "member": member, **held, "from_tier": before.tier if before else "",
        "to_tier": now.tier if now else "", "direction": verdict.direction, "reason": verdict.code,
        "values": verdict.values,
    }  # fmt: skip


def merge_tiers(*, keep: UUID, remove: UUID, at: datetime) -> None:
    """The better of two standings is the keeper's, and what both did counts together from now on. The caller holds the
    counts of both and has made the one point to the other."""
    current = programmes.in_force()
    tiers: Tiers = current.programme["tiers"] if current else asking.NO_TIERS
    standings = {
        row.member_id: standing_of(row) for row in TierStanding.objects.filter(member__in=[keep, remove])
    }
    mine, theirs = standings.get(keep), standings.get(remove)
    version = current.id if current else None
    if theirs is not None:
        write(
            [(remove, theirs, Verdict(None, "merged", Direction.REPLACED))],
            version=version,
            at=at,
            tell=False,
        )
        better = max((one for one in (mine, theirs) if one), key=lambda one: _worth(tiers, one))
        if better != mine:
            direction = Direction.KEPT if mine and mine.tier == better.tier else Direction.UP
            write([(keep, mine, Verdict(better, "merged", direction))], version=version, at=at)
    follow([keep], version=version, at=at)


def _worth(tiers: Tiers, one: Standing) -> tuple[int, bool, float]:
    until = one.valid_until
    return tiers.rank(one.tier), until is None, until.timestamp() if until else 0.0


def forget_tier(*, member: UUID, at: datetime) -> None:
    """An erased member has no tier; how they came to it stays, as figures of nobody."""
    row = TierStanding.objects.filter(member=member).first()
    if row is not None:
        erased = Verdict(None, "erased", Direction.REPLACED)
        write([(member, standing_of(row), erased)], version=None, at=at, tell=False)


def standing_of(row: TierStanding) -> Standing:
    """A standing as the rules know it."""
    zone = ZoneInfo(shop_of_scope().timezone)
    on = row.qualified_on or row.since.astimezone(zone).date()
    return Standing(row.tier, row.since, row.valid_until, row.review_at, Basis(row.basis), on)
