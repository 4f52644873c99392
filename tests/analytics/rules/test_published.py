"""The models give the numbers that their authors printed.

CDNOW (1/10 sample): purchases of 2,357 customers in weeks, calibration to 30 September 1997, 39 weeks held out.
The log is public teaching data and not kept here; `CDNOW_LOG` names it (see `tests/needs.py`). What the authors
printed of formulas at given parameters is tested without it, and so is the retention data of their paper.
"""

from datetime import date

import numpy as np
import pytest

from analytics.rules import bgnbd, gammagamma, paretonbd, retention, value
from analytics.rules.fitting import Fit
from analytics.rules.histories import Histories, histories

CALIBRATED = date(1997, 9, 30).toordinal()
HELD_OUT_DAYS = 39 * 7
NOBODY = np.eye(4) * 1e-6
PUBLISHED = Fit(bgnbd.NAMES, (0.2425945, 4.4136019, 0.7929199, 2.4258881), -9582.429, NOBODY, 2357)
PUBLISHED_SISTER = Fit(paretonbd.NAMES, (0.5533, 10.5776, 0.6061, 11.6657), -9595.0, NOBODY, 2357)


# --- formulas at published parameters -----------------------------------------------------------------------


def test_repeat_purchases_to_expect_of_a_new_customer() -> None:
    weeks = [1 / 7, 1, 3, 31.8571, 32, 52]
    told = bgnbd.expected_new(PUBLISHED, weeks)
    assert told == pytest.approx([0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.444004], abs=5e-5)


def test_purchases_to_expect_of_a_customer_with_a_history() -> None:
    assert bgnbd.expected(PUBLISHED, 39, 2, 30.43, 38.86) == pytest.approx(1.226, abs=5e-4)
    assert bgnbd.expected(PUBLISHED, 52, 26, 30.857143, 31) == pytest.approx(25.75659, abs=2e-3)


def test_a_frequent_customer_is_alive_and_one_who_never_came_back_too() -> None:
    assert bgnbd.alive(PUBLISHED, 26, 30.857143, 31) == pytest.approx(0.9688523, abs=1e-5)
    assert bgnbd.alive(PUBLISHED, 0, 0, 31) == 1.0


def test_how_many_purchases_with_which_probability() -> None:
    rounded = Fit(bgnbd.NAMES, (0.243, 4.414, 0.793, 2.426), 0.0, NOBODY, 0)
    assert bgnbd.probability(rounded, 0, 39) == pytest.approx(0.5737864, abs=5e-8)
    told = bgnbd.probability(rounded, [11, 12, 13], 30)
    assert told == pytest.approx([0.0019995214, 0.0015170236, 0.0011633150], abs=5e-11)
    assert bgnbd.probability(rounded, np.arange(4000), 30).sum() == pytest.approx(1, abs=1e-6)


def test_the_sister_model_at_its_published_parameters() -> None:
    assert paretonbd.expected_new(PUBLISHED_SISTER, 52) == pytest.approx(1.473, abs=1e-3)
    assert paretonbd.expected(PUBLISHED_SISTER, 52, 26, 30.857143, 31) == pytest.approx(25.46, abs=5e-3)
    assert paretonbd.alive(PUBLISHED_SISTER, 26, 30.857143, 31) == pytest.approx(0.9979, abs=5e-5)


@pytest.mark.parametrize(
    ("survivors", "alpha", "beta", "log_likelihood"),
    [
        ([1000, 631, 468, 382, 326, 289, 262, 241], 0.704, 1.182, -1680.3),
        ([1000, 869, 743, 653, 593, 551, 517, 491], 0.668, 3.806, -1611.2),
    ],
    ids=["regular", "high end"],
)
def test_how_long_memberships_last(
    survivors: list[int], alpha: float, beta: float, log_likelihood: float
) -> None:
    fit = retention.fit([survivors])
    assert fit["alpha"] == pytest.approx(alpha, abs=5e-4)
    assert fit["beta"] == pytest.approx(beta, abs=5e-4)
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=0.05)
    assert retention.survival(fit, np.arange(8)) == pytest.approx(np.array(survivors) / 1000, abs=0.02)
    ageing = retention.fit([survivors], ageing=True)
    assert ageing.log_likelihood >= fit.log_likelihood  # it can say what its sister says, and more


# --- fitted to the log --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def log(cdnow: list[tuple[int, date, float]]) -> tuple[list[int], list[int], list[float]]:
    """The log as columns: who, the day's ordinal, dollars."""
    return (
        [who for who, _day, _amount in cdnow],
        [day.toordinal() for _who, day, _amount in cdnow],
        [amount for _who, _day, amount in cdnow],
    )


@pytest.fixture(scope="module")
def known(log: tuple[list[int], list[int], list[float]]) -> Histories:
    """Histories up to the end of the calibration."""
    return histories(*log, until=CALIBRATED)


@pytest.mark.slow
def test_the_log_is_the_published_one(known: Histories) -> None:
    counts = np.bincount(np.minimum(known.repeats, 7).astype(int))
    assert counts.tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    assert known.repeats.sum() == 2457


@pytest.mark.slow
def test_how_often_customers_buy(known: Histories) -> None:
    fit = bgnbd.fit(known)
    assert [round(value, 3) for value in fit.values] == [0.243, 4.414, 0.793, 2.426]
    assert fit.values == pytest.approx((0.2425945, 4.4136019, 0.7929199, 2.4258881), abs=5e-5)
    assert round(fit.log_likelihood, 3) == -9582.429
    assert bgnbd.expected_new(fit, 78) == pytest.approx(1.8576, abs=5e-4)
    assert all(fit.interval(name).low < fit[name] < fit.interval(name).high for name in fit.names)


@pytest.mark.slow
def test_how_often_customers_buy_says_the_sister(known: Histories) -> None:
    fit = paretonbd.fit(known)
    assert [round(value, 2) for value in fit.values] == [0.55, 10.58, 0.61, 11.67]
    assert round(fit.log_likelihood, 1) == -9595.0


@pytest.mark.slow
def test_how_much_customers_spend(known: Histories) -> None:
    fit = gammagamma.fit(known)
    assert [round(value, 2) for value in fit.values] == [6.25, 3.74, 15.44]
    assert round(fit.log_likelihood, 2) == -4055.92
    assert round(gammagamma.correlation(known), 3) == 0.114
    told = gammagamma.expected_spend(fit, known.repeats[:10], known.spend[:10])
    printed = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    assert told == pytest.approx(printed, abs=5e-3)


@pytest.mark.slow
def test_what_was_predicted_is_held_against_what_happened(
    log: tuple[list[int], list[int], list[float]],
) -> None:
    until = CALIBRATED + HELD_OUT_DAYS
    _fit, checked = value.check(*log, at=CALIBRATED, until=until)
    # Counted with plain Python: customer-days after the calibration.
    days = {(who, day) for who, day, _ in zip(*log, strict=True) if CALIBRATED < day <= until}
    assert checked.actual == len(days) == 1882
    assert checked.error == pytest.approx(-0.12, abs=0.01)
    assert checked.useful
    assert checked.sister == pytest.approx(checked.predicted, rel=0.02)
    assert sum(customers for _x, customers, _p, _a in checked.groups) == 2357
