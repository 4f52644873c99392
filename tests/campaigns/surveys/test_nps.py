"""K5: the score and its interval, against counting by hand, against another library's arithmetic, and against chance."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from analytics.rules.rates import net_promoter_score
from campaigns.rules.surveys.nps import FEW, Nps, of_scores


@given(st.lists(st.integers(0, 10), min_size=1, max_size=300))
def test_the_score_is_what_one_counts_by_hand(scores: list[int]):
    told = of_scores(scores)
    ten_or_nine = len([one for one in scores if one in (9, 10)])
    six_or_less = len([one for one in scores if one in range(7)])
    assert (told.promoters, told.detractors) == (ten_or_nine, six_or_less)
    assert told.answers == len(scores)
    exact = Fraction(100 * (ten_or_nine - six_or_less), len(scores))
    assert told.score == pytest.approx(float(exact), abs=1e-9)
    assert told.score == pytest.approx(net_promoter_score(scores)), "as the shop's key figure has it"
    low, high = told.interval or (0.0, 0.0)
    assert -100 <= low <= high <= 100 and low < high


def test_the_interval_is_the_published_formula():
    """Worked out anew from the definition of a multinomial difference with one added to each side, two to the whole."""
    for promoters, passives, detractors in ((40, 30, 30), (3, 0, 0), (0, 5, 1), (700, 200, 100)):
        told = Nps(promoters, passives, detractors)
        n = promoters + passives + detractors + 2
        each = np.array([1.0] * (promoters + 1) + [-1.0] * (detractors + 1) + [0.0] * passives)
        assert len(each) == n
        half = norm.ppf(0.975) * each.std() / np.sqrt(n)
        expected = (max(-100, 100 * (each.mean() - half)), min(100, 100 * (each.mean() + half)))
        assert told.interval == pytest.approx(expected)


@pytest.mark.parametrize(
    "chances", [(0.5, 0.3, 0.2), (0.8, 0.15, 0.05), (0.2, 0.3, 0.5), (0.34, 0.33, 0.33), (0.95, 0.04, 0.01)]
)
@pytest.mark.parametrize("answers", [10, 30, 200])
def test_the_interval_holds_the_truth_as_often_as_it_says(chances: tuple[float, ...], answers: int):
    """Of 4,000 samples of shops whose true score is known, at least 93 % of the intervals have it in them."""
    truth = 100 * (chances[0] - chances[2])
    drawn = np.random.default_rng(20260302).multinomial(answers, chances, size=4000)
    held = 0
    for promoters, passives, detractors in drawn:
        low, high = Nps(int(promoters), int(passives), int(detractors)).interval or (0.0, 0.0)
        held += low <= truth <= high
    assert held / 4000 >= 0.93


def test_twin_the_plain_formula_would_not_hold_it():
    """Ten answers of a much loved shop: the textbook interval misses the truth far too often, which is why it is not
    used."""
    chances, truth = (0.95, 0.04, 0.01), 94.0
    drawn = np.random.default_rng(20260302).multinomial(10, chances, size=4000) / 10
    middle = drawn[:, 0] - drawn[:, 2]
    half = 1.96 * np.sqrt((drawn[:, 0] + drawn[:, 2] - middle**2) / 10)
    held = np.abs(middle * 100 - truth) <= half * 100
    assert held.mean() < 0.93


def test_too_few_is_said():
    assert of_scores([]).score is None and of_scores([]).interval is None
    assert of_scores([9] * (FEW - 1)).few and not of_scores([9] * FEW).few
