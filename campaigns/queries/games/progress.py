"""How far a member is in a challenge, worked out from their purchases and activities as they stand."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from campaigns.models import Challenge, ChallengeAward
from campaigns.queries.games.challenges import terms_of
from campaigns.rules.games import Deed, Line, Milestone, Pace, Progress, Purchase, Terms, measured
from loyalty.core.merchants.queries import shop_of_scope
from members.models import Activity, Order, OrderLine
from members.queries.whole import of_whole
from members.rules.facts import LineKind
from members.rules.limits import period_end, period_start

MOST = 3000
"""Purchases and activities that are looked at, the latest ones."""
_FOREVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Round:
    """One round of a challenge: its name, and from when until before when something counts in it."""

    name: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How a member stands in a round: how far they are, and which milestones they have been given."""

    challenge: Challenge
    terms: Terms
    round: Round
    progress: Progress[UUID]
    given: frozenset[int]

    @property
    def next(self) -> Milestone | None:
        """The milestone that comes next; None when there is no more to reach."""
        return next((one for one in self.terms.milestones if self.progress.value < one.needed), None)

    @property
    def is_done(self) -> bool:
        """Whether the last milestone was reached."""
        return self.progress.best >= self.terms.goal


def round_at(row: Challenge, terms: Terms, at: datetime) -> Round:
    """The round of a challenge that an instant lies in."""
    zone = ZoneInfo(shop_of_scope().timezone)
    ends = row.ends_at or _FOREVER
    if terms.per is Pace.ONCE:
        return Round("", row.starts_at, ends)
    since, until = period_start(terms.per.period, at, zone), period_end(terms.per.period, at, zone)
    name = since.date().isoformat() if since else ""
    return Round(name, max(since or row.starts_at, row.starts_at), min(until or ends, ends))


def round_named(row: Challenge, terms: Terms, name: str) -> Round:
    """A round by its name."""
    if not name:
        return round_at(row, terms, row.starts_at)
    zone = ZoneInfo(shop_of_scope().timezone)
    return round_at(row, terms, datetime.fromisoformat(name).replace(hour=12, tzinfo=zone))


class Past:
    """What a member bought and did since an instant, read once for all challenges that ask."""

    def __init__(self, member: UUID, since: datetime):
        self.member, self.since = member, since

    @cached_property
    def _bought(self) -> list[Purchase[UUID]]:
        return purchases(self.member, self.since, _FOREVER)

    @cached_property
    def _done(self) -> list[Deed[UUID]]:
        return deeds(self.member, self.since, _FOREVER)

    def bought(self, one: Round) -> list[Purchase[UUID]]:
        """The purchases of a round, oldest first."""
        return [each for each in self._bought if one.since <= each.at < one.until]

    def done(self, one: Round) -> list[Deed[UUID]]:
        """What was done besides in a round."""
        return [each for each in self._done if one.since <= each.at < one.until]


def past_of(member: UUID, rows: Collection[Challenge]) -> Past:
    """What a member bought and did since the first of some challenges began."""
    return Past(member, min((row.starts_at for row in rows), default=_FOREVER))


def progress_in(
    row: Challenge, terms: Terms, one: Round, *, member: UUID, at: datetime, past: Past | None = None
) -> Progress[UUID]:
    """How far a member came in a round."""
    past = past or Past(member, one.since)
    bought = past.bought(one) if terms.counts_purchases else []
    done = past.done(one) if terms.counts_activities else []
    instant = min(at, one.until)
    return measured(terms, bought, done, zone=ZoneInfo(shop_of_scope().timezone), at=instant)


def purchases(member: UUID, since: datetime, until: datetime) -> list[Purchase[UUID]]:
    """What a member bought and kept, oldest first, with that of whoever was merged into them."""
    found = Order.objects.filter(of_whole(member), placed_at__gte=since, placed_at__lt=until)
    orders = list(found.exclude(status=Order.Status.CANCELLED).order_by("-placed_at", "-id")[:MOST])
    lines: dict[UUID, list[Line]] = {row.pk: [] for row in orders}
    rows = OrderLine.objects.filter(order__in=list(lines), kind=LineKind.PRODUCT.value)
    for line in rows.order_by("order_id", "number"):
        left = line.paid_minor - line.refunded_minor
        lines[line.order_id].append(Line(line.sku, line.category, line.brand, frozenset(line.tags), left))
    return [
        Purchase(row.pk, row.placed_at, tuple(lines[row.pk]), row.total_minor - row.refunded_minor)
        for row in reversed(orders)
    ]


def deeds(member: UUID, since: datetime, until: datetime) -> list[Deed[UUID]]:
    """What a member did besides buying that counts, oldest first: nothing that still waits for staff."""
    found = Activity.objects.filter(of_whole(member), happened_at__gte=since, happened_at__lt=until)
    counts = found.filter(status__in=(Activity.Status.RECORDED, Activity.Status.APPROVED))
    rows = counts.order_by("-happened_at", "-id").values_list("pk", "kind", "happened_at")[:MOST]
    return [Deed(*row) for row in reversed(rows)]


def standing(row: Challenge, *, member: UUID, at: datetime, past: Past | None = None) -> Standing:
    """How a member stands in the round that is on, or in the last one of a challenge that has ended."""
    terms = terms_of(row)
    # Of one that has ended: the round its last moment lies in.
    instant = at if row.ends_at is None or at < row.ends_at else row.ends_at - _MOMENT
    one = round_at(row, terms, instant)
    given = ChallengeAward.objects.filter(challenge=row.pk, period=one.name, member=member, withdrawn_at=None)
    progress = progress_in(row, terms, one, member=member, at=at, past=past)
    return Standing(row, terms, one, progress, frozenset(given.values_list("needed", flat=True)))


_MOMENT = datetime.resolution


def awards_to(member: UUID) -> list[ChallengeAward]:
    """What a member has reached and kept, last first."""
    rows = ChallengeAward.objects.filter(member=member, withdrawn_at=None).select_related("challenge")
    return list(rows.order_by("-id"))


def challenges_of_awards(awards: Collection[UUID]) -> dict[UUID, Challenge]:
    """The challenges some awards were given in, by award."""
    rows = ChallengeAward.objects.filter(pk__in=list(awards)).select_related("challenge")
    return {row.pk: row.challenge for row in rows}
