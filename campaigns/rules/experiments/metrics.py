"""By what experiments can be judged: figures of what a member does within some days of their exposure. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from campaigns.rules.experiments.reading import Direction, Guardrail, Kind, Metric


class Measure(StrEnum):
    """The figures, each per member: `SPEND` and `POINTS` in whole units (minor units, points), after refunds and before
    them; `BOUGHT` and `REDEEMED` whether they did it at all."""

    SPEND = "spend"
    ORDERS = "orders"
    BOUGHT = "bought"
    REDEEMED = "redeemed"
    POINTS = "points"


@dataclass(frozen=True, slots=True)
class Said:
    """What a measure is: a share or a mean, which way is good, and the smallest difference that is looked for where the
    shop has no past to take it from."""

    kind: Kind
    direction: Direction
    fallback: float


SAID = {
    Measure.SPEND: Said(Kind.MEAN, Direction.MORE, 1000.0),
    Measure.ORDERS: Said(Kind.MEAN, Direction.MORE, 0.1),
    Measure.BOUGHT: Said(Kind.SHARE, Direction.MORE, 0.03),
    Measure.REDEEMED: Said(Kind.SHARE, Direction.MORE, 0.03),
    Measure.POINTS: Said(Kind.MEAN, Direction.LESS, 10.0),
}
GUARD_PERCENT = 5
"""What a guardrail may suffer, of its own figure, where nobody says otherwise."""


def smallest(measure: Measure, *, base: float, percent: int) -> float:
    """The smallest difference worth knowing, in the measure's own unit: so many percent of what it is today."""
    return abs(base) * percent / 100 or SAID[measure].fallback


def metric(measure: Measure, *, at_least: float) -> Metric:
    """The measure as results are read."""
    said = SAID[measure]
    return Metric(said.kind, at_least, said.direction)


def guardrail(measure: Measure, *, accepted: float) -> Guardrail:
    """The measure as a guardrail: harm up to `accepted`, in its own unit, is borne."""
    return Guardrail(metric(measure, at_least=accepted), accepted)
