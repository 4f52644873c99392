"""What campaigns bring back in a period, or one of them: what is known of it, and what is missing to know it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from analytics.queries.control import Compared, compared
from analytics.queries.costing import costs, margin
from analytics.queries.liability import Owed
from analytics.queries.separated import Spent, spent
from analytics.queries.statements import answer
from analytics.queries.sums import Reader
from analytics.rules.calendar import Stretch
from analytics.rules.fitting import Interval
from analytics.rules.returns import Costs, Money, money_of
from campaigns.models import Campaign

NO_MARGIN, NO_POINT_COST, OTHERS_RAN, NOT_BEGUN = "no_margin", "no_point_cost", "others_ran", "not_begun"


@dataclass(frozen=True, slots=True)
class Beside:
    """Something else that members got meanwhile who were not held out: a campaign, an automation, a newsletter or an
    experiment."""

    kind: str
    key: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Brought:
    """What came of everything that members held out do not get, from `since` to before `until`. `missing` names what is
    not known, worst first: why the groups cannot be compared (`analytics.queries.control`), that others ran beside a
    campaign (`others_ran`), that it has not begun (`not_begun`), the margin (`no_margin`), what points cost
    (`no_point_cost`). `money` is None while anything is."""

    since: datetime
    until: datetime
    compared: Compared
    spent: Spent
    margin: Decimal | None
    missing: Sequence[str]
    beside: Sequence[Beside] = ()
    money: Money | None = None

    @property
    def revenue(self) -> Interval | None:
        """What was bought because of it, in minor units; None where nobody can say, or where others had a part."""
        return None if self.beside else self.compared.revenue


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a period: what the whole programme cost, with the share of points that will be `use`d, and what
    campaigns brought."""

    when: Stretch
    costs: Costs
    use: Decimal
    brought: Brought


def answer_for(read: Reader, when: Stretch, owed: Owed) -> Answer:
    """What came of a period. The share of points that will be used is reckoned with as it is known today."""
    found = costs(read, when, use=owed.share)
    since, until = when.since(read.zone), min(when.until(read.zone), read.at)
    return Answer(when, found, owed.share, _brought(since, max(since, until), read.zone, owed.share))


def answer_of(campaign: Campaign, *, zone: str, at: datetime, owed: Owed) -> Brought:
    """What came of one campaign by now: the groups over its time, as far as members were held out in it."""
    since = max((one for one in (campaign.starts_at, campaign.launched_at) if one is not None), default=at)
    until = min(one for one in (campaign.ends_at, campaign.ended_at, at) if one is not None)
    if campaign.launched_at is None or until <= since:
        nothing = Spent((), Costs(0, 0, 0, 0, 0))
        return Brought(since, since, Compared(NOT_BEGUN), nothing, margin(), (NOT_BEGUN,))
    return _brought(since, until, zone, owed.share, campaign)


def _brought(
    since: datetime, until: datetime, zone: str, use: Decimal, campaign: Campaign | None = None
) -> Brought:
    sides = compared(since=since, until=until)
    if sides.apart is not None:
        since, until = sides.apart.span.since, sides.apart.span.until
    paid, part = spent(since=since, until=until, zone=zone, use=use, campaign=campaign), margin()
    beside = _beside(campaign, since, until) if campaign and sides.apart is not None else []
    missing = [sides.missing] if sides.missing else []
    missing += [OTHERS_RAN] if beside else []
    missing += [NO_MARGIN] if part is None else []
    missing += [NO_POINT_COST] if paid.costs.points_minor is None else []
    money = None
    if not missing and sides.revenue is not None and part is not None:
        money = money_of(sides.revenue, margin=part, costs_minor=paid.costs.total_minor)
    return Brought(since, until, sides, paid, part, missing, beside, money)


def _beside(campaign: Campaign, since: datetime, until: datetime) -> list[Beside]:
    """What else ran in a time: the groups differ by that, too."""
    asked = {
        "campaign": campaign.pk,
        "newsletter": campaign.newsletter,
        "since": since,
        "until": until,
    }
    return [Beside(*row) for row in answer("ran_beside", asked)]
