"""The Net Promoter Score with what it is worth: how far the true score may lie from that of those who answered. Pure.

The score (Reichheld, *The One Number You Need to Grow*, Harvard Business Review, December 2003): the share of answers
of 9 and 10 less the share of 0 to 6, times 100.

The interval is Bonett and Price's adjusted Wald interval for the difference of two proportions of the same sample
(*Adjusted Wald Confidence Interval for a Difference of Binomial Proportions Based on Paired Data*, Journal of
Educational and Behavioral Statistics 37(4), 2012): of n answers, with p = (promoters + 1) / (n + 2) and
d = (detractors + 1) / (n + 2),

    p − d ± z · √((p + d − (p − d)²) / (n + 2)),    z = 1.96 for 95 %

times 100 and never beyond ±100. The added answers keep it honest where there are few, or where all say the same: the
plain formula would answer "±0" to three tens.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

FEW = 30
"""Below so many answers a page says that they are too few to build on."""
LEAST = 5
"""Groups with fewer answers are not told apart: one could see who said what."""
Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Nps:
    """Who said what. `score`, `low` and `high` are from −100 to 100, None without answers; `few` says that they are too
    few to build on."""

    promoters: int = 0
    passives: int = 0
    detractors: int = 0

    @property
    def answers(self) -> int:
        """How many have said a number."""
        return self.promoters + self.passives + self.detractors

    @property
    def few(self) -> bool:
        """Whether there are too few to build on."""
        return self.answers < FEW

    @property
    def score(self) -> float | None:
        """Promoters less detractors, per hundred answers."""
        return 100 * (self.promoters - self.detractors) / self.answers if self.answers else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the true score lies, with 95 % confidence."""
        if not self.answers:
            return None
        n = self.answers + 2
        promoting, detracting = (self.promoters + 1) / n, (self.detractors + 1) / n
        middle = promoting - detracting
        half = Z95 * sqrt(max(0.0, promoting + detracting - middle * middle) / n)
        return max(-100.0, 100 * (middle - half)), min(100.0, 100 * (middle + half))


def is_promoter(score: int) -> bool:
    """9 and 10 recommend."""
    return score >= 9


def is_detractor(score: int) -> bool:
    """0 to 6 do not."""
    return score <= 6


def of_scores(scores: Iterable[int]) -> Nps:
    """The figures of answers from 0 to 10."""
    given = list(scores)
    promoters, detractors = sum(map(is_promoter, given)), sum(map(is_detractor, given))
    return Nps(promoters, len(given) - promoters - detractors, detractors)
