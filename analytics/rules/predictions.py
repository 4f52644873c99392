"""What is foretold of each customer, however many there are: the same history gives the same answer, so each is worked
out once.

Of a large shop times are taken in whole weeks: a million customers then have far fewer histories between them, and what
is lost lies within what the fit does not know anyway.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.rules import bgnbd, gammagamma
from analytics.rules.fitting import Fit, Numbers, TooLittleData
from analytics.rules.histories import WEEK, Histories
from analytics.rules.value import WEEKS_A_MONTH

LARGE = 20_000
"""From so many customers on times are whole weeks, and what needs fewer takes some of them, evenly chosen."""
MONTHS = 12
YEARLY_DISCOUNT = 0.1
DRAWS = 128
LEVEL = 0.8
"""How many of such customers end within the range."""
_AT_ONCE = 20_000
GONE, LEAVING = 0.2, 0.6
"""Below these chances of still buying a customer is taken for gone, or about to leave."""


@dataclass(frozen=True, slots=True)
class Predicted:
    """One row a customer. `alive` is the chance that they still buy; `purchases` what to expect over the months, `low`
    and `high` the range of it; `worth` what they come to, discounted, in the currency's units."""

    alive: Numbers
    purchases: Numbers
    worth: Numbers
    worth_low: Numbers
    worth_high: Numbers


def in_weeks(told: Histories) -> Histories:
    """The histories with whole weeks, where there are many."""
    if len(told) < LARGE:
        return told
    last, weeks = np.rint(told.last_week), np.rint(told.weeks)
    return Histories(told.customers, told.repeats, last, weeks, told.spend)


def some(told: Histories, most: int = LARGE) -> Histories:
    """At most so many of the customers, evenly chosen."""
    if len(told) <= most:
        return told
    kept = np.linspace(0, len(told) - 1, most).astype(np.int64)
    return chosen(told, kept)


def chosen(told: Histories, kept: NDArray[np.int64]) -> Histories:
    """The customers at some places."""
    return Histories(
        told.customers[kept], told.repeats[kept], told.last_week[kept], told.weeks[kept], told.spend[kept]
    )


def spending_of(told: Histories) -> Fit | None:
    """The model of amounts; None where they differ too much for one, and everybody's average has to do."""
    who = np.flatnonzero((told.repeats > 0) & (told.spend > 0))
    try:
        return gammagamma.fit(some(chosen(told, who)))
    except TooLittleData:
        return None


def amounts(spending: Fit | None, told: Histories) -> Numbers:
    """What to expect of each customer's next purchase."""
    if spending is not None:
        return gammagamma.expected_spend(spending, told.repeats, told.spend)
    paid = told.repeats > 0
    whole = float(told.repeats[paid].sum())
    mean = float((told.repeats[paid] * told.spend[paid]).sum()) / whole if whole else 0.0
    return np.full(len(told), max(mean, 0.0))


def predict(
    buying: Fit, spending: Fit | None, told: Histories, *, months: int = MONTHS, seed: int = 1
) -> Predicted:
    """What is foretold of each customer over the next `months`. The range comes of `DRAWS` lives drawn for each history
    from the model itself; the same seed draws the same."""
    (x, tx, t), place = _distinct(told)
    alive = bgnbd.alive(buying, x, tx, t)
    purchases, discounted = _expected(buying, x, tx, t, months)
    low, high = _ranges(buying, x, t, alive, months * WEEKS_A_MONTH, seed)
    each = amounts(spending, told)
    factor = np.divide(discounted, purchases, out=np.ones_like(purchases), where=purchases > 0)
    return Predicted(
        alive[place], purchases[place], discounted[place] * each, (low * factor)[place] * each,
        (high * factor)[place] * each,
    )  # fmt: skip


def _distinct(told: Histories) -> tuple[tuple[Numbers, Numbers, Numbers], NDArray[np.int64]]:
    """The histories there are, and which of them each customer has. Days are whole, so one number says each."""
    days = 40_000
    last = np.rint(told.last_week * WEEK).astype(np.int64)
    weeks = np.rint(told.weeks * WEEK).astype(np.int64)
    codes = (told.repeats.astype(np.int64) * days + last) * days + weeks
    kinds, place = np.unique(codes, return_inverse=True)
    rest, watched = np.divmod(kinds, days)
    repeats, lasting = np.divmod(rest, days)
    return (repeats.astype(np.float64), lasting / WEEK, watched / WEEK), place.ravel()


def _expected(fit: Fit, x: Numbers, tx: Numbers, t: Numbers, months: int) -> tuple[Numbers, Numbers]:
    """Purchases over the months, and the same with later ones worth less."""
    rate = (1 + YEARLY_DISCOUNT) ** (1 / 12)
    before, worth = np.zeros(len(x)), np.zeros(len(x))
    for month in range(1, months + 1):
        upto = bgnbd.expected(fit, month * WEEKS_A_MONTH, x, tx, t)
        worth += (upto - before) / rate**month
        before = upto
    return np.maximum(before, 0.0), np.maximum(worth, 0.0)


def _ranges(
    fit: Fit, x: Numbers, t: Numbers, alive: Numbers, weeks: float, seed: int
) -> tuple[Numbers, Numbers]:
    """Where purchases lie in eight of ten lives. Of who still buys, the rate is Gamma(r + x, alpha + T) and the
    chance to leave after a purchase Beta(a, b + x): the model's own, given the history."""
    random = np.random.default_rng(seed)
    low, high = np.empty(len(x)), np.empty(len(x))
    ends = [50 * (1 - LEVEL), 50 * (1 + LEVEL)]
    for start in range(0, len(x), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        low[part], high[part] = np.percentile(
            draw(fit, x[part], t[part], alive[part], weeks, random), ends, axis=0, method="nearest"
        )
    return low, high


def draw(
    fit: Fit, x: Numbers, t: Numbers, alive: Numbers, weeks: float, random: np.random.Generator,
    *, times: int = DRAWS,
) -> Numbers:  # fmt: skip
    """Purchases in the next `weeks`, drawn `times` for each history: rows are draws."""
    size = (times, len(x))
    rate = random.gamma(fit["r"] + x, 1 / (fit["alpha"] + t), size=size)
    leaving = np.clip(random.beta(fit["a"], fit["b"] + x, size=size), 1e-9, 1.0)
    bought = np.minimum(random.poisson(rate * weeks), random.geometric(leaving))
    return np.where(random.random(size) < alive, bought, 0).astype(np.float64)


def stages(repeats: Numbers, alive: Numbers) -> NDArray[np.str_]:
    """Where each customer stands: once, staying, leaving or gone. Of who bought once the model cannot say."""
    return np.select(
        [repeats == 0, alive < GONE, alive < LEAVING], ["once", "gone", "leaving"], default="staying"
    )
