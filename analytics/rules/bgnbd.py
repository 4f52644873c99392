"""How often customers buy, and whether they still do: the BG/NBD model.

While alive a customer buys at random at a rate of their own (Gamma with shape `r` and rate `alpha`), and after
each purchase leaves for good with a probability of their own (Beta with `a` and `b`). Time is in weeks.
Fader, Hardie and Lee, "Counting Your Customers the Easy Way", Marketing Science 24 (2005).

The textbook formulas overflow for frequent buyers. Here likelihoods are summed as logarithms, and the
hypergeometric function is taken after Euler's transformation, where its factors stay small.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc, betaln, gammaln, hyp2f1

from analytics.rules.fitting import Fit, Numbers, TooLittleData, counted, maximise
from analytics.rules.histories import Histories

NAMES = ("r", "alpha", "a", "b")
LEAST_CUSTOMERS = 100
LEAST_RETURNING = 30
LEAST_WEEKS = 8

_STARTS = ((1.0, 10.0, 1.0, 2.0), (0.3, 4.0, 0.8, 2.5))


def log_likelihood(
    r: float, alpha: float, a: float, b: float, x: Numbers, tx: Numbers, t: Numbers
) -> Numbers:
    """Of each customer's history: `x` repeat purchases, the last after `tx` of `t` weeks."""
    counts = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    stays = betaln(a, b + x) - betaln(a, b)
    alive = -(r + x) * np.log(alpha + t)
    with np.errstate(divide="ignore", invalid="ignore"):
        gone = np.log(a) - np.log(b + x - 1) - (r + x) * np.log(alpha + tx)
    return np.asarray(counts + stays + np.where(x > 0, np.logaddexp(alive, gone), alive))


def fit(histories: Histories) -> Fit:
    """Fit the model.

    Raises: TooLittleData for fewer than 100 customers, 30 who came back, or 8 weeks.
    """
    returning = int(np.count_nonzero(histories.repeats))
    if len(histories) < LEAST_CUSTOMERS:
        raise TooLittleData("few_customers", have=len(histories), need=LEAST_CUSTOMERS)
    if returning < LEAST_RETURNING:
        raise TooLittleData("few_repeat_customers", have=returning, need=LEAST_RETURNING)
    if histories.weeks.max() < LEAST_WEEKS:
        raise TooLittleData("short_history", have=int(histories.weeks.max()), need=LEAST_WEEKS)
    told = _likelihood_of(histories)
    return maximise(told, names=NAMES, starts=_STARTS, customers=len(histories))


def _likelihood_of(histories: Histories) -> Callable[..., float]:
    """The log-likelihood of all histories as a function of the parameters: `log_likelihood`, summed, with each
    logarithm taken once for each number of purchases and each time that occurs, of which there are few among a
    million."""
    (x, tx, t), times = counted(histories.repeats, histories.last_week, histories.weeks)
    (counts, of_x), (lasts, of_tx), (ages, of_t) = (
        np.unique(column, return_inverse=True) for column in (x, tx, t)
    )
    returned = x > 0

    def told(r: float, alpha: float, a: float, b: float) -> float:
        with np.errstate(divide="ignore", invalid="ignore"):
            each = gammaln(r + counts) - gammaln(r) + r * np.log(alpha) + betaln(a, b + counts) - betaln(a, b)
            left = np.log(a) - np.log(b + counts - 1)
        power = r + x
        alive = -power * np.log(alpha + ages)[of_t]
        gone = left[of_x] - power * np.log(alpha + lasts)[of_tx]
        with np.errstate(invalid="ignore"):
            sums = each[of_x] + np.where(returned, np.logaddexp(alive, gone), alive)
        return float(times @ sums)

    return told


def alive(fit: Fit, x: ArrayLike, tx: ArrayLike, t: ArrayLike) -> Numbers:
    """The probability that a customer with this history still buys. Who never came back counts as alive: the
    model lets a customer leave only after a repeat purchase."""
    r, alpha, a, b = fit.values
    x, tx, t = _floats(x, tx, t)
    return np.asarray(1 / (1 + _odds_of_gone(r, alpha, a, b, x, tx, t)))


def _odds_of_gone(r: float, alpha: float, a: float, b: float, x: Numbers, tx: Numbers, t: Numbers) -> Numbers:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        odds = np.exp(np.log(a) - np.log(b + x - 1) + (r + x) * np.log((alpha + t) / (alpha + tx)))
    return np.where(x > 0, odds, 0.0)


def expected(fit: Fit, weeks: ArrayLike, x: ArrayLike, tx: ArrayLike, t: ArrayLike) -> Numbers:
    """Purchases to expect in the next `weeks` of a customer with this history."""
    r, alpha, a, b = fit.values
    return expected_by(r, alpha, a, b, weeks, x, tx, t)


def expected_by(
    r: float, alpha: float, a: float, b: float, weeks: ArrayLike, x: ArrayLike, tx: ArrayLike, t: ArrayLike
) -> Numbers:
    """`expected`, of bare parameters (for intervals)."""
    weeks, x, tx, t = _floats(weeks, x, tx, t)

    def told(a: float) -> Numbers:
        z = weeks / (alpha + t + weeks)
        c = a + b + x - 1
        left = np.exp((a - 1) * np.log1p(-z)) * hyp2f1(a - 1, a + b - 1 - r, c, z)
        return np.asarray(c / (a - 1) * (1 - left) / (1 + _odds_of_gone(r, alpha, a, b, x, tx, t)))

    return _past_the_hole(told, a)


def expected_new(fit: Fit, weeks: ArrayLike) -> Numbers:
    """Repeat purchases to expect of somebody in the `weeks` after their first purchase."""
    return expected(fit, weeks, 0.0, 0.0, 0.0)


def probability(fit: Fit, count: ArrayLike, weeks: ArrayLike) -> Numbers:
    """The probability of exactly `count` repeat purchases in the `weeks` after the first."""
    r, alpha, a, b = fit.values
    n, t = _floats(count, weeks)
    z = t / (alpha + t)
    buying = gammaln(r + n) - gammaln(r) - gammaln(n + 1) + r * np.log1p(-z)
    with np.errstate(divide="ignore"):
        buying = buying + np.where(n > 0, n * np.log(z), 0.0)
    stays = np.exp(betaln(a, b + n) - betaln(a, b) + buying)
    once = np.maximum(n, 1)
    leaves = np.exp(betaln(a + 1, b + once - 1) - betaln(a, b)) * betainc(once, r, z)
    return np.asarray(stays + np.where(n > 0, leaves, 0.0))


def _past_the_hole(told: Callable[[float], Numbers], a: float) -> Numbers:
    """The formula divides by `a − 1`, and only the formula: on either side of 1 it goes on smoothly."""
    near = 1e-4
    if abs(a - 1) > near:
        return told(a)
    low, high = told(1 - near), told(1 + near)
    return low + (high - low) * (a - 1 + near) / (2 * near)


def _floats(*values: ArrayLike) -> tuple[Numbers, ...]:
    return tuple(np.asarray(value, dtype=np.float64) for value in values)
