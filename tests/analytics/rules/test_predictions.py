"""Predictions of each customer: the same as one by one, drawn from the model itself, and fast for a million."""

import numpy as np
import pytest

from analytics.rules import bgnbd, predictions
from analytics.rules.fitting import Fit, Numbers
from analytics.rules.histories import Histories
from analytics.rules.predictions import MONTHS, draw, in_weeks, predict, some, spending_of, stages
from analytics.rules.value import WEEKS_A_MONTH, clv

FIT = Fit(("r", "alpha", "a", "b"), (0.6, 6.0, 0.8, 2.5), 0.0, np.eye(4) * 1e-6, 1)
SPEND = Fit(("p", "q", "v"), (6.0, 4.0, 15.0), 0.0, np.eye(3) * 1e-6, 1)


def people(count: int, seed: int = 3) -> Histories:
    """Customers of all kinds: some came once, some often, some long ago."""
    chance = np.random.default_rng(seed)
    weeks = chance.integers(1, 700, count) / 7
    repeats = chance.poisson(2, count).astype(np.float64)
    last = np.where(repeats > 0, np.floor(weeks * 7 * chance.random(count)) / 7, 0.0)
    spend = np.where(repeats > 0, chance.gamma(4, 10, count), 0.0)
    return Histories(np.arange(count), repeats, last, weeks, spend)


@pytest.fixture(scope="module")
def told() -> Histories:
    return people(3_000)


def test_everybody_together_is_told_the_same_as_each_alone(told: Histories) -> None:
    found = predict(FIT, SPEND, told)
    assert found.alive == pytest.approx(bgnbd.alive(FIT, told.repeats, told.last_week, told.weeks))
    weeks = MONTHS * WEEKS_A_MONTH
    assert found.purchases == pytest.approx(
        bgnbd.expected(FIT, weeks, told.repeats, told.last_week, told.weeks)
    )
    assert found.worth == pytest.approx(clv(FIT, SPEND, told))


def test_lives_drawn_from_the_model_come_to_what_it_expects(told: Histories) -> None:
    few = predictions.chosen(told, np.arange(40))
    alive = bgnbd.alive(FIT, few.repeats, few.last_week, few.weeks)
    drawn = draw(FIT, few.repeats, few.weeks, alive, 52.0, np.random.default_rng(1), times=40_000)
    expected = bgnbd.expected(FIT, 52.0, few.repeats, few.last_week, few.weeks)
    error = drawn.std(axis=0) / np.sqrt(len(drawn))
    assert np.all(np.abs(drawn.mean(axis=0) - expected) < 5 * error + 1e-9)


def test_twin_lives_in_which_nobody_leaves_come_to_more(told: Histories) -> None:
    few = predictions.chosen(told, np.arange(40))
    faithful = Fit(FIT.names, (0.6, 6.0, 1e-6, 2.5), 0.0, FIT.covariance, 1)
    drawn = draw(faithful, few.repeats, few.weeks, np.ones(40), 52.0, np.random.default_rng(1), times=4_000)
    expected = bgnbd.expected(FIT, 52.0, few.repeats, few.last_week, few.weeks)
    assert np.all(drawn.mean(axis=0) > expected)


def test_the_range_has_what_is_expected_in_it(told: Histories) -> None:
    found = predict(FIT, SPEND, told)
    assert np.all(found.worth_low <= found.worth_high)
    assert np.all(found.worth_low >= 0)
    inside = (found.worth_low <= found.worth) & (found.worth <= found.worth_high)
    busy = found.purchases > 1
    assert inside[busy].mean() > 0.95


def test_the_same_seed_says_the_same(told: Histories) -> None:
    one, other = predict(FIT, SPEND, told), predict(FIT, SPEND, told)
    assert (one.worth_high == other.worth_high).all()


def test_only_large_shops_count_in_whole_weeks(told: Histories) -> None:
    assert in_weeks(told) is told
    many = people(predictions.LARGE)
    rounded = in_weeks(many)
    assert (rounded.weeks == np.rint(many.weeks)).all()
    exact, rough = predict(FIT, SPEND, many), predict(FIT, SPEND, rounded)
    assert rough.worth.sum() == pytest.approx(exact.worth.sum(), rel=0.02)


def test_some_of_many_are_evenly_chosen() -> None:
    many = people(50_000)
    few = some(many, 1_000)
    assert len(few) == 1_000
    assert (few.customers[0], few.customers[-1]) == (0, 49_999)
    assert some(few, 1_000) is few


def test_where_amounts_fit_no_model_the_average_stands_in(told: Histories) -> None:
    alike = Histories(
        told.customers, told.repeats, told.last_week, told.weeks, np.where(told.repeats > 0, 20.0, 0.0)
    )
    assert spending_of(alike) is None
    assert predictions.amounts(None, alike) == pytest.approx(np.full(len(alike), 20.0))


def test_stages_follow_the_chance_and_once_is_a_stage_of_its_own() -> None:
    repeats, alive = np.array([0.0, 1, 1, 1]), np.array([1.0, 0.1, 0.5, 0.9])
    assert stages(repeats, alive).tolist() == ["once", "gone", "leaving", "staying"]


def test_the_likelihood_of_all_is_the_sum_of_each(told: Histories) -> None:
    fast = bgnbd._likelihood_of(told)
    for values in ((0.6, 6.0, 0.8, 2.5), (1.4, 0.7, 0.02, 9.0)):
        each = bgnbd.log_likelihood(*values, told.repeats, told.last_week, told.weeks)
        assert fast(*values) == pytest.approx(float(each.sum()), rel=1e-12)


def test_nobody_is_foretold_nothing() -> None:
    nothing: Numbers = np.empty(0)
    nobody = Histories(np.empty(0, np.int64), nothing, nothing, nothing, nothing)
    assert len(predict(FIT, SPEND, nobody).worth) == 0
