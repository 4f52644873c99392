"""What the programme brings back in a period: what is known of it, and what is missing to know it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from analytics.queries.control import Compared, compared
from analytics.queries.costing import costs, margin
from analytics.queries.liability import Owed
from analytics.queries.sums import Reader
from analytics.rules.calendar import Stretch
from analytics.rules.returns import LEAST_HELD, Costs, Return, returned
from campaigns.rules.experiments.moments import difference

NO_CONTROL, FEW_HELD, NO_MARGIN, NO_POINT_COST = "no_control", "few_held", "no_margin", "no_point_cost"


@dataclass(frozen=True, slots=True)
class Answer:
    """`missing` names what is not known: nobody was left out (`no_control`), too few were (`few_held`), the margin
    (`no_margin`), what points cost (`no_point_cost`). `returned` is None while anything is. `held` and `others` are how
    many members were compared."""

    when: Stretch
    costs: Costs
    use: Decimal
    margin: Decimal | None
    missing: Sequence[str]
    held: int = 0
    others: int = 0
    more_each: float | None = None
    returned: Return | None = None


def answer_for(read: Reader, when: Stretch, owed: Owed) -> Answer:
    """What came of a period. The share of points that will be used is reckoned with as it is known today."""
    found, part = costs(read, when, use=owed.share), margin()
    sides = compared(since=when.since(read.zone), until=min(when.until(read.zone), read.at))
    missing = _missing(found, part, sides)
    held = sides.held_out.n if sides else 0
    others = sides.others.n if sides else 0
    if missing or sides is None or part is None:
        return Answer(when, found, owed.share, part, missing, held, others)
    more = difference(sides.held_out, sides.others)
    told = returned(more.value, more.variance, members=others, margin=part, costs_minor=found.total_minor)
    return Answer(when, found, owed.share, part, (), held, others, more.value, told)


def _missing(found: Costs, part: Decimal | None, sides: Compared | None) -> list[str]:
    missing = []
    if sides is None:
        missing.append(NO_CONTROL)
    elif min(sides.held_out.n, sides.others.n) < LEAST_HELD:
        missing.append(FEW_HELD)
    if part is None:
        missing.append(NO_MARGIN)
    if found.points_minor is None:
        missing.append(NO_POINT_COST)
    return missing
