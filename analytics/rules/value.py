"""What a customer is worth: history, prediction with its range, and how well predictions came true.

The models are fitted to what was known at a day, and their answers held against what then happened. A
prediction nobody checked is an opinion.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.rules import bgnbd, gammagamma, paretonbd
from analytics.rules.fitting import Fit, Interval, Numbers, TooLittleData
from analytics.rules.histories import Histories, histories, purchases_between

WEEKS_A_MONTH = 4.345
"""The mean length of a month in weeks, as published CLV figures take it."""


def clv(
    buying: Fit, spending: Fit, told: Histories, *, months: int = 12, yearly_discount: float = 0.1
) -> Numbers:
    """The discounted spend to expect of each customer over the next `months`, in the currency's units.

    Month by month: what is expected later is worth less. There is always a horizon, because in the BG/NBD
    model the sum over all time need not be finite. A margin is for the caller to multiply with.
    """
    return _clv_by(buying.values, spending.values, told, months, yearly_discount)


def _clv_by(
    buying: tuple[float, ...], spending: tuple[float, ...], told: Histories, months: int, yearly: float
) -> Numbers:
    (r, alpha, a, b), (p, q, v) = buying, spending
    worth, before = np.zeros(len(told)), np.zeros(len(told))
    rate = (1 + yearly) ** (1 / 12)
    for month in range(1, months + 1):
        weeks = month * WEEKS_A_MONTH
        upto = bgnbd.expected_by(r, alpha, a, b, weeks, told.repeats, told.last_week, told.weeks)
        worth += (upto - before) / rate**month
        before = upto
    spend = gammagamma.expected_spend_by(p, q, v, told.repeats, told.spend)
    return np.asarray(worth * spend)


def mean_clv(
    buying: Fit, spending: Fit, told: Histories, *, months: int = 12, yearly_discount: float = 0.1,
    level: float = 0.95,
) -> Interval:  # fmt: skip
    """The mean of `clv` over a group of customers, with the range that the uncertainty of both fits leaves.

    Raises: TooLittleData for an empty group.
    """
    if not len(told):
        raise TooLittleData("few_customers", need=1)
    cut = len(buying.values)
    size = cut + len(spending.values)
    both = np.zeros((size, size))
    both[:cut, :cut], both[cut:, cut:] = buying.covariance, spending.covariance
    joined = Fit((*buying.names, *spending.names), (*buying.values, *spending.values), 0.0, both, len(told))

    def figure(*values: float) -> float:
        return float(np.mean(_clv_by(values[:cut], values[cut:], told, months, yearly_discount)))

    return joined.of(figure, level=level)


@dataclass(frozen=True, slots=True)
class Checked:
    """How predictions made at a day compare with what then happened.

    `predicted` and `actual` are purchases of everybody; `error` is their difference as a share of the actual;
    `mean_absolute_error` is per customer. `groups` are rows (repeat purchases before, customers, predicted mean,
    actual mean), the last of them for that many or more. `naive_error` is the mean absolute error of going
    on as before: a model that does not beat it is not worth having. `sister` is what the Pareto/NBD model
    predicted, or None where it had no answer.
    """

    predicted: float
    actual: float
    error: float
    mean_absolute_error: float
    naive_error: float
    groups: tuple[tuple[int, int, float, float], ...]
    sister: float | None
    weeks: float

    @property
    def useful(self) -> bool:
        """Whether the model beat going on as before, customer by customer."""
        return self.mean_absolute_error < self.naive_error


def check(
    customers: ArrayLike, days: ArrayLike, amounts: ArrayLike, *, at: int, until: int, most: int = 7
) -> tuple[Fit, Checked]:
    """Fit to purchases up to the day `at`, predict up to `until`, and compare.

    Raises: TooLittleData where the model cannot be fitted, or nothing was bought after `at`.
    """
    known = histories(customers, days, amounts, until=at)
    actual = purchases_between(customers, days, keys=known.customers, after=at, until=until)
    return compare(known, actual, weeks=(until - at) / 7, most=most)


def compare(
    known: Histories, actual: Numbers, *, weeks: float, most: int = 7, sister: Histories | None = None
) -> tuple[Fit, Checked]:
    """The same for histories up to a day, and what each of these customers then bought in the next `weeks`.
    `sister` are the histories to fit the other model to, where there are so many that some of them have to do.

    Raises: TooLittleData, as `check`.
    """
    found = bgnbd.fit(known)
    if weeks <= 0 or not actual.any():
        raise TooLittleData("short_history", have=0, need=1)
    predicted = bgnbd.expected(found, weeks, known.repeats, known.last_week, known.weeks)
    pace = np.divide(known.repeats, known.weeks, out=np.zeros(len(known)), where=known.weeks > 0)
    return found, Checked(
        predicted=float(predicted.sum()),
        actual=float(actual.sum()),
        error=float(predicted.sum() / actual.sum() - 1),
        mean_absolute_error=float(np.mean(np.abs(predicted - actual))),
        naive_error=float(np.mean(np.abs(pace * weeks - actual))),
        groups=_groups(known.repeats, predicted, actual, most),
        sister=_sister(known, weeks, known if sister is None else sister),
        weeks=weeks,
    )


def _groups(
    repeats: Numbers, predicted: Numbers, actual: Numbers, most: int
) -> tuple[tuple[int, int, float, float], ...]:
    """Customers by how often they had bought: the calibration plot."""
    binned: NDArray[np.int64] = np.minimum(repeats, most).astype(np.int64)
    return tuple(
        (
            int(x),
            int(np.sum(binned == x)),
            float(predicted[binned == x].mean()),
            float(actual[binned == x].mean()),
        )
        for x in np.unique(binned)
    )


def _sister(known: Histories, weeks: float, fitted_to: Histories) -> float | None:
    try:
        other = paretonbd.fit(fitted_to)
    except TooLittleData:
        return None
    told = paretonbd.expected(other, weeks, fitted_to.repeats, fitted_to.last_week, fitted_to.weeks).sum()
    return float(told) * len(known) / len(fitted_to)
