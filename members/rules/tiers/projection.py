"""What is missing to the next tier, and to keep the one a member has. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from members.rules.points_life import end_of
from members.rules.tiers.ladder import Tier, Tiers, Valid
from members.rules.tiers.standing import Basis, Standing
from members.rules.tiers.windows import Days, Span, last_day, local, window


@dataclass(frozen=True, slots=True)
class Goal:
    """`missing` of what qualifies until `needs` is there, of which `amount` is; before an instant, or with None without
    one. `span` has the days that count."""

    tier: str
    amount: int
    needs: int
    before: datetime | None
    span: Span

    @property
    def missing(self) -> int:
        """How much more it takes."""
        return max(0, self.needs - self.amount)


@dataclass(frozen=True, slots=True)
class Projection:
    """Where a member is: what counts today, the tier above theirs, and what keeps theirs beyond `valid_until`. `keep`
    is None when nothing has to be done for it, or nothing can: `starts_anew` says that the next period decides by
    itself."""

    amount: int
    span: Span
    next: Goal | None
    keep: Goal | None
    starts_anew: bool = False


def projection(
    tiers: Tiers, days: Days, now: Standing | None, *, joined_at: datetime, at: datetime, zone: ZoneInfo
) -> Projection:
    """What the member's way up and their way to stay look like at an instant."""
    joined, today = local(joined_at, zone), local(at, zone)
    span = window(tiers, today, joined)
    amount, end = span.amount(days), end_of(span.last, zone) if span.last else None
    place = (tiers.rank(now.tier) if now else -1) + 1
    above = tiers.ladder[place] if place < len(tiers.ladder) else None
    following = Goal(above.id, amount, above.at_least, end, span) if above else None
    mine = tiers.tier(now.tier) if now else None
    if now is None or now.valid_until is None or mine is None:
        return Projection(amount, span, following, None)
    needs = mine.at_least if now.basis is Basis.BY_HAND else mine.keeps_at
    keep = _keep(_Kept(tiers, mine, now.valid_until, now.review_at, needs), days, joined, at, zone)
    anew = tiers.valid is Valid.PERIOD_END and keep is None
    return Projection(amount, span, following, keep, anew)


@dataclass(frozen=True, slots=True)
class _Kept:
    tiers: Tiers
    tier: Tier
    until: datetime
    review_at: datetime | None
    needs: int


def _keep(kept: _Kept, days: Days, joined: date, at: datetime, zone: ZoneInfo) -> Goal | None:
    tier, tiers = kept.tier, kept.tiers
    if kept.until <= at:  # in its grace: what counts today can still keep it
        span = window(tiers, local(at, zone), joined)
        return Goal(tier.id, span.amount(days), kept.needs, kept.review_at, span)
    if tiers.valid is Valid.PERIOD_END:
        return None
    span = window(tiers, last_day(kept.until, zone), joined)
    if tiers.valid is Valid.NEXT_PERIOD_END and span != window(tiers, local(at, zone), joined):
        return None  # the period that decides has not begun
    return Goal(tier.id, span.amount(days), kept.needs, kept.until, span)
