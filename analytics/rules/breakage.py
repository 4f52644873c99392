"""Which share of points will be used: fitted on lots, as survival is fitted on patients.

A lot leaves in two ways: its points are used, or they expire. Of lots that are still there only the age is known
(they are *censored*): leaving them out would see only the quick ones. The curve is the estimate of Aalen and
Johansen, which is Kaplan and Meier's with two ways out. Points are weights; since a member's points move together,
they count for less than as many independent ones (Kish's effective number), and the range says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from analytics.rules.fitting import Interval, Numbers, TooLittleData

LEAST_LOTS = 50
LEAST_USED = 10


@dataclass(frozen=True, slots=True)
class Movement:
    """Points of lots that left, or were last seen, at one age in days.

    `used` were spent, `expired` ran out, `seen` are still there (or were taken back, which is neither): they
    are not watched any longer. `lots` is how many lots the row tells of.
    """

    age: int
    used: int = 0
    expired: int = 0
    seen: int = 0
    lots: int = 1


@dataclass(frozen=True, slots=True)
class Curve:
    """By age in days: the share still there after it, the share used and the share expired up to it.

    `spread` is the standard error of the used share; `open_ended` says that some were still there at the
    highest age watched, so what becomes of those is not known.
    """

    age: Numbers
    left: Numbers
    used: Numbers
    expired: Numbers
    spread: Numbers
    open_ended: bool

    def redemption(self, *, level: float = 0.95) -> Interval:
        """The share of points given that will be used in the end.

        Where lots outlive what was watched, those left are shared like those that went; the range then reaches
        from none of them to all of them.
        """
        reach = float(norm.ppf(0.5 + level / 2)) * float(self.spread[-1])
        used, expired, left = float(self.used[-1]), float(self.expired[-1]), float(self.left[-1])
        value = used / (used + expired) if used + expired > 0 else 0.0
        low = used - reach
        high = used + (left if self.open_ended else 0.0) + reach
        return Interval(value, max(low, 0.0), min(max(high, value), 1.0), level)

    def redemption_from(self, age: ArrayLike) -> Numbers:
        """The share of points that are still there at an age which will be used in the end."""
        place = np.searchsorted(self.age, np.asarray(age), side="right") - 1
        used = np.where(place < 0, 0.0, self.used[np.maximum(place, 0)])
        left = np.where(place < 0, 1.0, self.left[np.maximum(place, 0)])
        to_come = self.used[-1] - used
        end = float(self.left[-1])
        gone = float(self.used[-1] + self.expired[-1])
        if end > 0 and gone > 0:
            to_come = to_come + end * float(self.used[-1]) / gone
        return np.asarray(
            np.clip(np.divide(to_come, left, out=np.zeros_like(left), where=left > 1e-12), 0.0, 1.0)
        )


def curve(movements: Sequence[Movement]) -> Curve:
    """Fit the curve. Rows may come in any order; of one age, uses and expiries happen before being last seen.

    Raises: TooLittleData for fewer than 50 lots or 10 of points used or expired.
    """
    lots = sum(row.lots for row in movements)
    if lots < LEAST_LOTS:
        raise TooLittleData("few_customers", have=lots, need=LEAST_LOTS)
    moved = sum(row.lots for row in movements if row.used or row.expired)
    if moved < LEAST_USED:
        raise TooLittleData("few_amounts", have=moved, need=LEAST_USED)
    age = np.array(sorted({row.age for row in movements}), dtype=np.float64)
    place = {day: index for index, day in enumerate(age)}
    used, expired, seen = (np.zeros(len(age)) for _ in range(3))
    squares = 0.0
    for row in movements:
        index = place[float(row.age)]
        used[index] += row.used
        expired[index] += row.expired
        seen[index] += row.seen
        squares += (row.used + row.expired + row.seen) ** 2 / row.lots
    return _fitted(age, used, expired, seen, squares)


def _fitted(age: Numbers, used: Numbers, expired: Numbers, seen: Numbers, squares: float) -> Curve:
    total = float(np.sum(used + expired + seen))
    at_risk = total - np.concatenate([[0.0], np.cumsum(used + expired + seen)[:-1]])
    out = used + expired
    hazard = np.divide(out, at_risk, out=np.zeros_like(out), where=at_risk > 0)
    left = np.cumprod(1 - hazard)
    left[left < 1e-12] = 0.0
    before = np.concatenate([[1.0], left[:-1]])
    ways = [
        np.cumsum(before * np.divide(way, at_risk, out=np.zeros_like(way), where=at_risk > 0))
        for way in (used, expired)
    ]
    # As many independent points as these are worth, and Gray's variance of the used share over them.
    worth = total**2 / squares / total if squares else 1.0
    spread = _spread(used * worth, out * worth, at_risk * worth, before, ways[0])
    return Curve(age, left, ways[0], ways[1], spread, bool(left[-1] > 1e-9))


def _spread(used: Numbers, out: Numbers, at_risk: Numbers, before: Numbers, share: Numbers) -> Numbers:
    """The standard error of the used share at each age, by the delta method (Marubini and Valsecchi)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        common = np.where(at_risk > out, out / (at_risk * (at_risk - out)), 0.0)
        own = np.where(at_risk > 0, before**2 * (at_risk - used) / at_risk * used / at_risk**2, 0.0)
        mixed = np.where(at_risk > 0, before * used / at_risk**2, 0.0)
    told = np.empty(len(share))
    a, b, c = np.cumsum(common), np.cumsum(share * common), np.cumsum(share**2 * common)
    d, e = np.cumsum(mixed), np.cumsum(share * mixed)
    for i, now in enumerate(share):
        told[i] = now**2 * a[i] - 2 * now * b[i] + c[i] - 2 * (now * d[i] - e[i])
    return np.asarray(np.sqrt(np.maximum(told + np.cumsum(own), 0.0)))
