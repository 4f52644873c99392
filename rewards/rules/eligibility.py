"""May this member have this reward now, and if not, why not and what is missing. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from msgspec import Struct

from members.rules.conditions.days import distance, yearly
from members.rules.facts import Period
from members.rules.limits import period_end
from rewards.rules.audience import Audience, BirthdayWindow, Limit

PERIODS = (Period.DAY, Period.WEEK, Period.MONTH, Period.YEAR)
"""The periods that begin anew, in the order in which what was had is counted."""


class Terms(Struct, frozen=True):
    """What a reward asks for. `booked`: it is had by booking a place; `at_checkout`: by paying an order with it."""

    cost_points: int
    stock: int | None = None
    taken: int = 0
    limit_per_member: int | None = None
    available_from: datetime | None = None
    available_until: datetime | None = None
    channels: tuple[str, ...] = ()
    retired: bool = False
    gift_only: bool = False
    limits: tuple[Limit, ...] = ()
    audience: Audience = Audience()
    booked: bool = False
    at_checkout: bool = False


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: spendable points, how often they had this reward (open or used, in all and in the periods that `at`
    lies in), whether they may take part, where they belong. `booking` and `paying`: by a place, at a checkout."""

    points: int
    had: int = 0
    active: bool = True
    channel: str = ""
    had_in: Mapping[Period, int] = field(default_factory=dict)
    tier: str = ""
    segments: frozenset[str] = frozenset()
    joined_at: datetime | None = None
    birthday: date | None = None
    zone: tzinfo = UTC
    booking: bool = False
    paying: bool = False


class Missing(Struct, frozen=True):
    """One reason why not. `code` is stable; `needed` and `have` where a number is missing; `when` where a
    time is; `period` of a limit; `any_of` the names that would do."""

    code: str
    needed: int | None = None
    have: int | None = None
    when: datetime | None = None
    period: str = ""
    any_of: tuple[str, ...] = ()


def why_not(terms: Terms, asker: Asker, at: datetime) -> tuple[Missing, ...]:
    """Every reason that stands in the way, most final first; empty when the reward can be had."""
    return (*_offered(terms, asker, at), *_belongs(terms.audience, asker, at), *_counted(terms, asker, at))


def _offered(terms: Terms, asker: Asker, at: datetime) -> Iterator[Missing]:
    if terms.retired:
        yield Missing("retired")
    if terms.gift_only:
        yield Missing("gift_only")
    if terms.booked and not asker.booking:
        yield Missing("needs_place")
    if terms.at_checkout and not asker.paying:
        yield Missing("needs_order")
    if not asker.active:
        yield Missing("member_not_active")
    if terms.available_until is not None and at >= terms.available_until:
        yield Missing("over", when=terms.available_until)
    if terms.available_from is not None and at < terms.available_from:
        yield Missing("not_yet", when=terms.available_from)
    if terms.stock is not None and terms.taken >= terms.stock:
        yield Missing("out_of_stock", needed=1, have=0)


def _belongs(audience: Audience, asker: Asker, at: datetime) -> Iterator[Missing]:
    if audience.tiers and asker.tier not in audience.tiers:
        yield Missing("other_tier", any_of=audience.tiers)
    if audience.segments and asker.segments.isdisjoint(audience.segments):
        yield Missing("not_in_segment", any_of=audience.segments)
    if not asker.segments.isdisjoint(audience.not_segments):
        yield Missing("in_excluded_segment")
    if audience.member_days is not None:
        joined = asker.joined_at or at
        days = (at.astimezone(asker.zone).date() - joined.astimezone(asker.zone).date()).days
        if days < audience.member_days:
            due = joined.astimezone(asker.zone).date() + timedelta(days=audience.member_days)
            yield Missing("member_too_short", audience.member_days, max(0, days), _midnight(due, asker.zone))
    if audience.birthday is not None:
        yield from _around_birthday(audience.birthday, asker, at.astimezone(asker.zone).date())


def _around_birthday(window: BirthdayWindow, asker: Asker, today: date) -> Iterator[Missing]:
    if asker.birthday is None:
        yield Missing("no_birthday")
        return
    gap = distance(asker.birthday, today, asker.birthday.year)
    if gap is None or not -window.days_before <= gap <= window.days_after:
        begins = (
            yearly(asker.birthday, year) - timedelta(days=window.days_before)
            for year in (today.year, today.year + 1, today.year + 2)
        )
        following = next((day for day in begins if day > today), None)
        yield Missing("not_birthday", when=_midnight(following, asker.zone) if following else None)


def _counted(terms: Terms, asker: Asker, at: datetime) -> Iterator[Missing]:
    if terms.limit_per_member is not None and asker.had >= terms.limit_per_member:
        yield Missing("limit_reached", needed=terms.limit_per_member, have=asker.had)
    for limit in terms.limits:
        had = asker.had if limit.period is Period.LIFETIME else asker.had_in.get(limit.period, 0)
        if had >= limit.times:
            zone = asker.zone if isinstance(asker.zone, ZoneInfo) else ZoneInfo("UTC")
            yield Missing(
                "limit_reached", limit.times, had, period_end(limit.period, at, zone), limit.period.value
            )
    if terms.channels and asker.channel and asker.channel not in terms.channels:
        yield Missing("other_channel")
    if asker.points < terms.cost_points:
        yield Missing("not_enough_points", needed=terms.cost_points, have=max(0, asker.points))


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)
