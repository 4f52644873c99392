"""Referrals when two members become one, or somebody is erased."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from loyalty.core import privacy
from members.models import JoinTrace, Referral, ReferralClicks, ReferralCode, ReferralPayout, ReferralVisit
from members.operations import inviting
from members.operations.referrals import hold, take_back, turn_down

Status = Referral.Status


def move(*, to: UUID, of: UUID, at: datetime) -> None:
    """What one member brought, and by whom they were brought, is another's from now on. The caller holds both members'
    counts. A referral of which both were one person counts for nothing, and what it gave is taken back."""
    asked = Q(referrer__in=[to, of]) | Q(friend__in=[to, of])
    rows = list(Referral.objects.select_for_update(no_key=True).filter(asked).order_by("id"))
    brought = any(row.friend_id == to for row in rows)
    for row in rows:
        if {row.referrer_id, row.friend_id} == {to, of}:
            _end(row, reason="same_person", at=at)
        elif row.referrer_id == of:
            row.referrer_id = to
            row.save(update_fields=["referrer"])
        elif row.friend_id == of and brought:  # they were brought before: nobody is brought twice
            if not _paid(row):
                _end(row, reason="known_member", at=at)
        elif row.friend_id == of:
            row.friend_id = to
            row.save(update_fields=["friend"])
    _hold_rings(to, rows, at)
    ReferralPayout.objects.filter(member=of).update(member=to)
    _move_clicks(to, of)
    has = JoinTrace.objects.filter(member=to).values_list("print", flat=True)
    JoinTrace.objects.filter(member=of, print__in=list(has)).delete()
    JoinTrace.objects.filter(member=of).update(member=to)
    ReferralVisit.objects.filter(member=of).delete()


def _paid(row: Referral) -> bool:
    return ReferralPayout.objects.filter(referral=row).exclude(paid_at=None).exists()


def _end(row: Referral, *, reason: str, at: datetime) -> None:
    """Take back what a referral gave, or let it never give anything."""
    if row.status in (Status.REFUSED, Status.REVERSED):
        return
    row.reasons = sorted({*row.reasons, reason})
    if _paid(row):
        take_back(row, at=at, for_good=True)
    else:
        turn_down(row)


def _hold_rings(member: UUID, rows: list[Referral], at: datetime) -> None:
    """Two who brought each other: the later one waits for staff, unless it was paid or looked at already."""
    mine = {row.friend_id: row for row in rows if row.referrer_id == member}
    for row in rows:
        if row.friend_id == member and row.referrer_id in mine:
            later = max(row, mine[row.referrer_id], key=lambda one: one.pk)
            if later.status in (Status.JOINED, Status.QUALIFIED, Status.HELD) and later.approved_at is None:
                hold(later, reason="ring", at=at)


def _move_clicks(to: UUID, of: UUID) -> None:
    for theirs in ReferralClicks.objects.filter(member=of).order_by("day"):
        mine, new = ReferralClicks.objects.get_or_create(
            member_id=to, day=theirs.day, defaults={"clicks": theirs.clicks}
        )
        if not new:
            ReferralClicks.objects.filter(pk=mine.pk).update(clicks=F("clicks") + theirs.clicks)
        theirs.delete()


def _export(member: UUID) -> dict[str, Any]:
    """Their code, clicks on it, whom they brought and by whom they were brought (by id), and what they got for it."""
    mine = Referral.objects.filter(Q(referrer=member) | Q(friend=member)).order_by("id")
    paid = ReferralPayout.objects.filter(member=member, given__gt=0).order_by("id")
    return {
        "code": ReferralCode.objects.filter(member=member).values_list("code", flat=True).first() or "",
        "clicks": {
            row.day.isoformat(): row.clicks
            for row in ReferralClicks.objects.filter(member=member).order_by("day")
        },
        "referrals": [
            {
                "as": "referrer" if row.referrer_id == member else "friend",
                "status": row.status,
                "joined_at": row.joined_at.isoformat(),
                "qualified_at": row.qualified_at.isoformat() if row.qualified_at else None,
                "reasons": row.reasons,
                "note": row.note,
            }
            for row in mine
        ],
        "received": [
            {
                "for": row.role,
                "unit": row.unit,
                "reward": row.reward,
                "given": row.given,
                "taken_back": row.taken,
            }
            for row in paid
        ],
        "traces": sorted(JoinTrace.objects.filter(member=member).values_list("kind", flat=True)),
    }


def _erase(member: UUID) -> None:
    """Codes die, hashes and notes go; who brought whom stays by ids that mean nobody, and so do the amounts."""
    inviting.forget(member)
    Referral.objects.filter(Q(referrer=member) | Q(friend=member)).exclude(note="").update(note="")


holder = privacy.Holder("referrals", _export, _erase)
