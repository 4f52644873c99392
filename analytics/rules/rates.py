"""Figures that are shares and means, with their ranges; and the Net Promoter Score."""

from collections.abc import Iterable
from math import sqrt

from scipy.stats import norm

from analytics.rules.fitting import Interval, TooLittleData


def share_of(part: int, whole: int, *, level: float = 0.95) -> Interval:
    """A share with Wilson's range, which stays between 0 and 1 also for few.

    Raises: TooLittleData where the whole is nothing: a share of nothing is not 0.
    """
    if whole <= 0:
        raise TooLittleData("few_customers", have=0, need=1)
    z = float(norm.ppf(0.5 + level / 2))
    p = part / whole
    middle = (p + z * z / (2 * whole)) / (1 + z * z / whole)
    reach = z / (1 + z * z / whole) * sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole))
    return Interval(p, max(0.0, min(p, middle - reach)), min(1.0, max(p, middle + reach)), level)


def net_promoter_score(answers: Iterable[int | None]) -> float:
    """Promoters (9, 10) less detractors (0 to 6), per hundred answers, unrounded; no answer does not count.

    Raises: TooLittleData without an answer; ValueError for one outside 0 to 10.
    """
    given = [answer for answer in answers if answer is not None]
    if not given:
        raise TooLittleData("few_customers", have=0, need=1)
    if any(not 0 <= answer <= 10 for answer in given):
        raise ValueError("an answer is from 0 to 10")
    promoters = sum(answer >= 9 for answer in given)
    detractors = sum(answer <= 6 for answer in given)
    return 100 * (promoters - detractors) / len(given)
