"""What a programme costs the shop, worked out on something real instead of promised.

A point is worth what the shop's rewards cost it; a purchase that members really made shows what a programme
gives back of it.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from loyalty.core.ledger.chart import POINTS
from loyalty.core.merchants.models import Merchant
from loyalty.core.money import exponent
from members.models import Order
from members.queries import rehearsal
from members.queries.orders import newest_of_members, with_lines
from members.rules.earning import Earning, PointsPerAmount
from members.rules.engine import decide
from members.rules.facts import Facts, LineFacts, OrderFacts
from rewards.models import Reward
from rewards.queries import figures
from rewards.queries.catalogue import rewards

#: What a purchase is assumed to cost while nobody has bought anything, in whole units of the currency.
EXAMPLE_UNITS = 184
_LOOKED_AT = 25


@dataclass(frozen=True, slots=True)
class Basket:
    """A purchase to work an example on. `order` None: an invented one, because there is none yet."""

    order: Order | None
    facts: OrderFacts
    total_minor: int
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class Worked:
    """What a programme gives for a basket. `back` is the share of the money that comes back in rewards (0 to
    1); None when no reward says what it costs. `point_minor` is what one point costs, in minor units."""

    basket: Basket
    points: int
    back: Decimal | None
    point_minor: Decimal | None
    cost_minor: int | None

    @property
    def hundred_minor(self) -> int | None:
        """What a hundred points cost in whole minor units: one is often less than the smallest coin."""
        return points_minor(100, self.point_minor)


def cost_of(reward: Reward) -> int:
    """What one of a reward costs the shop in minor units: as stated, or as its kind says, or 0."""
    return figures.cost_of(reward) or 0


point_cost = figures.point_cost
"""What one point costs the shop in minor units."""


def points_minor(points: int, each: Decimal | None) -> int | None:
    """What some points cost the shop in whole minor units; None where no reward says what one costs."""
    return None if each is None else int((each * points).to_integral_value())


def base_rule(earning: Earning) -> PointsPerAmount | None:
    """The rule that gives points for money: the first of its kind."""
    given = (rule for rule in earning.rules if isinstance(rule, PointsPerAmount) and not rule.off)
    return next((rule for rule in given if rule.unit == POINTS), None)


def spend_for(points: int, earning: Earning) -> int | None:
    """Minor units a member spends to earn that many points by the basic rule."""
    rule = base_rule(earning)
    return -(-points // rule.points) * rule.per_minor if rule else None


def back_of(reward: Reward, earning: Earning | None) -> Decimal | None:
    """The share of the money spent for a reward's points that the reward is worth; None when unknown."""
    spent = spend_for(reward.cost_points, earning) if earning else None
    cost = cost_of(reward)
    return Decimal(cost) / spent if cost and spent else None


def basket(merchant: Merchant, at: datetime) -> Basket:
    """The middle one by amount of members' newest purchases, so that the example is neither a coffee nor a
    wedding; an invented one when there are none."""
    newest = newest_of_members(_LOOKED_AT)
    if not newest:
        amount = EXAMPLE_UNITS * 10 ** exponent(merchant.currency)
        line = LineFacts(1, "example", amount)
        return Basket(None, OrderFacts(merchant.currency, (line,)), amount, at)
    order = sorted(newest, key=lambda row: row.total_minor)[len(newest) // 2]
    return Basket(order, facts_of(order), order.total_minor, order.placed_at)


def facts_of(order: Order) -> OrderFacts:
    """A recorded order as the engine sees it."""
    return rehearsal.facts_of(order, with_lines([order])[0].lines)


def work_out(programme: Any, merchant: Merchant, found: Basket) -> Worked:
    """What a programme (its parsed document) gives for a basket, and what that costs."""
    decision = decide(programme["earning"], Facts(found.facts, zone=merchant.timezone), found.placed_at)
    points = decision.earned()
    each = point_cost(list(rewards()))
    if each is None or not found.total_minor:
        return Worked(found, points, None, each, None)
    cost = each * points
    return Worked(found, points, cost / found.total_minor, each, int(cost.to_integral_value()))
