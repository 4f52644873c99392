"""Points owed, in points and in money: what will be used, and the journal of each month."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.rules import liability, rates
from analytics.rules.breakage import Movement, curve
from analytics.rules.fitting import TooLittleData
from analytics.rules.liability import DEFERRED, REVENUE, Month


def test_the_curve_of_finished_lots_is_what_happened() -> None:
    told = curve([Movement(30, used=10, lots=1)] * 60 + [Movement(365, expired=10, lots=1)] * 40)
    assert told.redemption().value == pytest.approx(0.6)
    assert not told.open_ended
    # The textbook's standard error of a share of 100 independent lots.
    assert told.spread[-1] == pytest.approx(np.sqrt(0.6 * 0.4 / 100), rel=0.02)
    assert told.redemption().low < 0.6 < told.redemption().high


def test_a_textbook_survival_curve() -> None:
    """Freireich's 21 patients on 6-MP (1963): the most printed Kaplan-Meier table there is."""
    left = {6: 3, 7: 1, 10: 1, 13: 1, 16: 1, 22: 1, 23: 1}
    watched = {6: 1, 9: 1, 10: 1, 11: 1, 17: 1, 19: 1, 20: 1, 25: 1, 32: 2, 34: 1, 35: 1}
    rows = [Movement(age, used=5 * count, lots=5 * count) for age, count in left.items()]
    rows += [Movement(age, seen=5 * count, lots=5 * count) for age, count in watched.items()]
    told = curve(rows)
    printed = {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}
    for age, share in printed.items():
        assert told.left[told.age == age][0] == pytest.approx(share, abs=5e-5)
    assert told.open_ended


def test_lots_still_there_count_as_long_as_they_are_watched() -> None:
    """Leaving them out would see only the quick ones and owe far too much or too little."""
    old = [Movement(30, used=10)] * 20 + [Movement(365, expired=10)] * 80
    young = [Movement(30, used=10)] * 20 + [Movement(40, seen=10)] * 80
    told = curve(old + young)
    assert told.redemption().value == pytest.approx(0.2)
    naive = 40 / 120  # of those that are over
    assert naive > told.redemption().high


def test_points_that_survived_the_first_month_are_less_likely_to_be_used() -> None:
    told = curve(
        [Movement(30, used=10)] * 50 + [Movement(200, used=10)] * 10 + [Movement(365, expired=10)] * 40
    )
    assert told.redemption_from([0, 30, 199, 200, 400]) == pytest.approx([0.6, 0.2, 0.2, 0.0, 0.0])


def test_lots_of_one_hoarder_widen_the_range() -> None:
    even = curve([Movement(30, used=10)] * 60 + [Movement(90, expired=10)] * 40)
    hoard = curve(
        [Movement(30, used=1)] * 60
        + [Movement(90, expired=1)] * 39
        + [Movement(30, used=540)]
        + [Movement(90, expired=361)]
    )
    assert hoard.spread[-1] > 2 * even.spread[-1]


def test_lots_that_never_ran_out_reach_from_none_to_all() -> None:
    told = curve([Movement(30, used=10)] * 20 + [Movement(300, seen=10)] * 80)
    share = told.redemption()
    assert told.open_ended
    assert share.low < 0.2 and share.high == pytest.approx(1.0)


@pytest.mark.parametrize("rows", [[], [Movement(1, used=5)], [Movement(1, seen=1)] * 100])
def test_too_few_lots_say_so(rows: list[Movement]) -> None:
    with pytest.raises(TooLittleData):
        curve(rows)


# --- money --------------------------------------------------------------------------------------------------


def test_the_example_of_the_standard() -> None:
    """IFRS 15, example 52: 100,000 of goods with 10,000 points worth 1 each, 9,500 expected to be used."""
    price = liability.standalone_price(10_000, value_minor_per_point=Decimal(1), expected_use=Decimal("0.95"))
    deferred = liability.deferred_part(100_000, goods_minor=100_000, points_price=price)
    assert (price, deferred) == (9_500, 8_676)
    first = Month(
        "1", given=10_000, used=4_500, gone=0, deferred_minor=8_676, expected_use=Decimal(5_000) / 5_500
    )
    # In the second year the estimate becomes 9,700 of 10,000.
    second = Month(
        "2", given=10_000, used=8_500, gone=0, deferred_minor=8_676, expected_use=Decimal(1_200) / 1_500
    )
    one, two = liability.journal([first, second])
    assert (one.recognised_minor, one.closing_minor) == (4_110, 4_566)
    assert (two.recognised_minor, two.closing_minor) == (3_493, 1_073)


def test_a_free_sale_defers_nothing() -> None:
    assert liability.deferred_part(0, goods_minor=0, points_price=Decimal(5)) == 0


months = st.lists(
    st.tuples(
        st.integers(0, 5000), st.integers(0, 4000), st.integers(0, 1000), st.integers(0, 90_000),
        st.decimals(0, 1, places=3),
    ),
    min_size=1, max_size=24,
)  # fmt: skip


@given(months)
def test_every_journal_balances_and_ends_at_what_is_owed(
    rows: list[tuple[int, int, int, int, Decimal]],
) -> None:
    told, given_, used, gone, deferred = [], 0, 0, 0, 0
    for number, (more, spent, left, money, expected) in enumerate(rows):
        given_ += more
        spent = min(spent, given_ - used - gone)
        used += spent
        gone += min(left, given_ - used - gone)
        deferred += money
        told.append(Month(str(number), given_, used, gone, deferred, expected))
    closings = liability.journal(told)
    balance = {REVENUE: 0, DEFERRED: 0}
    for closing in closings:
        assert sum(line.debit_minor for line in closing.lines) == sum(
            line.credit_minor for line in closing.lines
        )
        for line in closing.lines:
            assert line.debit_minor >= 0 and line.credit_minor >= 0
            balance[line.account] += line.credit_minor - line.debit_minor
        assert balance[DEFERRED] == closing.closing_minor >= 0
        assert balance[REVENUE] == -closing.closing_minor
    if told[-1].given == told[-1].used + told[-1].gone:
        assert closings[-1].closing_minor == 0


# --- shares -------------------------------------------------------------------------------------------------


def test_a_share_has_wilsons_range_and_a_share_of_nothing_is_not_told() -> None:
    told = rates.share_of(81, 263)  # Newcombe (1998), table I
    assert (round(told.low, 4), round(told.high, 4)) == (0.2553, 0.3662)
    assert rates.share_of(0, 20).low == 0 and round(rates.share_of(0, 20).high, 4) == 0.1611
    with pytest.raises(TooLittleData):
        rates.share_of(0, 0)


def test_the_published_net_promoter_scores() -> None:
    assert rates.net_promoter_score(range(11)) == pytest.approx(-45.4545, abs=1e-4)
    answers = [10] * 100 + [7] * 30 + [3] * 80
    assert rates.net_promoter_score([*answers, None]) == pytest.approx(100 * 20 / 210)
    with pytest.raises(TooLittleData):
        rates.net_promoter_score([None])
    with pytest.raises(ValueError, match="0 to 10"):
        rates.net_promoter_score([11])
