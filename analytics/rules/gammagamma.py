"""How much customers spend: the Gamma-Gamma model of the mean purchase.

Amounts of one customer scatter around a mean of their own (Gamma with shape `p`), and the means of customers
scatter, too (`q`, `v`). Few purchases are pulled towards what everybody spends, many are believed. It takes the
mean of *repeat* purchases above zero and assumes that who buys often does not therefore spend more or less; the
correlation is reported so that it can be doubted. Fader and Hardie's note 025 (2013).
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from analytics.rules.fitting import Fit, Numbers, TooLittleData, maximise
from analytics.rules.histories import Histories

NAMES = ("p", "q", "v")
LEAST_RETURNING = 30

_STARTS = ((1.0, 2.0, 1.0), (6.0, 4.0, 15.0))


def log_likelihood(p: float, q: float, v: float, x: Numbers, mean: Numbers) -> Numbers:
    """Of each customer's `mean` amount over `x` repeat purchases."""
    return np.asarray(
        gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v)
        + (p * x - 1) * np.log(mean) + p * x * np.log(x) - (p * x + q) * np.log(v + mean * x)
    )  # fmt: skip


def fit(histories: Histories) -> Fit:
    """Fit the model to who came back and paid something.

    Raises: TooLittleData for fewer than 30 of them, or where spending has no mean (`q` at most 1).
    """
    told = (histories.repeats > 0) & (histories.spend > 0)
    returning = int(np.count_nonzero(told))
    if returning < LEAST_RETURNING:
        raise TooLittleData("few_amounts", have=returning, need=LEAST_RETURNING)
    x, mean = histories.repeats[told], histories.spend[told]
    # In units of the typical amount, so that the search starts in the middle for yen as for dollars.
    unit = float(np.median(mean))

    def likely(p: float, q: float, v: float) -> float:
        return float(np.sum(log_likelihood(p, q, v, x, mean / unit)))

    starts = [(p, q, max(v / 25, 0.1)) for p, q, v in _STARTS]
    found = maximise(likely, names=NAMES, starts=starts, customers=returning)
    if found["q"] <= 1:
        raise TooLittleData("no_answer", have=returning)
    p, q, v = found.values
    whole = found.log_likelihood - returning * float(np.log(unit))
    return Fit(NAMES, (p, q, v * unit), whole, found.covariance, returning)


def expected_spend(fit: Fit, x: ArrayLike, mean: ArrayLike) -> Numbers:
    """The amount to expect of a customer's next purchase, in the currency's units: of who never came back,
    what everybody spends."""
    p, q, v = fit.values
    return expected_spend_by(p, q, v, x, mean)


def expected_spend_by(p: float, q: float, v: float, x: ArrayLike, mean: ArrayLike) -> Numbers:
    """`expected_spend`, of bare parameters (for intervals)."""
    x, mean = np.asarray(x, dtype=np.float64), np.asarray(mean, dtype=np.float64)
    return np.asarray(p * (v + mean * x) / (p * x + q - 1))


def correlation(histories: Histories) -> float:
    """Between how often and how much, over who came back: what the model takes for nought. 0 for too few."""
    told = (histories.repeats > 0) & (histories.spend > 0)
    x, mean = histories.repeats[told], histories.spend[told]
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(mean) == 0:
        return 0.0
    return float(np.corrcoef(x, mean)[0, 1])
