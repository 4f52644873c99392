"""Fitting a model of customers by maximum likelihood, and saying how sure the fit is.

Parameters of these models are positive, so everything here happens in their logarithms: a step can never
leave the model, and intervals never cross zero. Rows that are the same are counted once, with a weight.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.stats import norm

type Numbers = NDArray[np.float64]

EDGE = 11.0
"""As far as a logarithm of a parameter may wander: at `exp(±11)` the data no longer say what it is."""


class TooLittleData(Exception):
    """The data cannot carry this figure. `reason` is a stable code, `have` and `need` are counts.

    Reasons: `few_customers`, `few_repeat_customers`, `short_history`, `few_amounts`, `no_answer` (the data
    do not determine the model: it is at the edge of what it can say).
    """

    def __init__(self, reason: str, *, have: int = 0, need: int = 0) -> None:
        super().__init__(f"{reason}: {have} of {need}")
        self.reason, self.have, self.need = reason, have, need


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the range it lies in with probability `level`, as far as the model is right."""

    value: float
    low: float
    high: float
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class Fit:
    """What maximum likelihood found: the parameters by name, how likely, and their covariance (in logarithms)."""

    names: tuple[str, ...]
    values: tuple[float, ...]
    log_likelihood: float
    covariance: Numbers
    customers: int

    def __getitem__(self, name: str) -> float:
        return self.values[self.names.index(name)]

    @property
    def standard_errors(self) -> dict[str, float]:
        """Of each parameter, by the delta method from its logarithm."""
        spread = np.sqrt(np.diag(self.covariance))
        return {
            name: float(value * s) for name, value, s in zip(self.names, self.values, spread, strict=True)
        }

    def interval(self, name: str, *, level: float = 0.95) -> Interval:
        """The range of one parameter."""
        place = self.names.index(name)
        reach = float(norm.ppf(0.5 + level / 2) * np.sqrt(self.covariance[place, place]))
        value = self.values[place]
        return Interval(value, value * float(np.exp(-reach)), value * float(np.exp(reach)), level)

    def of(self, figure: Callable[..., float], *, level: float = 0.95) -> Interval:
        """The range of a positive figure worked out from the parameters (`figure(*values)`): delta method
        on its logarithm, so that the range stays positive."""
        value = float(figure(*self.values))
        if not np.isfinite(value):
            raise TooLittleData("no_answer")
        if value <= 0:
            return Interval(value, value, value, level)
        centre = np.log(self.values)

        def told(logs: Numbers) -> float:
            return float(np.log(float(figure(*np.exp(logs)))))

        slope = _gradient(told, centre)
        reach = float(norm.ppf(0.5 + level / 2) * np.sqrt(max(float(slope @ self.covariance @ slope), 0.0)))
        if not np.isfinite(reach):
            raise TooLittleData("no_answer")
        return Interval(value, value * float(np.exp(-reach)), value * float(np.exp(reach)), level)


def maximise(
    log_likelihood: Callable[..., float],
    *,
    names: Sequence[str],
    starts: Sequence[Sequence[float]],
    customers: int,
) -> Fit:
    """Find the parameters under which the data are likeliest.

    `log_likelihood(*values)` takes positive parameters in the order of `names`. Every start is tried and the
    best end kept; a derivative-free search finishes where the gradient search gives up.

    Raises: TooLittleData `no_answer` where the best lies at the edge or is not a peak.
    """

    def cost(logs: Numbers) -> float:
        told = log_likelihood(*np.exp(np.clip(logs, -EDGE - 1, EDGE + 1)))
        return -told if np.isfinite(told) else 1e300

    # Per customer, so that the search's tolerances mean the same for fifty as for a million.
    scale = max(customers, 1)
    found: list[Any] = []
    for start in starts:
        first = minimize(
            lambda logs: cost(logs) / scale, np.log(start), method="L-BFGS-B",
            bounds=[(-EDGE, EDGE)] * len(names), options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-9},
        )  # fmt: skip
        found.append(first)
    best = min(found, key=lambda end: end.fun)
    polished = minimize(
        lambda logs: cost(logs) / scale, best.x, method="Nelder-Mead",
        options={"xatol": 1e-8, "fatol": 1e-14, "maxiter": 400, "initial_simplex": _simplex(best.x)},
    )  # fmt: skip
    ends = polished.x if polished.fun <= best.fun else best.x
    if np.any(np.abs(ends) > EDGE - 0.5):
        raise TooLittleData("no_answer", have=customers)
    covariance = _covariance(cost, ends)
    values = tuple(float(value) for value in np.exp(ends))
    return Fit(tuple(names), values, -float(cost(ends)), covariance, customers)


def _simplex(centre: Numbers) -> Numbers:
    corners = np.tile(centre, (len(centre) + 1, 1))
    corners[1:] += np.eye(len(centre)) * 1e-3
    return corners


def _covariance(cost: Callable[[Numbers], float], centre: Numbers) -> Numbers:
    """The inverse of the curvature at the peak (observed information)."""
    size, step = len(centre), 1e-3
    curve = np.empty((size, size))
    unit = np.eye(size) * step
    for i in range(size):
        for j in range(i, size):
            a, b = unit[i], unit[j]
            bent = cost(centre + a + b) - cost(centre + a - b) - cost(centre - a + b) + cost(centre - a - b)
            curve[i, j] = curve[j, i] = bent / (4 * step * step)
    if not np.all(np.isfinite(curve)) or np.min(np.linalg.eigvalsh(curve)) <= 0:
        raise TooLittleData("no_answer")
    return np.asarray(np.linalg.inv(curve))


def _gradient(told: Callable[[Numbers], float], centre: Numbers, step: float = 1e-5) -> Numbers:
    unit = np.eye(len(centre)) * step
    return np.array([(told(centre + one) - told(centre - one)) / (2 * step) for one in unit])


def counted(*columns: ArrayLike) -> tuple[tuple[Numbers, ...], Numbers]:
    """The distinct rows of some columns, and how often each occurs: a million customers are far fewer rows."""
    rows = np.column_stack([np.asarray(column, dtype=np.float64) for column in columns])
    distinct, times = np.unique(rows, axis=0, return_counts=True)
    return tuple(distinct.T), times.astype(np.float64)
