"""Predictions on a shop whose truth is known, and the answer where there is too little to say."""

import numpy as np
import pytest

from analytics.rules import bgnbd, gammagamma, paretonbd, retention, value
from analytics.rules.fitting import Fit, TooLittleData
from analytics.rules.histories import Histories, histories, purchases_between
from tests.analytics.rules.shop import bought

HALF = 39 * 7
NOBODY = np.eye(4) * 1e-6


@pytest.fixture(scope="module")
def shop() -> tuple[list[int], list[int], list[float]]:
    """1,500 customers over 78 weeks."""
    return bought(1500)


@pytest.fixture(scope="module")
def known(shop: tuple[list[int], list[int], list[float]]) -> Histories:
    """What was known after half of them."""
    return histories(*shop, until=HALF)


def test_two_receipts_of_one_day_are_one_purchase() -> None:
    told = histories([7, 7, 7, 7], [1, 1, 8, 15], [10.0, 5.0, 20.0, 40.0], until=29)
    assert (told.repeats.tolist(), told.last_week.tolist(), told.weeks.tolist()) == ([2.0], [2.0], [4.0])
    assert told.spend.tolist() == [30.0]  # the first purchase is left out


def test_what_was_bought_later_is_not_known_yet() -> None:
    told = histories([1, 1, 2], [0, 40, 35], [1.0, 1.0, 1.0], until=30)
    assert (told.customers.tolist(), told.repeats.tolist()) == ([1], [0.0])
    assert purchases_between([1, 1, 2], [0, 40, 35], keys=told.customers, after=30, until=60).tolist() == [
        1.0
    ]


def test_predictions_come_true_in_a_shop_that_follows_the_model(
    shop: tuple[list[int], list[int], list[float]],
) -> None:
    fit, checked = value.check(*shop, at=HALF, until=2 * HALF)
    assert checked.useful
    assert abs(checked.error) < 0.15
    assert fit.interval("r").low < 0.8 < fit.interval("r").high
    assert fit.interval("alpha").low < 6 < fit.interval("alpha").high
    for _x, customers, predicted, actual in checked.groups:
        assert customers < 40 or predicted == pytest.approx(actual, abs=0.4)


def test_twin_a_prediction_from_shuffled_histories_is_worse(
    shop: tuple[list[int], list[int], list[float]], known: Histories
) -> None:
    fit = bgnbd.fit(known)
    actual = purchases_between(*shop[:2], keys=known.customers, after=HALF, until=2 * HALF)
    told = bgnbd.expected(fit, 39, known.repeats, known.last_week, known.weeks)
    shuffled = np.random.default_rng(1).permutation(told)
    assert np.abs(shuffled - actual).mean() > 1.3 * np.abs(told - actual).mean()


def test_clv_of_a_group_is_the_mean_of_its_members_and_lies_in_its_range(known: Histories) -> None:
    buying, spending = bgnbd.fit(known), gammagamma.fit(known)
    each = value.clv(buying, spending, known)
    group = value.mean_clv(buying, spending, known)
    assert group.value == pytest.approx(each.mean())
    assert 0 < group.low < group.value < group.high
    assert (each >= 0).all()
    without = value.clv(buying, spending, known, yearly_discount=0.0)
    # Without a discount it is simply purchases times spend.
    purchases = bgnbd.expected(buying, 12 * value.WEEKS_A_MONTH, known.repeats, known.last_week, known.weeks)
    spend = gammagamma.expected_spend(spending, known.repeats, known.spend)
    assert without == pytest.approx(purchases * spend)
    assert (without >= each).all()


def test_the_currency_of_the_amounts_does_not_matter(known: Histories) -> None:
    yen = Histories(known.customers, known.repeats, known.last_week, known.weeks, known.spend * 150)
    dollars, other = gammagamma.fit(known), gammagamma.fit(yen)
    assert other["p"] == pytest.approx(dollars["p"], rel=1e-3)
    assert other["v"] == pytest.approx(150 * dollars["v"], rel=1e-3)


def test_daily_buyers_and_years_of_history_give_numbers() -> None:
    fit = Fit(bgnbd.NAMES, (0.9, 1.5, 0.05, 3.0), 0.0, NOBODY, 0)
    x, tx, t = np.array([3650.0, 3650.0, 0.0, 1.0]), np.array([521.0, 100.0, 0.0, 0.0]), np.full(4, 521.4)
    for told in (bgnbd.alive(fit, x, tx, t), bgnbd.expected(fit, 52, x, tx, t)):
        assert np.isfinite(told).all() and (told >= 0).all()
    assert bgnbd.alive(fit, x, tx, t)[1] == 0.0  # a daily buyer not seen for eight years
    sister = Fit(paretonbd.NAMES, (0.9, 1.5, 0.6, 12.0), 0.0, NOBODY, 0)
    assert np.isfinite(paretonbd.log_likelihood(*sister.values, x, tx, t)).all()
    assert np.isfinite(paretonbd.expected(sister, 52, x, tx, t)).all()


def test_the_formula_goes_smoothly_through_its_hole_at_one() -> None:
    at = [float(bgnbd.expected_by(0.3, 4.0, a, 2.5, 52, 3, 20, 30)) for a in (0.9995, 1.0, 1.0005)]
    assert at[0] > at[1] > at[2]
    assert at[1] == pytest.approx((at[0] + at[2]) / 2, rel=1e-5)


@pytest.mark.parametrize(
    ("shop", "reason"),
    [
        (([], [], []), "few_customers"),
        (([1], [5], [10.0]), "few_customers"),
        ((list(range(200)), [0] * 200, [1.0] * 200), "few_repeat_customers"),
        (([*range(200), *range(200)], [0] * 200 + [20] * 200, [1.0] * 400), "short_history"),
    ],
    ids=["empty", "one order", "nobody came back", "a month"],
)
def test_too_little_data_is_said(shop: tuple[list[int], list[int], list[float]], reason: str) -> None:
    with pytest.raises(TooLittleData) as told:
        bgnbd.fit(histories(*shop, until=30))
    assert told.value.reason == reason
    assert told.value.have < told.value.need


def test_a_shop_where_all_are_alike_has_no_answer_rather_than_a_wild_one() -> None:
    who = [customer for customer in range(150) for _ in range(10)]
    days = [week * 7 for _ in range(150) for week in range(10)]
    with pytest.raises(TooLittleData) as told:
        gammagamma.fit(histories(who, days, [20.0] * len(who), until=70))
    assert told.value.reason == "no_answer"


def test_too_few_members_or_renewals_say_so() -> None:
    for cohorts, reason in (
        ([[20, 10, 5, 4]], "few_customers"),
        ([[1000, 900]], "short_history"),
        ([[1000, 1000, 1000, 1000]], "no_answer"),
        ([], "few_customers"),
    ):
        with pytest.raises(TooLittleData) as told:
            retention.fit(cohorts)
        assert told.value.reason == reason


def test_cohorts_of_different_ages_are_fitted_together() -> None:
    whole = [1000, 869, 743, 653, 593, 551, 517, 491]
    together = retention.fit([whole, whole[:5], whole[:4]])
    alone = retention.fit([whole]).interval("alpha")
    assert alone.low < together["alpha"] < alone.high
    assert together.customers == 3000
    assert retention.expected_renewals(together, 0, within=7) == pytest.approx(
        sum(whole[1:]) / 1000, rel=0.03
    )
    rates = retention.renewal_rate(together, np.arange(1, 8))
    assert (np.diff(rates) > 0).all()  # who was likely to leave has left
    worth_less = retention.expected_renewals(together, 0, within=7, discount=0.1)
    assert worth_less < retention.expected_renewals(together, 0, within=7)
