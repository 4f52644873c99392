"""How long paid memberships last: the shifted-beta-geometric model (sBG) and its sister with ageing (BdW).

At each renewal a member leaves with a probability of their own (Beta with `alpha` and `beta`). A cohort's
retention rises with time although nobody changes: those likely to leave have left. In BdW the probability also
ages: `c` above 1 means that it grows with time, below 1 that it falls.
Fader and Hardie, "How to Project Customer Retention" (2007); Fader, Hardie, Liu, Davin and Steenburgh (2018).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln

from analytics.rules.fitting import Fit, Numbers, TooLittleData, maximise

LEAST_MEMBERS = 50
LEAST_RENEWALS = 3


def _counts(cohorts: Sequence[Sequence[int]]) -> tuple[Numbers, Numbers]:
    """Who left at which renewal, and who is still there after how many, over cohorts of survivors."""
    longest = max((len(cohort) for cohort in cohorts), default=0)
    lost, kept = np.zeros(longest), np.zeros(longest)
    for cohort in cohorts:
        alive = np.asarray(cohort, dtype=np.float64)
        if len(alive) < 2:
            continue
        lost[1 : len(alive)] += alive[:-1] - alive[1:]
        kept[len(alive) - 1] += alive[-1]
    return lost, kept


def _survival_log(alpha: float, beta: float, age: Numbers) -> Numbers:
    return np.asarray(betaln(alpha, beta + age) - betaln(alpha, beta))


def log_likelihood(alpha: float, beta: float, cohorts: Sequence[Sequence[int]], c: float = 1.0) -> float:
    """Of cohorts of survivors: each begins with how many joined, then how many remain after each renewal."""
    lost, kept = _counts(cohorts)
    age = np.arange(len(lost), dtype=np.float64) ** c
    alive = _survival_log(alpha, beta, age)
    with np.errstate(divide="ignore"):
        # ln(S(t−1) − S(t)): the difference of two logarithms that lie close together.
        left = alive[:-1] + np.log(-np.expm1(np.minimum(np.diff(alive), -1e-300)))
    return float(np.sum(lost[1:] * left) + np.sum(kept * alive))


def fit(cohorts: Sequence[Sequence[int]], *, ageing: bool = False) -> Fit:
    """Fit sBG, or BdW with `ageing`, to cohorts of survivors.

    Raises: TooLittleData for fewer than 50 members, fewer than 3 renewals, or nobody (or everybody) leaving.
    """
    members = sum(cohort[0] for cohort in cohorts if len(cohort) > 1)
    longest = max((len(cohort) for cohort in cohorts), default=0) - 1
    if members < LEAST_MEMBERS:
        raise TooLittleData("few_customers", have=members, need=LEAST_MEMBERS)
    if longest < LEAST_RENEWALS:
        raise TooLittleData("short_history", have=max(longest, 0), need=LEAST_RENEWALS)
    if not _counts(cohorts)[0].any():
        raise TooLittleData("no_answer", have=members)
    if ageing:
        return maximise(
            lambda alpha, beta, c: log_likelihood(alpha, beta, cohorts, c),
            names=("alpha", "beta", "c"), starts=((0.7, 1.5, 1.0), (0.5, 3.0, 1.3)), customers=members,
        )  # fmt: skip
    return maximise(
        lambda alpha, beta: log_likelihood(alpha, beta, cohorts),
        names=("alpha", "beta"), starts=((1.0, 1.0), (0.7, 3.0)), customers=members,
    )  # fmt: skip


def survival(fit: Fit, age: ArrayLike) -> Numbers:
    """The share of a cohort that is still there after `age` renewals."""
    c = fit["c"] if "c" in fit.names else 1.0
    return np.asarray(
        np.exp(_survival_log(fit["alpha"], fit["beta"], np.asarray(age, dtype=np.float64) ** c))
    )


def renewal_rate(fit: Fit, age: ArrayLike) -> Numbers:
    """The share that renews for the `age`th time, of those who could."""
    age = np.asarray(age, dtype=np.float64)
    return np.asarray(survival(fit, age) / survival(fit, age - 1))


def expected_renewals(fit: Fit, age: int, *, within: int, discount: float = 0.0) -> float:
    """Renewals to expect of a member who has renewed `age` times, over the next `within` periods; each is
    worth `1 / (1 + discount)` of the one before it."""
    ahead = np.arange(1, within + 1)
    return float(np.sum(survival(fit, age + ahead) / survival(fit, age) / (1 + discount) ** ahead))
