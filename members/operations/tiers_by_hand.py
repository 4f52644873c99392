"""A tier that staff give by hand: to somebody who complained, an ambassador, the owner's neighbour. It is the member's
until the day staff named, whatever is bought, returned or published meanwhile; then they have what they qualify for.

A member can be given more than they have reached, never less: what somebody has earned is not taken by hand.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.events.operations import record
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import queries as programmes
from members.models import Member, TierStanding
from members.operations import tiers as reviewing
from members.operations.membership import NotActive, locked
from members.queries import tier_words
from members.queries import tiers as asking
from members.rules.points_life import end_of
from members.rules.tiers import Basis, Direction, Standing, Tiers, Verdict, given_by_hand, reached_without

MOST_YEARS = 10


class NoSuchTier(DomainError):
    code = "no_such_tier"
    message = _("The programme has no tier “{tier}”.")
    field = "tier"


class TierEarned(DomainError):
    code = "tier_earned"
    message = _("This member has reached {tier} themselves. By hand they can only be given more than that.")
    field = "tier"


class TierLastsLonger(DomainError):
    code = "tier_lasts_longer"
    message = _("They have {tier} already, and for longer than that.")
    field = "last_day"


class NotGivenByHand(DomainError):
    code = "tier_not_by_hand"
    message = _("This member’s tier was not given by hand, so there is nothing to end.")


@transaction.atomic
def give_tier(*, member: UUID, tier: str, reason: str, last_day: date, at: datetime) -> TierStanding:
    """Give a member a tier through `last_day` of the shop's calendar. Asked again for the same, nothing is done again.

    Raises `NotActive`, `NoSuchTier`, `TierEarned`, `TierLastsLonger`, or `InvalidInput` for a reason or a day that
    cannot be.
    """
    reason, zone = _checked(reason), ZoneInfo(shop_of_scope().timezone)
    until = _until(last_day, at, zone)
    case = _case(member, at, zone)
    tiers = case.tiers
    if tiers.rank(tier) < 0:
        raise NoSuchTier(tier=tier)
    row = TierStanding.objects.filter(member=case.member).first()
    if row is not None and (row.tier, row.valid_until, row.basis) == (tier, until, Basis.BY_HAND):
        return row
    if tiers.rank(tier) < case.earned:
        raise TierEarned(tier=tier_words.tier_name(tiers, tiers.ladder[case.earned].id))
    now = case.now
    theirs = now is not None and now.tier == tier and now.basis is not Basis.BY_HAND
    if theirs and now and (now.valid_until is None or now.valid_until >= until):
        raise TierLastsLonger(tier=tier_words.tier_name(tiers, tier))
    made = given_by_hand(now, tier, until=until, at=at, zone=zone)
    before = now.tier if now else ""
    direction = Direction.KEPT if before == tier else Direction.UP
    if tiers.rank(tier) < tiers.rank(before):
        direction = Direction.DOWN
    verdict = Verdict(made, "given", direction, {"until": until.isoformat()})
    reviewing.write([(case.member, now, verdict)], version=case.version, at=at)
    told = {"tier": tier, "last_day": last_day.isoformat(), "reason": reason}
    record("tier.given", subject=case.member, at=at, data=told)
    return TierStanding.objects.get(member=case.member)


@transaction.atomic
def end_given_tier(*, member: UUID, reason: str, at: datetime) -> TierStanding | None:
    """End a tier that was given by hand before its day: the member has what they qualify for, or no tier (None).

    Raises `NotGivenByHand`, and `InvalidInput` for a reason that cannot be.
    """
    reason, zone = _checked(reason), ZoneInfo(shop_of_scope().timezone)
    case = _case(member, at, zone)
    if case.now is None or case.now.basis is not Basis.BY_HAND:
        raise NotGivenByHand()
    reviewing.write([(case.member, case.now, case.without)], version=case.version, at=at)
    record("tier.given_ended", subject=case.member, at=at, data={"tier": case.now.tier, "reason": reason})
    return TierStanding.objects.filter(member=case.member).first()


class _Case:
    """A member whose counts are held: the ladder, what they have, and what they would have without a helping hand."""

    def __init__(self, member: UUID, at: datetime, zone: ZoneInfo):
        current = programmes.in_force()
        self.member = member
        self.version = current.id if current else None
        self.tiers: Tiers = current.programme["tiers"] if current else asking.NO_TIERS
        known = asking.one(member, tiers=self.tiers, at=at, zone=zone)
        self.now: Standing | None = known.now
        facts: dict[str, Any] = {"joined_at": known.joined_at, "at": at, "zone": zone}
        self.without = reached_without(self.tiers, known.days, known.now, **facts)
        standing = self.without.standing
        self.earned = self.tiers.rank(standing.tier) if standing else -1


def _case(member: UUID, at: datetime, zone: ZoneInfo) -> _Case:
    reviewing.hold([member])
    row = locked(member)
    if row.status not in (Member.Status.ACTIVE, Member.Status.BLOCKED):
        raise NotActive(status=row.status)
    return _Case(member, at, zone)


def _checked(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > 300 or not reason.isprintable():
        raise InvalidInput.of("reason", str(_("Say why, in 1 to 300 characters.")))
    return reason


def _until(last_day: date, at: datetime, zone: ZoneInfo) -> datetime:
    """When the last day is over in the shop's zone. Raises `InvalidInput` for a day that is over, or absurdly far."""
    today = at.astimezone(zone).date()
    if not today <= last_day <= today.replace(year=today.year + MOST_YEARS, day=min(today.day, 28)):
        text = str(_("Choose today or a later day, at most {years} years from now."))
        raise InvalidInput.of("last_day", text.format(years=MOST_YEARS))
    return end_of(last_day, zone)
