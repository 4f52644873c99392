"""What the models of buying need to know of a customer: how often, how recently, since when, for how much.

A *purchase* is a customer's day with at least one order: two receipts of one visit are one purchase. Times are
counted in weeks of seven days from the first purchase, in the merchant's zone.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.rules.fitting import Numbers

WEEK = 7.0


@dataclass(frozen=True, slots=True)
class Histories:
    """One row a customer, up to the end of a period.

    `customers` are their keys in order; `repeats` counts purchases after the first (x); `last_week` is the
    time of the last purchase (t_x) and `weeks` the time watched (T), both since the first purchase; `spend` is
    the mean of the repeat purchases in the currency's units, 0 for who never came back.
    """

    customers: NDArray[np.int64]
    repeats: Numbers
    last_week: Numbers
    weeks: Numbers
    spend: Numbers

    def __len__(self) -> int:
        return len(self.customers)


def histories(customers: ArrayLike, days: ArrayLike, amounts: ArrayLike, *, until: int) -> Histories:
    """Fold purchases into one row a customer.

    Args: three columns of equal length, one row an order (a customer's key, the day's ordinal, the amount),
    in any order, and `until`, the ordinal of the last day watched; later orders are left out.
    """
    who, when = np.asarray(customers, dtype=np.int64), np.asarray(days, dtype=np.int64)
    paid = np.asarray(amounts, dtype=np.float64)
    kept = when <= until
    who, when, paid = who[kept], when[kept], paid[kept]
    if not len(who):
        nothing = np.empty(0)
        return Histories(np.empty(0, np.int64), nothing, nothing, nothing, nothing)
    visits, place = np.unique(np.column_stack([who, when]), axis=0, return_inverse=True)
    sums = np.bincount(place.ravel(), weights=paid)
    keys, first, visits_each = np.unique(visits[:, 0], return_index=True, return_counts=True)
    born = visits[first, 1]
    last = visits[first + visits_each - 1, 1]
    repeats = (visits_each - 1).astype(np.float64)
    later = np.add.reduceat(sums, first) - sums[first]
    spend = np.divide(later, repeats, out=np.zeros_like(later), where=repeats > 0)
    return Histories(keys, repeats, (last - born) / WEEK, (until - born) / WEEK, spend)


def purchases_between(
    customers: ArrayLike, days: ArrayLike, *, keys: NDArray[np.int64], after: int, until: int
) -> Numbers:
    """How many purchases each of `keys` (sorted) made later than `after` and not later than `until`."""
    who, when = np.asarray(customers, dtype=np.int64), np.asarray(days, dtype=np.int64)
    kept = (when > after) & (when <= until) & np.isin(who, keys)
    counts = np.zeros(len(keys))
    if not np.any(kept):
        return counts
    visits = np.unique(np.column_stack([who[kept], when[kept]]), axis=0)
    np.add.at(counts, np.searchsorted(keys, visits[:, 0]), 1.0)
    return counts
