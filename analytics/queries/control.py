"""What would have been without campaigns: members who were held out of them by lot, against all others.

Who is held out gets no campaign, automation, newsletter or experiment, and everything else. So the difference is what
those bring together, and not what the programme itself does. Figures of return ask here and nowhere else; without such
a group nothing is claimed.
"""

from dataclasses import dataclass
from datetime import datetime

from analytics.rules.fitting import Interval
from analytics.rules.returns import LEAST_DAYS, LEAST_HELD, more_each, revenue_of
from campaigns.queries.experiments.holding import Apart, apart
from campaigns.rules.experiments import Reading

NO_CONTROL, FEW_HELD, FEW_DAYS, NO_ORDERS = "no_control", "few_held", "few_days", "no_orders"


@dataclass(frozen=True, slots=True)
class Compared:
    """Both groups over a time. `missing` is why nothing can be said (`no_control`, `few_held`, `few_days`,
    `no_orders`), "" where it can: then `each` is what each of the others spent more in minor units, and `revenue` that
    of all of them."""

    missing: str
    apart: Apart | None = None
    each: Reading | None = None
    revenue: Interval | None = None


def compared(*, since: datetime, until: datetime) -> Compared:
    """Who was held out and who was not, in the scope of a shop, between two instants."""
    sides = apart(since=since, until=until)
    if sides is None:
        return Compared(NO_CONTROL)
    if min(sides.held_out.members, sides.others.members) < LEAST_HELD:
        return Compared(FEW_HELD, sides)
    if sides.span.days < LEAST_DAYS:
        return Compared(FEW_DAYS, sides)
    found = more_each(sides.held_out.spend, sides.others.spend)
    if found is None:
        return Compared(NO_ORDERS, sides)
    return Compared("", sides, found, revenue_of(found, sides.others.members))
