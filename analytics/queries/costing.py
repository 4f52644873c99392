"""What the programme costs: what is written down by month, and what points and rewards given away come to."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from analytics.models import Cost, Economics
from analytics.queries.statements import answer
from analytics.queries.sums import Reader
from analytics.rules.calendar import Stretch
from analytics.rules.returns import Costs, points_cost
from loyalty.core.money import MAX_MINOR
from rewards.models import Reward
from rewards.queries.catalogue import rewards
from rewards.queries.figures import cost_of, point_cost

REFERRAL = "referral"
"""The source of members whom a friend brought."""


def margin() -> Decimal | None:
    """The shop's margin as a share of 1; None while nobody wrote it down."""
    row = Economics.objects.first()
    return None if row is None else Decimal(row.margin) / 10_000


def noted(since: date, before: date, kind: str = "") -> list[Cost]:
    """What was written down for months from a day to before another, newest first."""
    rows = Cost.objects.filter(month__gte=since, month__lt=before).order_by("-month", "kind", "source")
    return list(rows.filter(kind=kind) if kind else rows)


def noted_sums(since: date, before: date) -> dict[str, int]:
    """The same added up by kind."""
    found: dict[str, int] = defaultdict(int)
    for row in noted(since, before):
        found[row.kind] += row.amount_minor
    return found


def costs(read: Reader, when: Stretch, *, use: Decimal) -> Costs:
    """What the programme cost in a period. `use` is the share of points given that will be used: those are what is paid
    for, not what was used meanwhile of points given earlier."""
    given = read.of_days([when.days], ["issued_in", "issued_out"]).get((when.days, ""), Counter())
    each = point_cost(list(rewards()))
    paid = noted_sums(*when.days)
    issued = max(0, given.get("issued_in", 0) - given.get("issued_out", 0))
    return Costs(
        None if each is None else points_cost(issued, each_minor=each, use=use),
        _given_away(when, read.zone), paid[Cost.Kind.MESSAGES], paid[Cost.Kind.STAFF], paid[Cost.Kind.OTHER],
    )  # fmt: skip


def _given_away(when: Stretch, zone: str) -> int:
    """What rewards cost that took no points: gifts, prizes, birthday presents."""
    found = answer("given_away", {"since": when.since(zone), "until": when.until(zone)})
    return int(found[0][0])


@dataclass(frozen=True, slots=True)
class Won:
    """Members who joined by a source (a channel, or a friend's link) over a time, what was spent on winning them, and
    what each cost: None where nobody came, or where nothing is known of the cost."""

    source: str
    members: int
    spent_minor: int | None

    @property
    def each_minor(self) -> int | None:
        """What one new member cost."""
        if not self.members or self.spent_minor is None:
            return None
        return round(Decimal(self.spent_minor) / self.members)


@dataclass(frozen=True, slots=True)
class Acquisition:
    """New members of a period by source, all of them together, and those without friends' links. `points` were
    given for friends brought in it, `prizes` are how many rewards were."""

    sources: list[Won]
    everybody: Won
    without_friends: Won
    points: int
    prizes: int


def acquisition(read: Reader, when: Stretch) -> Acquisition:
    """What new members of a period cost. Who came by a friend's link is told apart from those of the same channel who
    did not: their cost is what referrals gave in the period, at what points and rewards cost the shop."""
    rows = answer("joined_by", {"since": when.since(read.zone), "until": when.until(read.zone)})
    joined: dict[str, int] = dict(rows)
    spent = _spent(noted(*when.days, kind=Cost.Kind.WINNING))
    points, prizes, referral_minor = _referred(when, read.zone, list(rewards(retired=True)))
    friends = joined.pop(REFERRAL, 0)
    sources = [
        Won(name, joined.get(name, 0), spent.get(name))
        for name in sorted({*joined, *(spent.keys() - {REFERRAL})})
    ]
    sources.sort(key=lambda one: (-one.members, one.source))
    by_friends = Won(REFERRAL, friends, _together(referral_minor, spent.get(REFERRAL)))
    if friends or by_friends.spent_minor:
        sources.append(by_friends)
    others = [one for one in sources if one.source != REFERRAL]
    return Acquisition(sources, _all("", sources), _all("", others), points, prizes)


def course(read: Reader, months: Sequence[Stretch]) -> list[tuple[Won, Won]]:
    """What a new member cost in each of some months, everybody and those without friends' links: what `acquisition`
    says of them, but sources are not told apart, so that nobody who joined is looked up."""
    joined = read.of_days([one.days for one in months], ["joined"])
    asked = {
        "since": [one.since(read.zone) for one in months],
        "until": [one.until(read.zone) for one in months],
    }
    friends: dict[int, int] = dict(answer("joined_by_friends", asked))
    costs = noted(months[0].first, months[-1].after, kind=Cost.Kind.WINNING)
    catalogue = list(rewards(retired=True))
    found = []
    for number, one in enumerate(months, 1):
        spent = _spent(row for row in costs if one.first <= row.month < one.after)
        by_friends = _together(_referred(one, read.zone, catalogue)[2], spent.pop(REFERRAL, None))
        brought = friends.get(number, 0)
        others = _all("", [Won(source, 0, minor) for source, minor in spent.items()])
        others = replace(others, members=joined.get((one.days, ""), Counter())["joined"] - brought)
        found.append((_all("", [others, Won(REFERRAL, brought, by_friends)]), others))
    return found


def _spent(rows: Iterable[Cost]) -> dict[str, int]:
    """What was noted, by source."""
    found: dict[str, int] = {}
    for row in rows:
        found[row.source] = found.get(row.source, 0) + row.amount_minor
    return found


def _all(name: str, sources: Iterable[Won]) -> Won:
    found = list(sources)
    known = [one.spent_minor for one in found if one.spent_minor is not None]
    return Won(name, sum(one.members for one in found), min(sum(known), MAX_MINOR) if known else None)


def _together(one: int | None, other: int | None) -> int | None:
    known = [value for value in (one, other) if value is not None]
    return sum(known) if known else None


def _referred(when: Stretch, zone: str, catalogue: list[Reward]) -> tuple[int, int, int | None]:
    """Points and rewards that referrals gave in a period, and what they cost: None where points have no known cost. The
    catalogue is with retired rewards: what was given while they were offered still cost something."""
    rows = answer("referral_cost", {"since": when.since(zone), "until": when.until(zone)})
    points = sum(amount for unit, _reward, amount in rows if unit == "points")
    gifts = {reward: amount for unit, reward, amount in rows if unit == "rewards"}
    each = point_cost(catalogue)
    if points and each is None:
        return points, sum(gifts.values()), None
    by_handle: Mapping[str, int] = {row.handle: cost_of(row) or 0 for row in catalogue}
    cost = round((each or 0) * points)
    cost += sum(by_handle.get(handle, 0) * amount for handle, amount in gifts.items())
    return points, sum(gifts.values()), cost if points or gifts else None
