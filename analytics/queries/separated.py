"""What was spent on whatever those held out do not get: gifts of campaigns and automations, their messages, and costs
that were noted as theirs. It stands against what members spent more, and nothing else does."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID

from analytics.models import Cost
from analytics.queries.freshness import today_of
from analytics.queries.statements import answer
from analytics.rules.calendar import Grain, Stretch, stretch, stretches
from analytics.rules.returns import Costs, points_cost
from campaigns.models import Automation, Campaign
from campaigns.queries.campaigning import figures
from campaigns.queries.campaigning import reading as campaigning
from loyalty.core import ids
from loyalty.core.ledger.chart import POINTS
from loyalty.core.money import share
from members.rules.units import CASHBACK, REWARDS, family
from rewards.models import Reward
from rewards.queries.catalogue import rewards
from rewards.queries.figures import cost_of, point_cost

CAMPAIGN, AUTOMATION = "campaign", "automation"


@dataclass(frozen=True, slots=True)
class Giver:
    """A campaign or an automation: what it gave in a time. `points_minor` is what its points will cost as far as they
    will be used, None where nobody said what a point costs; `prizes_minor` what rewards, cash-back and donations cost
    that it gave."""

    kind: str
    key: UUID
    name: str
    points: int
    points_minor: int | None
    rewards: int
    prizes_minor: int

    @property
    def cost_minor(self) -> int | None:
        """Both together; None where the points' cost is not known."""
        return None if self.points_minor is None else self.points_minor + self.prizes_minor


@dataclass(frozen=True, slots=True)
class Spent:
    """All of it: who gave what, and the costs, of which points and prizes are the givers' added up. `theirs` of all
    `messages` sent nobody got who was held out."""

    givers: Sequence[Giver]
    costs: Costs
    messages: int = 0
    theirs: int = 0


@dataclass(slots=True)
class _Sums:
    """What one campaign gave; `seen` once it gave anything."""

    points: int = 0
    rewards: int = 0
    prizes_minor: int = 0
    seen: bool = False


def spent(
    *, since: datetime, until: datetime, zone: str, use: Decimal, campaign: Campaign | None = None
) -> Spent:
    """What was spent between two instants, on everything or on one campaign. `use` is the share of points given that
    will be used. Costs noted by month count by the part of the month that lies within; those of one campaign whole."""
    catalogue = list(rewards(retired=True))  # what was given while they were offered still cost something
    each = point_cost(catalogue)
    found = _campaigns(since, until, each, use, {row.handle: row for row in catalogue}, campaign)
    if campaign is None:
        found += _automations(since, until, each, use)
    everything, theirs, of_letter = _messages(since, until, campaign)
    sent = theirs if campaign is None else of_letter
    noted = _noted(since, until, zone, campaign)
    shared = _whole(noted.get("", Decimal(0)) * sent / everything) if everything else 0
    points = [one.points_minor for one in found]
    costs = Costs(
        None if None in points else sum(one for one in points if one is not None),
        sum(one.prizes_minor for one in found),
        shared + _whole(noted.get(Cost.Kind.MESSAGES, Decimal(0))),
        _whole(noted.get(Cost.Kind.STAFF, Decimal(0))),
        _whole(noted.get(Cost.Kind.OTHER, Decimal(0))),
    )
    return Spent(found, costs, everything, sent)


def _campaigns(
    since: datetime, until: datetime, each: Decimal | None, use: Decimal, catalogue: dict[str, Reward],
    only: Campaign | None,
) -> list[Giver]:  # fmt: skip
    asked = {"since": since, "until": until, "campaign": campaigning.public_id(only) if only else ""}
    gifts = answer("campaign_gifts", asked)
    offers = dict(answer("offers_taken", asked))
    donating = Campaign.objects.filter(match_percent__gt=0, launched_at__isnull=False, launched_at__lt=until)
    named = {ids.decode("cmp", owner) for owner in {row[0] for row in gifts} | set(offers)}
    rows = [only] if only else [*Campaign.objects.filter(pk__in=named).order_by("id")]
    if only is None:
        rows += [row for row in donating.order_by("id") if row.pk not in named]
    found = []
    for row in rows:
        sums = _given(row, gifts, offers, catalogue)
        matched = _matched(row, since, until)
        if not (sums.seen or matched) and only is None:
            continue
        cost = campaigning.point_cost(row) or each
        found.append(
            Giver(CAMPAIGN, row.pk, row.name, sums.points, _points(sums.points, cost, use), sums.rewards,
                  sums.prizes_minor + matched)
        )  # fmt: skip
    return found


def _given(
    row: Campaign, gifts: Sequence[tuple[str, str, str, int]], offers: dict[str, int], catalogue: dict[str, Reward]
) -> _Sums:  # fmt: skip
    """What one campaign's rules and its offer gave."""
    name, sums = campaigning.public_id(row), _Sums()
    handed = {f"{name}-{rule['id']}": rule.get("reward", "") for rule in row.rules}
    for owner, rule, unit, amount in gifts:
        if owner != name:
            continue
        sums.seen = True
        if unit == POINTS:
            sums.points += amount
        elif unit == REWARDS:
            sums.rewards += amount
            sums.prizes_minor += _cost(catalogue.get(handed.get(rule, ""))) * amount
        elif family(unit) == CASHBACK:
            sums.prizes_minor += amount
    if row.offer.get("reward") and name in offers:
        sums.seen = True
        sums.rewards += offers[name]
        sums.prizes_minor += _cost(catalogue.get(row.offer["reward"])) * offers[name]
    return sums


def _matched(row: Campaign, since: datetime, until: datetime) -> int:
    """What the shop adds to donations made in a time, while the campaign's budget lasts."""
    if not row.match_percent:
        return 0
    made = figures.donations(row).filter(reserved_at__gte=since, reserved_at__lt=until)
    added = share(sum(one.value * one.quantity for one in made), row.match_percent, 100)
    return added if row.budget_minor is None else min(added, row.budget_minor)


def _automations(since: datetime, until: datetime, each: Decimal | None, use: Decimal) -> list[Giver]:
    found = answer("automation_gifts", {"since": since, "until": until})
    names = dict(Automation.objects.filter(pk__in=[row[0] for row in found]).values_list("pk", "name"))
    return [
        Giver(AUTOMATION, key, names.get(key, ""), points, _points(points, each, use), given, minor)
        for key, points, given, minor in sorted(found)
    ]


def _points(points: int, each: Decimal | None, use: Decimal) -> int | None:
    """What points will cost; points that nobody was given cost nothing, whatever one is worth."""
    if not points:
        return 0
    return None if each is None else points_cost(points, each_minor=each, use=use)


def _cost(reward: Reward | None) -> int:
    return 0 if reward is None else cost_of(reward) or 0


def _messages(since: datetime, until: datetime, campaign: Campaign | None) -> tuple[int, int, int]:
    asked = {"since": since, "until": until, "newsletter": campaign.newsletter if campaign else None}
    everything, theirs, of_letter = answer("messages_theirs", asked)[0]
    return everything, theirs, of_letter


def _noted(since: datetime, until: datetime, zone: str, campaign: Campaign | None) -> dict[str, Decimal]:
    """Costs noted as theirs by kind, and under "" what all messages of the shop cost."""
    months = {one.first: _part(one, since, until, zone) for one in _months(since, until, zone)}
    found: dict[str, Decimal] = defaultdict(Decimal)
    own = campaigning.public_id(campaign) if campaign else ""
    for row in Cost.objects.exclude(kind=Cost.Kind.WINNING).filter(month__in=months):
        part = row.amount_minor * months[row.month]
        if not row.source:
            found[""] += part if row.kind == Cost.Kind.MESSAGES else 0
        elif not own:
            found[row.kind] += part
    for row in Cost.objects.exclude(kind=Cost.Kind.WINNING).filter(source=own) if own else ():
        found[row.kind] += row.amount_minor
    return found


def _months(since: datetime, until: datetime, zone: str) -> list[Stretch]:
    first, last = (stretch(Grain.MONTH, today_of(zone, one)) for one in (since, until))
    count = (last.first.year - first.first.year) * 12 + last.first.month - first.first.month + 1
    return stretches(Grain.MONTH, upto=last.first, count=count)


def _part(month: Stretch, since: datetime, until: datetime, zone: str) -> Decimal:
    """How much of a month lies within."""
    begins, ends = month.since(zone), month.until(zone)
    within = (min(ends, until) - max(begins, since)).total_seconds()
    return Decimal(max(0.0, within)) / Decimal((ends - begins).total_seconds())


def _whole(minor: Decimal) -> int:
    return int(minor.to_integral_value(rounding=ROUND_HALF_EVEN))
