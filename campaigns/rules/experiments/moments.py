"""What an experiment has measured, as sums, and the difference between two variants with its noise. Pure.

Sums are all it takes: they add up over days, machines and SQL groups, and a member is never needed again. CUPED (Deng
et al. 2013) takes out what the members' own past already explains: of the outcome `y` only what is left of it after
the best line through the same figure `x` of before the experiment. The line is the same for both variants, and `x` was
fixed before anybody was assigned, so the difference stays unbiased.
"""

from collections.abc import Iterable
from dataclasses import dataclass


class Noisy(ValueError):
    """There is too little to tell the noise: fewer than two in a variant."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums over the `n` units of a variant: of the outcome `y` and of the figure before `x` (0 where there is none)."""

    n: int = 0
    y: float = 0.0
    yy: float = 0.0
    x: float = 0.0
    xx: float = 0.0
    xy: float = 0.0

    @classmethod
    def of(cls, values: Iterable[float], before: Iterable[float] | None = None) -> "Moments":
        """The sums of single units' figures."""
        ys = list(values)
        xs = [0.0] * len(ys) if before is None else list(before)
        if len(xs) != len(ys):
            raise ValueError("one figure of before for each outcome")
        return cls(
            len(ys), sum(ys), sum(y * y for y in ys), sum(xs), sum(x * x for x in xs),
            sum(x * y for x, y in zip(xs, ys, strict=True)),
        )  # fmt: skip

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(
            self.n + other.n, self.y + other.y, self.yy + other.yy, self.x + other.x, self.xx + other.xx,
            self.xy + other.xy,
        )  # fmt: skip

    @property
    def mean(self) -> float:
        """The mean outcome; 0 of nobody."""
        return self.y / self.n if self.n else 0.0

    @property
    def mean_before(self) -> float:
        """The mean figure of before."""
        return self.x / self.n if self.n else 0.0

    @property
    def variance(self) -> float:
        """Of the outcome, with n − 1. Raises `Noisy`."""
        return self._spread(self.yy, self.y, self.y)

    @property
    def variance_before(self) -> float:
        """Of the figure before."""
        return self._spread(self.xx, self.x, self.x)

    @property
    def covariance(self) -> float:
        """Of the outcome with the figure before."""
        return self._spread(self.xy, self.x, self.y)

    def _spread(self, products: float, one: float, other: float) -> float:
        if self.n < 2:
            raise Noisy()
        return (products - one * other / self.n) / (self.n - 1)


@dataclass(frozen=True, slots=True)
class Estimate:
    """How much more a variant brings per unit than the control, and the variance of that. `base` is the control's mean;
    `removed` the part of the noise that CUPED took out, from 0 to 1."""

    value: float
    variance: float
    base: float
    removed: float = 0.0


def difference(control: Moments, variant: Moments, *, adjusted: bool = True) -> Estimate:
    """The variant's mean less the control's. Raises `Noisy` with fewer than two units on a side."""
    plain = control.variance / control.n + variant.variance / variant.n
    raw = variant.mean - control.mean
    slope = _slope(control, variant) if adjusted else 0.0
    if not slope:
        return Estimate(raw, plain, control.mean)
    value = raw - slope * (variant.mean_before - control.mean_before)
    left = sum(_left(one, slope) / one.n for one in (control, variant))
    return Estimate(value, left, control.mean, 1 - left / plain if plain else 0.0)


def _slope(control: Moments, variant: Moments) -> float:
    """The line through outcome and before, within the variants: what the variants differ by is none of its business."""
    spread = sum((one.n - 1) * one.variance_before for one in (control, variant))
    if spread <= 0:
        return 0.0
    return sum((one.n - 1) * one.covariance for one in (control, variant)) / spread


def _left(one: Moments, slope: float) -> float:
    """The variance that is left beside the line; rounding must not take it below nothing."""
    return max(0.0, one.variance - 2 * slope * one.covariance + slope * slope * one.variance_before)
