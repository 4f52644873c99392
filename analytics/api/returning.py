"""What campaigns bring, against members who were held out of them: of a period, and of one campaign."""

from collections.abc import Sequence
from datetime import date, datetime

from django.urls import path
from msgspec import Struct

from analytics.api.value import ValuePeriod, period_of, reader_of
from analytics.queries import liability, returns
from analytics.queries.returns import Brought
from analytics.rules.fitting import Interval
from analytics.rules.returns import Costs
from campaigns.queries.campaigning.reading import campaign
from campaigns.queries.experiments.holding import Group
from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.spec import endpoint
from loyalty.core.errors import NotFound
from loyalty.core.merchants.queries import shop_of_scope

_PREFIXES = {"campaign": "cmp", "automation": "atm", "newsletter": "nws", "experiment": "xpt"}


class ReturnRange(Struct):
    """A sum in minor units with the range it lies in with 95 % certainty, on whatever day it is looked at."""

    value: int
    low: int
    high: int


class ReturnRatio(Struct):
    """What is left for each unit of cost, with its range."""

    value: float
    low: float
    high: float


class ReturnGroup(Struct):
    """Members compared: how many bought, how often, and what they spent in minor units, less what came back."""

    members: int
    buyers: int
    orders: int
    spent_minor: int


class ReturnCosts(Struct):
    """Costs in minor units. `points_minor` is what points will cost as far as they will be used, null where no reward
    says what it costs; `prizes_minor` are rewards, cash-back and matched donations."""

    points_minor: int | None
    prizes_minor: int
    messages_minor: int
    staff_minor: int
    other_minor: int
    cost_minor: int


class ReturnGiver(Struct):
    """A campaign or an automation (`kind`), and what it gave; all together are the points and prizes of `costs`."""

    kind: str
    id: str
    name: str
    points: int
    points_minor: int | None
    rewards: int
    prizes_minor: int


class ReturnBeside(Struct):
    """Something that ran beside a campaign: `kind` is campaign, automation, newsletter or experiment."""

    kind: str
    id: str
    name: str


class CampaignReturn(Struct):
    """What members spent because of everything that those held out do not get, between two instants: of a single
    campaign only where nothing else ran beside it. `missing` says what is not known: no_control (nobody was held out),
    few_held (fewer than 100 in a group), few_days (less than a week), no_orders, others_ran (see `beside`), not_begun,
    no_margin or no_point_cost. While it holds anything `margin`, `profit` and `each` are null; `revenue` is null unless
    the groups can be compared. `each_more` is what one of the others spent more, in minor units."""

    since: datetime
    until: datetime
    missing: list[str]
    held_out: ReturnGroup | None
    others: ReturnGroup | None
    left_out: int
    each_more: ReturnRange | None
    revenue: ReturnRange | None
    margin: ReturnRange | None
    profit: ReturnRange | None
    each: ReturnRatio | None
    costs: ReturnCosts
    givers: list[ReturnGiver]
    beside: list[ReturnBeside]


class ProgrammeReturn(Struct):
    """What the whole programme cost in a period (`points_minor` to `cost_minor`), and what campaigns, automations,
    newsletters and experiments brought: in short here, with its costs and all else in `campaigns`. Nobody is held out
    of the programme's own rules: what they bring nobody knows."""

    first: date
    last: date
    missing: list[str]
    held_out: int
    others: int
    points_minor: int | None
    prizes_minor: int
    messages_minor: int
    staff_minor: int
    other_minor: int
    cost_minor: int
    revenue: ReturnRange | None
    margin: ReturnRange | None
    profit: ReturnRange | None
    campaigns: CampaignReturn


def _range(one: Interval | None) -> ReturnRange | None:
    return None if one is None else ReturnRange(round(one.value), round(one.low), round(one.high))


def _ratio(one: Interval | None) -> ReturnRatio | None:
    return None if one is None else ReturnRatio(round(one.value, 4), round(one.low, 4), round(one.high, 4))


def _group(one: Group | None) -> ReturnGroup | None:
    return None if one is None else ReturnGroup(one.members, one.buyers, one.orders, one.spent_minor)


def _costs(one: Costs) -> ReturnCosts:
    return ReturnCosts(
        one.points_minor,
        one.prizes_minor,
        one.messages_minor,
        one.staff_minor,
        one.other_minor,
        one.total_minor,
    )


def _id(kind: str, key: object) -> str:
    return ids.encode(_PREFIXES[kind], key)  # type: ignore[arg-type] # a key of one of the four


def _beside(rows: Sequence[returns.Beside]) -> list[ReturnBeside]:
    return [ReturnBeside(one.kind, _id(one.kind, one.key), one.name) for one in rows]


def _told(found: Brought) -> CampaignReturn:
    sides, money, each = found.compared.apart, found.money, found.compared.each
    more = None
    if each is not None and each.estimate is not None and each.interval is not None:
        more = _range(Interval(each.estimate, each.interval.low, each.interval.high))
    return CampaignReturn(
        since=found.since, until=found.until, missing=list(found.missing),
        held_out=_group(sides.held_out if sides else None), others=_group(sides.others if sides else None),
        left_out=sides.mixed if sides else 0, each_more=more, revenue=_range(found.revenue),
        margin=_range(money.margin if money else None), profit=_range(money.profit if money else None),
        each=_ratio(money.each if money else None), costs=_costs(found.spent.costs),
        givers=[
            ReturnGiver(one.kind, _id(one.kind, one.key), one.name, one.points, one.points_minor, one.rewards,
                        one.prizes_minor)
            for one in found.spent.givers
        ],
        beside=_beside(found.beside),
    )  # fmt: skip


class Returns(Endpoint):
    @endpoint(
        summary="Read what campaigns bring", scope="reports:read", query=ValuePeriod,
        answers={200: ProgrammeReturn},
    )  # fmt: skip
    def get(self, call: Call) -> ProgrammeReturn:
        """Against members who were held out; without them nothing is claimed."""
        read = reader_of(call)
        when = period_of(call, read.zone)
        found = returns.answer_for(read, when, liability.owed(zone=read.zone, at=call.at))
        told, cost = _told(found.brought), found.costs
        held, others = (one.members if one else 0 for one in (told.held_out, told.others))
        return ProgrammeReturn(
            when.first, when.last, told.missing, held, others, cost.points_minor, cost.prizes_minor,
            cost.messages_minor, cost.staff_minor, cost.other_minor, cost.total_minor,
            told.revenue, told.margin, told.profit, told,
        )  # fmt: skip


class CampaignReturns(Endpoint):
    @endpoint(
        summary="Read what a campaign brings", scope="reports:read", answers={200: CampaignReturn}, refuses=(NotFound,)
    )  # fmt: skip
    def get(self, call: Call, id: str) -> CampaignReturn:  # noqa: A002 - as the address calls it
        """Over its time so far, against members who were held out."""
        row, zone = campaign(ids.decode("cmp", id)), shop_of_scope().timezone
        owed = liability.owed(zone=zone, at=call.at)
        return _told(returns.answer_of(row, zone=zone, at=call.at, owed=owed))


urlpatterns = [
    path("return", Returns.as_view()),
    path("campaigns/<str:id>/return", CampaignReturns.as_view()),
]
