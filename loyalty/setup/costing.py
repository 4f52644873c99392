"""What a programme gives back, before anybody has bought anything: worked out on one usual purchase.

Points are worth what the rewards cost that they buy, stamps what a full card's reward costs. Whatever depends on who
buys (tiers, birthdays, friends brought) is not in it: it comes on top, and pages say so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from loyalty.core.money import exponent
from loyalty.core.programme.document import Programme
from members.rules.engine import decide
from members.rules.facts import Facts, LineFacts, OrderFacts
from members.rules.units import POINTS
from rewards.models import Reward
from rewards.queries.catalogue import kind_terms
from rewards.queries.figures import cost_of
from rewards.rules.kinds.money import PayWithPoints

USUAL_UNITS = {
    "SEK": 150,
    "NOK": 150,
    "DKK": 110,
    "JPY": 2000,
    "HUF": 5000,
    "ISK": 2000,
    "CZK": 350,
    "PLN": 60,
}
"""What a usual purchase is taken to be while a shop has not said, in whole units of a currency."""
OTHERWISE_UNITS = 15


@dataclass(frozen=True, slots=True)
class Cost:
    """What a purchase of `basket_minor` earns and costs. `share` is the part of the money that comes back (0 to 1);
    None when nothing says what it costs. `month_minor` is a month's cost for the purchases that were said."""

    basket_minor: int
    points: int
    stamps: int
    cost_minor: Decimal | None
    share: Decimal | None
    month_minor: int | None


def usual_basket(currency: str) -> int:
    """A usual purchase in minor units of a currency, for shops that have not said."""
    return int(USUAL_UNITS.get(currency, OTHERWISE_UNITS) * 10 ** exponent(currency))


def costs(
    programme: Programme,
    rewards: Sequence[Reward],
    *,
    basket_minor: int,
    month_spent_minor: int,
    currency: str,
    zone: str,
    at: datetime,
) -> Cost:
    """What a programme with these rewards gives for a purchase of `basket_minor`, and costs in a month in which members
    spend `month_spent_minor` (0: not known)."""
    order = OrderFacts(currency, (LineFacts(1, "example", basket_minor),))
    decision = decide(programme["earning"], Facts(order, zone=zone), at)
    points, stamps, cost = decision.earned(POINTS), 0, Decimal(0)
    known = not points
    each = point_cost(rewards)
    if points and each is not None:
        cost, known = each * points, True
    prices = {row.handle: cost_of(row) for row in rewards}
    for card in programme["side_units"].cards:
        got, price = decision.earned(card.unit), prices.get(card.reward)
        stamps += got
        if got and price:
            cost += Decimal(price) * card.quantity * got / (card.needed or 1)
        elif got:
            known = False
    if not known or not (points or stamps) or basket_minor <= 0:
        return Cost(basket_minor, points, stamps, None, None, None)
    share = cost / basket_minor
    month = int((share * month_spent_minor).to_integral_value()) if month_spent_minor else None
    return Cost(basket_minor, points, stamps, cost, share, month)


def point_cost(rewards: Sequence[Reward]) -> Decimal | None:
    """What a point costs the shop in minor units: the mean over the rewards that points buy, those that pay at the
    checkout included; None when none of them says."""
    found = [one for row in rewards if (one := _per_point(row)) is not None]
    return sum(found, start=Decimal(0)) / len(found) if found else None


def _per_point(row: Reward) -> Decimal | None:
    terms = kind_terms(row)
    if isinstance(terms, PayWithPoints):
        return Decimal(terms.minor) / terms.points
    cost = cost_of(row)
    return Decimal(cost) / row.cost_points if cost and row.cost_points and not row.gift_only else None
