"""Pay what referrals are due, and take back what they are no longer: each payout is brought to what is true now.

Run after commit by the consumer of the referral's events, and by the task for what waited for its day. Both members'
counts are locked first, sorted, then the referral, then the books, then rewards: whatever runs at once, twice or late
ends in the same state, for what was paid is written beside it and every posting has a key of its own.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Sum

from loyalty.core.events.operations import record
from loyalty.core.ledger.chart import Do, MerchantAccount
from loyalty.core.ledger.operations import Posting, post
from loyalty.core.ledger.operations import hold as hold_books
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy import scope
from members.models import Member, Referral, ReferralPayout
from members.operations import gifts
from members.operations.locking import hold_pair
from members.operations.referrals import hold
from members.operations.taking_back import Claim, take_back
from members.rules import units
from members.rules.points_life import expires_at
from members.rules.referrals import Cap, Referrals
from members.rules.usage import bounds

Role = ReferralPayout.Role
_DEAD = (Referral.Status.HELD, Referral.Status.REFUSED)


@transaction.atomic
def settle(*, referral: UUID, at: datetime) -> int:
    """Bring what a referral gave to what is true at `at`, which is now; how many payouts changed. Safe to repeat.
    What is held is left alone, and a referrer who was blocked meanwhile gets nothing before staff have looked."""
    row, owners = hold_pair(referral)
    due = _due(row, at)
    if not due:
        return 0
    paying = [one for one in due if one.paid_at is None and one.role != Role.FRIEND]
    if paying and row.approved_at is None and row.referrer.status == Member.Status.BLOCKED:
        hold(row, reason="referrer_blocked", at=at)
        return 0
    whose = {one.pk: owners[row.friend_id if one.role == Role.FRIEND else row.referrer_id] for one in due}
    # What was given to somebody follows them through a merge; for the books of erased members nothing is left to do.
    gifts.shelf().hold_given([one.key for one in due if one.unit == units.REWARDS])
    due.sort(key=lambda one: one.pk)
    hold_books(sorted({owner for owner in owners.values() if owner is not None}))
    for payout in due:
        _settle_one(payout, whose[payout.pk], at)
    _close(row, at)
    return len(due)


def _due(row: Referral, at: datetime) -> list[ReferralPayout]:
    """What has come due. Of a referral that is held nothing is paid; what it gave before can be taken back."""
    rows = ReferralPayout.objects.filter(referral=row, settle_at__lte=at).order_by("id")
    return [one for one in rows if one.paid_at is not None or row.status not in _DEAD]


def _settle_one(payout: ReferralPayout, owner: UUID | None, at: datetime) -> None:
    if payout.paid_at is None:
        if owner is not None:
            payout.member_id = owner
            payout.cut = _cut(payout)
            if payout.net > 0:
                _give(payout, owner, at)
                payout.paid_at = at
        if payout.paid_at is None:  # nobody to give it to, a cap that is reached, or nothing left of it
            payout.cut = max(payout.cut, 0 if owner else payout.amount)
    elif payout.given - payout.taken - payout.shortfall > payout.net:
        _take(payout, owner, at)
    payout.settle_at = None
    payout.save(update_fields=["member", "cut", "given", "taken", "shortfall", "paid_at", "settle_at"])


def _give(payout: ReferralPayout, owner: UUID, at: datetime) -> None:
    if payout.unit == units.REWARDS:
        occasion = gifts.Occasion("referral", payout.pk, owner, payout.settle_at or at)
        payout.given = min(payout.net, gifts.shelf().issue(
            reward=payout.reward, quantity=payout.net, key=payout.key, occasion=occasion
        ))  # fmt: skip
        return
    life = programmes.version(payout.programme_version).programme["points_life"]
    happened, zone = payout.settle_at or at, ZoneInfo(shop_of_scope().timezone)
    # The wait for returns is the referral's own; points live by the programme's terms from then on.
    ends = expires_at(life, happened, zone) if payout.unit == units.POINTS else None
    slides = life.days if payout.unit == units.POINTS and life.expiry == "sliding" else None
    payout.given = post(Posting(
        do=Do.GRANT, event="points.earned", amount=payout.net, counter=MerchantAccount.ISSUED, expires_at=ends,
        slides_days=slides, key=payout.key, owner=owner, actor=str(scope.actor()), at=happened, now=at,
        **_said(payout),
    )).amount  # fmt: skip


def _take(payout: ReferralPayout, owner: UUID | None, at: datetime) -> None:
    """Take back what is too much, by the policy for refunds; what cannot be is recorded, never dropped."""
    owed, when = payout.given - payout.taken - payout.shortfall - payout.net, payout.settle_at or at
    if payout.unit == units.REWARDS:
        gone = gifts.shelf().withdraw(key=payout.key, at=when)
        payout.taken, payout.shortfall = (payout.taken + owed if gone else payout.taken,
                                          payout.shortfall if gone else payout.shortfall + owed)  # fmt: skip
        return
    if owner is None:
        payout.shortfall += owed
        return
    policy = programmes.version(payout.programme_version).programme["points_life"].on_shortfall
    # What was undone so far is part of the name: the next refund of the same order takes its own part.
    key = f"{payout.key}:back:{payout.taken + payout.shortfall}"
    found = take_back(Claim(key=key, owner=owner, owed=owed, policy=policy, at=when, now=at, **_said(payout)))
    payout.taken, payout.shortfall = payout.taken + found.taken, payout.shortfall + found.short


def _said(payout: ReferralPayout) -> dict[str, Any]:
    return {"kind": "referral", "unit": payout.unit, "source_kind": "referral", "source": payout.pk,
            "version": payout.programme_version, "data": {"role": payout.role}}  # fmt: skip


def _close(row: Referral, at: datetime) -> None:
    """A referral is rewarded when nothing of what both were to get waits any more."""
    waits = ReferralPayout.objects.filter(referral=row, paid_at=None).exclude(settle_at=None)
    if row.status == Referral.Status.QUALIFIED and not waits.exclude(role=Role.COMMISSION).exists():
        row.status = Referral.Status.REWARDED
        row.save(update_fields=["status"])
        data = {"referral": str(row.pk), "friend": str(row.friend_id)}
        record("referral.rewarded", subject=row.referrer_id, at=at, data=data)


# --- caps -----------------------------------------------------------------------------------------------------


def _cut(payout: ReferralPayout) -> int:
    """How much of a payout a cap leaves out. The referrer's counts are locked: of two at once the second sees the
    first."""
    settings: Referrals = programmes.version(payout.programme_version).programme["referrals"]
    if payout.role == Role.REFERRER:
        return payout.amount if any(_rewarded(payout, cap) >= cap.most for cap in settings.per) else 0
    if payout.role == Role.COMMISSION:
        left = [cap.most - _given(payout, cap) for cap in settings.commission.per]
        return max(0, payout.amount - max(0, min(left))) if left else 0
    return 0


def _within(payout: ReferralPayout, cap: Cap) -> Any:
    """What the member was given for the same in the period of the purchase, and still has."""
    since, until = bounds(cap.period, payout.decided_at, ZoneInfo(shop_of_scope().timezone))
    found = ReferralPayout.objects.filter(
        member=payout.member_id, role=payout.role, given__gt=0, undone__lt=F("amount")
    )
    found = found.exclude(referral=payout.referral_id) if payout.role == Role.REFERRER else found
    found = found.filter(decided_at__gte=since) if since else found
    return found.filter(decided_at__lt=until) if until else found


def _rewarded(payout: ReferralPayout, cap: Cap) -> int:
    return int(_within(payout, cap).values("referral").distinct().count())


def _given(payout: ReferralPayout, cap: Cap) -> int:
    same = _within(payout, cap).filter(unit=payout.unit)
    return int(same.aggregate(net=Sum(F("given") - F("taken") - F("shortfall")))["net"] or 0)


def due_referrals(*, at: datetime, most: int) -> Sequence[UUID]:
    """Referrals of which something has come due, at most `most`; held ones wait for staff."""
    waiting = ReferralPayout.objects.filter(settle_at__lte=at)
    waiting = waiting.exclude(paid_at=None, referral__status__in=_DEAD)
    found = waiting.order_by("settle_at").values_list("referral_id", flat=True)[:most]
    return list(dict.fromkeys(found))
