"""Intervals and p-values that hold whenever somebody looks. Pure.

For an estimate that is about normal around the true difference with variance `v`, and a mixture of possible differences
that is normal around nothing with variance `mixture`, the likelihood ratio against a difference `d` is

    sqrt(v / (v + mixture)) · exp(mixture · (estimate − d)² / (2 · v · (v + mixture)))

Under `d` that is a martingale while data comes in, so by Ville's inequality it ever reaches 1/alpha with a chance of at
most alpha. All `d` for which it has not are the interval; one over it, at `d` = 0, is the p-value (Johari et al. 2022,
equations 7 to 9; Howard et al. 2021, the two-sided normal mixture). The mixture only decides at which size of effect
the test is sharpest; any value chosen before the data keeps the promise.
"""

from dataclasses import dataclass
from math import exp, inf, log, log1p, sqrt


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high` at a confidence of 1 − alpha, at every look together. `p`: the always-valid p-value."""

    low: float
    high: float
    p: float

    @property
    def width(self) -> float:
        """How wide it is."""
        return self.high - self.low

    def covers(self, value: float) -> bool:
        """Whether a value lies within."""
        return self.low <= value <= self.high


def always_valid(estimate: float, variance: float, *, mixture: float, alpha: float = 0.05) -> Interval:
    """The interval of an estimate whose variance is known by now. `mixture` is the variance of the effects one would
    expect, in the square of the estimate's unit. `ValueError` for what makes no sense."""
    if not 0 < alpha < 1 or mixture <= 0 or variance < 0:
        raise ValueError("alpha lies between 0 and 1, the mixture above 0")
    if variance == 0:
        # Nobody differs from anybody on either side: what is measured says nothing about its noise.
        return Interval(-inf, inf, 1.0)
    both = variance + mixture
    half = sqrt(variance * both / mixture * (2 * log(1 / alpha) + log1p(mixture / variance)))
    tells = mixture * estimate * estimate / (2 * variance * both) + 0.5 * log(variance / both)
    return Interval(estimate - half, estimate + half, exp(-tells) if tells > 0 else 1.0)


def mixture_for(smallest: float) -> float:
    """The mixture that is sharpest near the smallest difference worth knowing about."""
    if smallest == 0:
        raise ValueError("a difference of nothing cannot be looked for")
    return smallest * smallest
