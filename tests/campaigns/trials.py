"""Made-up experiments of known truth, looked at every day: what the statistics are proved on.

`TRIALS` says how many (300; `make prove PROVE=experiments` takes 2,000). All dice are loaded: the same each time.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from campaigns.rules.experiments import Interval, Metric, Moments, difference, read

TRIALS = int(os.environ.get("TRIALS", "300"))
DAYS, A_DAY = 28, 60

type Numbers = NDArray[np.float64]
type Draw = Callable[[np.random.Generator, int], tuple[Numbers, Numbers]]
"""So many members' outcomes, with what the same figure was before the experiment."""


@dataclass(frozen=True)
class Looks:
    """One experiment as it stood at the end of each day."""

    control: list[Moments]
    variant: list[Moments]

    def intervals(self, metric: Metric) -> Iterator[Interval]:
        """What the product says day by day, once it says anything."""
        for one, other in zip(self.control, self.variant, strict=True):
            found = read(one, other, metric)
            if found.interval is not None:
                yield found.interval

    def fixed(self, alpha: float = 0.05) -> Iterator[Interval]:
        """What the textbook's interval says day by day, which is made for a single look at the end."""
        for one, other in zip(self.control, self.variant, strict=True):
            found = difference(one, other)
            half = 1.959964 * sqrt(found.variance)
            yield Interval(found.value - half, found.value + half, alpha)


def run(seed: int, draw: Draw, *, lift: float = 0.0) -> Looks:
    """An experiment whose variant adds `lift` to whatever its members would have done."""
    dice = np.random.default_rng([2026, seed])
    sides = []
    for added in (0.0, lift):
        outcome, before = draw(dice, DAYS * A_DAY)
        sides.append(_by_day(outcome + added, before))
    return Looks(*sides)


def run_shares(seed: int, *, base: float, lift: float = 0.0) -> Looks:
    """The same for a share: how many did it."""
    dice = np.random.default_rng([2027, seed])
    nothing = np.zeros(DAYS * A_DAY)
    sides = [(dice.random(DAYS * A_DAY) < base + added).astype(float) for added in (0.0, lift)]
    return Looks(*(_by_day(side, nothing) for side in sides))


def _by_day(y: Numbers, x: Numbers) -> list[Moments]:
    ends = range(0, DAYS * A_DAY + 1, A_DAY)
    found, so_far = [], Moments()
    for first, last in pairwise(ends):
        a, b = y[first:last], x[first:last]
        day = (float(v) for v in (a.sum(), (a * a).sum(), b.sum(), (b * b).sum(), (a * b).sum()))
        so_far = so_far + Moments(last - first, *day)
        found.append(so_far)
    return found


def calm(dice: np.random.Generator, count: int) -> tuple[Numbers, Numbers]:
    """Amounts around 100 with a deviation of 40, and nothing known of before."""
    return dice.normal(100, 40, count), np.zeros(count)


def shoppers(dice: np.random.Generator, count: int) -> tuple[Numbers, Numbers]:
    """As in a shop: a third buys nothing, the others mostly little and some a lot."""
    spend = dice.lognormal(4, 0.8, count) * (dice.random(count) > 0.33)
    return spend, np.zeros(count)


def regulars(dice: np.random.Generator, count: int) -> tuple[Numbers, Numbers]:
    """Who spent much before spends much now: a correlation of 0.7."""
    before = dice.normal(100, 40, count)
    return 100 + 0.7 * (before - 100) + dice.normal(0, 40 * sqrt(1 - 0.49), count), before


def strangers(dice: np.random.Generator, count: int) -> tuple[Numbers, Numbers]:
    """What was before says nothing about now."""
    return dice.normal(100, 40, count), dice.normal(100, 40, count)


def mistaken(experiments: list[Looks], metric: Metric, *, fixed: bool = False) -> float:
    """The part of experiments without any effect in which somebody who looks daily is once told of one."""
    alarms = 0
    for looks in experiments:
        seen = looks.fixed() if fixed else looks.intervals(metric)
        alarms += any(not interval.covers(0.0) for interval in seen)
    return alarms / len(experiments)


def covered(experiments: list[Looks], metric: Metric, truth: float, *, fixed: bool = False) -> float:
    """The part of experiments in which the truth lies within the interval on every single day."""
    right = 0
    for looks in experiments:
        seen = looks.fixed() if fixed else looks.intervals(metric)
        right += all(interval.covers(truth) for interval in seen)
    return right / len(experiments)
