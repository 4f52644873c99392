"""From values to places: round ticks, and a straight line between two ends."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def ticks(low: float, high: float, *, count: int = 4, whole: bool = False) -> list[float]:
    """Round values from at or below `low` to at or above `high`, about `count` steps apart; `whole` never
    divides a one."""
    if high <= low:
        high = low + 1
    rough = (high - low) / count
    power = 10.0 ** floor(log10(rough))
    step = next(power * part for part in _STEPS if power * part >= rough * 0.999)
    if whole:
        step = max(1.0, float(ceil(step)))
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(place * step, 12) for place in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class Linear:
    """A straight scale: `low` lies at `start`, `high` at `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / ((self.high - self.low) or 1) * (self.end - self.start)


def known(values: Iterable[float | None]) -> list[float]:
    """The values there are. Raises: ValueError for one that is not a number: a figure says None instead."""
    found = [value for value in values if value is not None]
    if not all(isfinite(value) for value in found):
        raise ValueError("a chart draws numbers")
    return found
