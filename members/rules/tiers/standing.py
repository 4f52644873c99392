"""What a member's tier is: from what qualifies day by day, the standing they have, and the occasion. Pure.

Up goes at once. Down goes only when the tier's time and its grace are over, when a refund takes away what it was
reached with (if the programme says so), or when whoever publishes a new ladder says so. What staff gave by hand stays
until the day they named, whatever else happens. Asked again with nothing new, the answer is that nothing changes.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from members.rules.tiers.ladder import Landing, OnRefund, Tiers, Valid, WindowKind
from members.rules.tiers.windows import Days, Span, ends, graced, last_day, local, window


class Basis(StrEnum):
    """Why a member has their tier."""

    QUALIFIED = "qualified"
    LANDED = "landed"  # softly, from the tier above
    HELD = "held"  # a later ladder asks for more; it stays until its time is over
    BY_HAND = "by_hand"  # staff gave it, until a day they named; nothing but that day takes it away


class Occasion(StrEnum):
    """Why it is looked at."""

    CHANGE = "change"  # something that may qualify was written
    JOINING = "joining"
    REFUND = "refund"
    REVIEW = "review"  # its time may be over
    PUBLISHED = "published"  # a new ladder counts; nobody moves down by it
    MOVED_DOWN = "moved_down"  # a new ladder counts, and who no longer qualifies moves down at once


class Direction(StrEnum):
    UP = "up"
    DOWN = "down"
    KEPT = "kept"  # for longer
    REPLACED = "replaced"  # the tier is no longer in the ladder


@dataclass(frozen=True, slots=True)
class Standing:
    """A member's tier since when, until when it is theirs, when it is looked at again (after the grace; null: never by
    time alone), on which basis, and on which day what it was reached with was counted."""

    tier: str
    since: datetime
    valid_until: datetime | None
    review_at: datetime | None
    basis: Basis
    qualified_on: date

    def is_over(self, at: datetime) -> bool:
        """Whether its time and its grace are over."""
        return self.review_at is not None and self.review_at <= at


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the standing is now (None: no tier). `code` and `values` say why it changed; "" when nothing is to be told,
    though `standing` may hold a better basis for the same tier."""

    standing: Standing | None
    code: str = ""
    direction: Direction | None = None
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Found:
    """What one window comes to: how high it reaches, and until when that lasts."""

    place: int
    until: datetime | None
    day: date
    span: Span
    amount: int

    @property
    def worth(self) -> tuple[int, bool, float]:
        """Higher tiers first, then those that last longer."""
        return self.place, self.until is None, self.until.timestamp() if self.until else 0.0


@dataclass(frozen=True, slots=True)
class _Case:
    tiers: Tiers
    days: Days
    mine: Standing | None
    joined: date
    at: datetime
    zone: ZoneInfo

    @property
    def day(self) -> date:
        return local(self.at, self.zone)

    @property
    def over(self) -> bool:
        return self.mine is not None and self.mine.is_over(self.at)

    @property
    def held(self) -> int:
        return self.tiers.rank(self.mine.tier) if self.mine else -1

    def until(self, place: int, day: date) -> datetime | None:
        """When a tier ends that is reached on a day. What takes nothing to reach never ends."""
        if place < 0 or self.tiers.ladder[place].at_least == 0:
            return None
        return ends(self.tiers, day, self.joined, self.zone)

    def reached(self, amount: int) -> int:
        """How high an amount reaches; for the member's tier and those below it as much as keeps them is enough. A tier
        that was given by hand is not theirs yet: it takes what reaching it takes."""
        theirs = self.held - 1 if self.mine and self.mine.basis is Basis.BY_HAND else self.held
        place = -1
        for index, tier in enumerate(self.tiers.ladder):
            if amount >= (tier.keeps_at if index <= theirs else tier.at_least):
                place = index
        return place

    def found(self) -> list[_Found]:
        """What each window comes to that may carry a tier now; the one of today first."""
        days = [self.day]
        if self.tiers.valid is Valid.NEXT_PERIOD_END:
            first = window(self.tiers, self.day, self.joined).first
            days += [first - timedelta(days=1)] if first else []
        if self.tiers.valid is Valid.MONTHS and self.over and self.mine and self.mine.valid_until:
            days.append(last_day(self.mine.valid_until, self.zone))
        return [self._counted(day) for day in days]

    def _counted(self, day: date) -> _Found:
        span = window(self.tiers, day, self.joined)
        amount = span.amount(self.days)
        place = self.reached(amount)
        until = self.until(place, day)
        if until is not None and until <= self.at:  # the review comes late
            until = self.until(place, self.day)
        return _Found(place, until, day, span, amount)


def standing(
    tiers: Tiers,
    days: Days,
    now: Standing | None,
    *,
    joined_at: datetime,
    at: datetime,
    zone: ZoneInfo,
    occasion: Occasion = Occasion.CHANGE,
) -> Verdict:
    """The member's standing at an instant. `days` is what qualifies by local day, as far back as any window goes. What
    should have been reviewed earlier is reviewed as of then first, so it does not matter how late anybody looks."""
    case = _Case(tiers, days, now, local(joined_at, zone), at, zone)
    found = Verdict(now)
    while case.mine is not None and case.mine.review_at is not None and case.mine.review_at <= at:
        due = case.mine.review_at
        until_then = {day: amount for day, amount in days.items() if day is None or day < local(due, zone)}
        late = _look(replace(case, days=until_then, at=due), Occasion.REVIEW)
        found = _both(tiers, now, found, late)
        case = replace(case, mine=found.standing)
    return _both(tiers, now, found, _look(case, occasion))


def _both(tiers: Tiers, start: Standing | None, first: Verdict, then: Verdict) -> Verdict:
    """Two verdicts one after the other as one: from where the member started to where they are now."""
    if not first.code or not then.code:
        return replace(first, standing=then.standing) if first.code else then
    before, after = start.tier if start else "", then.standing.tier if then.standing else ""
    direction = then.direction
    if before == after:
        direction = Direction.KEPT
    elif tiers.rank(before) >= 0:
        direction = Direction.UP if tiers.rank(after) > tiers.rank(before) else Direction.DOWN
    return replace(then, direction=direction, values={**first.values, **then.values})


def _look(case: _Case, occasion: Occasion) -> Verdict:
    """One look, at a time at which at most one review is due."""
    now = case.mine
    found = case.found()
    best = max(found, key=lambda one: one.worth)
    if now is None:
        code = "joined" if occasion is Occasion.JOINING else _code(occasion, "reached")
        return _move(case, best, code, Direction.UP) if best.place >= 0 else Verdict(None)
    if case.held < 0:
        return _move(case, best, "tier_removed", Direction.REPLACED)
    if best.place > case.held:
        return _move(case, best, _code(occasion, "reached"), Direction.UP)
    if best.place == case.held:
        return _stay(case, now, best, occasion)
    return _fall(case, now, best, max(found, key=lambda one: one.amount), occasion)


def _code(occasion: Occasion, code: str) -> str:
    return "ladder_changed" if occasion in (Occasion.PUBLISHED, Occasion.MOVED_DOWN) else code


def _move(
    case: _Case, to: _Found, code: str, direction: Direction, basis: Basis = Basis.QUALIFIED
) -> Verdict:
    """To another tier, or to none."""
    values = _values(case, to)
    if to.place < 0:
        return Verdict(None, code, direction, values)
    tier = case.tiers.ladder[to.place]
    until = graced(case.tiers, to.until, case.zone)
    made = Standing(tier.id, case.at, to.until, until, basis, to.day)
    return Verdict(made, code, direction, {**values, "needs": tier.at_least, "until": _iso(to.until)})


def _stay(case: _Case, now: Standing, best: _Found, occasion: Occasion) -> Verdict:
    """In the same tier, for longer if what was counted says so: a period at a time, and months when they are over."""
    due = case.over or case.tiers.valid is not Valid.MONTHS
    longer = now.valid_until is not None and (best.until is None or best.until > now.valid_until)
    # Whoever says that people move down also says that what never ended ends from now on.
    ends_now = occasion is Occasion.MOVED_DOWN and now.valid_until is None and best.until is not None
    ends_now = ends_now and now.basis is not Basis.BY_HAND
    if not ((due and longer) or ends_now):
        return Verdict(now)
    kept = replace(
        now, valid_until=best.until, review_at=graced(case.tiers, best.until, case.zone), basis=Basis.QUALIFIED,
        qualified_on=best.day,
    )  # fmt: skip
    needs = case.tiers.ladder[best.place].keeps_at
    values = {**_values(case, best), "needs": needs, "until": _iso(best.until)}
    return Verdict(kept, "ladder_changed" if ends_now else "kept", Direction.KEPT, values)


def _fall(case: _Case, now: Standing, best: _Found, closest: _Found, occasion: Occasion) -> Verdict:
    """What was counted reaches less far than the tier the member has."""
    if now.basis is Basis.BY_HAND:
        return _move(case, best, "given_over", Direction.DOWN) if case.over else Verdict(now)
    missed = {"lost": now.tier, "needed": case.tiers.ladder[case.held].keeps_at}
    if case.over:
        landed = case.held - 1 if case.tiers.landing is Landing.ONE_STEP else -1
        if landed > best.place:
            soft = replace(best, place=landed, until=case.until(landed, case.day), day=case.day)
            moved = _move(case, soft, "landed", Direction.DOWN, Basis.LANDED)
        else:
            moved = _move(case, best, "not_kept", Direction.DOWN)
        return replace(moved, values={**moved.values, **_counted_values(closest), **missed})
    if occasion is Occasion.MOVED_DOWN:
        moved = _move(case, best, "ladder_changed", Direction.DOWN)
        return replace(moved, values={**moved.values, **missed})
    if (
        occasion is Occasion.REFUND
        and case.tiers.on_refund is OnRefund.REVIEW
        and now.basis is Basis.QUALIFIED
    ):
        return _refunded(case, now, best, missed)
    if occasion is Occasion.PUBLISHED and now.basis is Basis.QUALIFIED:
        return Verdict(replace(now, basis=Basis.HELD))
    return Verdict(now)


def _refunded(case: _Case, now: Standing, best: _Found, missed: dict[str, Any]) -> Verdict:
    """Whether what is left still reaches the tier, counted as it was when it was reached."""
    span = window(case.tiers, now.qualified_on, case.joined)
    if case.tiers.window is WindowKind.ROLLING:
        span = Span(span.first, now.qualified_on)
    amount = span.amount(case.days)
    place = case.reached(amount)
    if place >= case.held:
        return Verdict(now)
    left = best if best.place >= place else _Found(place, now.valid_until, now.qualified_on, span, amount)
    if left.place >= 0 and case.tiers.ladder[left.place].at_least == 0:
        left = replace(left, until=None)
    moved = _move(case, left, "refunded", Direction.DOWN)
    return replace(moved, values={**moved.values, **missed, "amount": amount})


def _values(case: _Case, found: _Found) -> dict[str, Any]:
    return {"by": case.tiers.by.value, **_counted_values(found)}


def _counted_values(found: _Found) -> dict[str, Any]:
    span = found.span
    return {
        "amount": found.amount,
        "first": span.first.isoformat() if span.first else None,
        "last": span.last.isoformat() if span.last else None,
    }


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


# --- by hand ------------------------------------------------------------------------------------------------------


def given_by_hand(
    now: Standing | None, tier: str, *, until: datetime, at: datetime, zone: ZoneInfo
) -> Standing:
    """The standing of somebody whom staff give a tier until before an instant. It has no grace: staff named the end."""
    since = now.since if now is not None and now.tier == tier else at
    return Standing(tier, since, until, until, Basis.BY_HAND, local(at, zone))


def reached_without(
    tiers: Tiers, days: Days, now: Standing | None, *, joined_at: datetime, at: datetime, zone: ZoneInfo
) -> Verdict:
    """What a member would have today if nothing had been given to them by hand. Of a tier they came by themselves, what
    they have and anything higher they have reached."""
    by_hand = now is not None and now.basis is Basis.BY_HAND
    if not by_hand:
        return standing(tiers, days, now, joined_at=joined_at, at=at, zone=zone)
    case = _Case(tiers, days, now, local(joined_at, zone), at, zone)
    best = max(case.found(), key=lambda one: one.worth)
    direction = Direction.DOWN if best.place < case.held else Direction.KEPT
    return _move(case, best, "given_ended", direction)
