"""The older sister of BG/NBD, used to check it: the Pareto/NBD model.

Customers buy as in BG/NBD, but may leave at any time, not only after a purchase (exponential lifetimes whose
rates are Gamma with shape `s` and rate `beta`). Where both models say nearly the same, the figure does not
hang on the choice of the model. Schmittlein, Morrison and Colombo (1987); the likelihood in the form of Fader
and Hardie's note of 2005.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, hyp2f1

from analytics.rules import bgnbd
from analytics.rules.fitting import Fit, Numbers, TooLittleData, counted, maximise
from analytics.rules.histories import Histories

NAMES = ("r", "alpha", "s", "beta")

_STARTS = ((1.0, 10.0, 1.0, 10.0), (0.5, 10.0, 0.6, 12.0))


def log_likelihood(
    r: float, alpha: float, s: float, beta: float, x: Numbers, tx: Numbers, t: Numbers
) -> Numbers:
    """Of each customer's history: `x` repeat purchases, the last after `tx` of `t` weeks."""
    counts = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    alive = -(r + x) * np.log(alpha + t) - s * np.log(beta + t)
    gone = np.log(s / (r + s + x)) + _log_gone(r, alpha, s, beta, x, tx, t)
    with np.errstate(invalid="ignore"):  # far outside of what is likely: the search turns back there
        return np.asarray(counts + np.logaddexp(alive, gone))


def _log_gone(r: float, alpha: float, s: float, beta: float, x: Numbers, tx: Numbers, t: Numbers) -> Numbers:
    """The logarithm of the integral over having left between the last purchase and now."""
    near, far = _log_tail(r, alpha, s, beta, x, tx), _log_tail(r, alpha, s, beta, x, t)
    with np.errstate(divide="ignore", invalid="ignore"):
        left = near + np.log(-np.expm1(np.minimum(far - near, 0.0)))
    return np.where(t > tx, left, -np.inf)


def _log_tail(r: float, alpha: float, s: float, beta: float, x: Numbers, since: Numbers) -> Numbers:
    """ln of F(r+s+x, …; r+s+x+1; z) / (max + since)^(r+s+x), after Euler's transformation: no overflow."""
    power = r + s + x
    if alpha >= beta:
        top, low = alpha + since, beta + since
        shape, other = np.full_like(x, s), r + x
    else:
        top, low = beta + since, alpha + since
        shape, other = r + x - 1, np.full_like(x, s + 1)
    series = hyp2f1(1.0, other, power + 1, (top - low) / top)
    return np.asarray(np.log(series) - shape * np.log(low / top) - power * np.log(top))


def fit(histories: Histories) -> Fit:
    """Fit the model. Raises: TooLittleData, as `bgnbd.fit`."""
    returning = int(np.count_nonzero(histories.repeats))
    if len(histories) < bgnbd.LEAST_CUSTOMERS:
        raise TooLittleData("few_customers", have=len(histories), need=bgnbd.LEAST_CUSTOMERS)
    if returning < bgnbd.LEAST_RETURNING:
        raise TooLittleData("few_repeat_customers", have=returning, need=bgnbd.LEAST_RETURNING)
    (x, tx, t), times = counted(histories.repeats, histories.last_week, histories.weeks)

    def told(r: float, alpha: float, s: float, beta: float) -> float:
        return float(times @ log_likelihood(r, alpha, s, beta, x, tx, t))

    return maximise(told, names=NAMES, starts=_STARTS, customers=len(histories))


def alive(fit: Fit, x: ArrayLike, tx: ArrayLike, t: ArrayLike) -> Numbers:
    """The probability that a customer with this history still buys."""
    r, alpha, s, beta = fit.values
    x, tx, t = (np.asarray(one, dtype=np.float64) for one in (x, tx, t))
    odds = np.log(s / (r + s + x)) + (r + x) * np.log(alpha + t) + s * np.log(beta + t)
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(odds + _log_gone(r, alpha, s, beta, x, tx, t))))


def expected(fit: Fit, weeks: ArrayLike, x: ArrayLike, tx: ArrayLike, t: ArrayLike) -> Numbers:
    """Purchases to expect in the next `weeks` of a customer with this history."""
    r, alpha, s, beta = fit.values
    weeks, x, tx, t = (np.asarray(one, dtype=np.float64) for one in (weeks, x, tx, t))
    lasting = _lasting(s - 1, np.log1p(weeks / (beta + t)))
    return np.asarray((r + x) * (beta + t) / (alpha + t) * lasting * alive(fit, x, tx, t))


def expected_new(fit: Fit, weeks: ArrayLike) -> Numbers:
    """Repeat purchases to expect of somebody in the `weeks` after their first purchase."""
    r, alpha, s, beta = fit.values
    weeks = np.asarray(weeks, dtype=np.float64)
    return np.asarray(r * beta / alpha * _lasting(s - 1, np.log1p(weeks / beta)))


def _lasting(power: float, logs: Numbers) -> Numbers:
    """(1 − e^(−power · logs)) / power, also where the power is nought."""
    return logs if abs(power) < 1e-12 else np.asarray(-np.expm1(-power * logs) / power)
