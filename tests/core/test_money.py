"""Money and points are whole numbers, and every rounding is one that somebody chose."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.core import money
from loyalty.core.money import Rounding


@pytest.mark.parametrize(("code", "digits"), [("SEK", 2), ("EUR", 2), ("JPY", 0), ("ISK", 0), ("KWD", 3)])
def test_currencies_have_their_own_number_of_decimals(code: str, digits: int) -> None:
    assert money.exponent(code) == digits
    assert money.is_currency(code)


@pytest.mark.parametrize("code", ["", "sek", "KRONOR", "XYZ", "S€K"])
def test_other_words_are_no_currency(code: str) -> None:
    assert not money.is_currency(code)


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [("184.50", "SEK", 18450), ("-1", "SEK", -100), ("0.01", "EUR", 1), ("1980", "JPY", 1980), ("1.005", "KWD", 1005),
     ("1.500", "SEK", 150), ("+7", "SEK", 700), ("10000000000.00", "SEK", 10**12)],
)  # fmt: skip
def test_amounts_are_read_exactly(text: str, currency: str, amount: int) -> None:
    assert money.minor(text, currency) == amount


@pytest.mark.parametrize(
    ("text", "currency"),
    [("1.005", "SEK"), ("0.5", "JPY"), ("10000000000.01", "SEK"), ("NaN", "SEK"), ("Infinity", "SEK"), ("1e3", "SEK"),
     ("1e999999999", "SEK"), ("1_000", "SEK"), ("１２", "SEK"), (" 1", "SEK"), ("1\n", "SEK"), ("1,50", "SEK"),
     ("", "SEK"), (".", "SEK"), ("--1", "SEK"), ("9" * 400, "SEK"), ("0." + "0" * 400, "SEK")],
)  # fmt: skip
def test_what_is_not_exactly_an_amount_is_refused(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        money.minor(text, currency)


@given(st.integers(-money.MAX_MINOR, money.MAX_MINOR), st.sampled_from(["SEK", "JPY", "KWD"]))
def test_minor_and_major_are_inverse(amount: int, currency: str) -> None:
    assert money.minor(f"{money.major(amount, currency):f}", currency) == amount


@pytest.mark.parametrize(
    ("value", "down", "nearest", "up"),
    [
        ("2.5", 2, 3, 3),
        ("-2.5", -2, -3, -3),
        ("2.4999", 2, 2, 3),
        ("2.0001", 2, 2, 3),
        ("3", 3, 3, 3),
        ("0.5", 0, 1, 1),
    ],
)
def test_rounding_does_what_its_name_says(value: str, down: int, nearest: int, up: int) -> None:
    found = [money.whole(Decimal(value), how) for how in (Rounding.DOWN, Rounding.NEAREST, Rounding.UP)]
    assert found == [down, nearest, up]


@given(st.integers(0, money.MAX_MINOR), st.integers(0, money.MAX_MINOR), st.integers(1, money.MAX_MINOR))
def test_a_share_is_the_nearest_whole_number(total: int, part: int, whole: int) -> None:
    twice_off = abs(2 * (money.share(total, part, whole) * whole - total * part))
    assert twice_off <= whole


def test_a_share_rounds_halves_to_even_and_of_nothing_is_nothing() -> None:
    assert [money.share(1, 1, 2), money.share(3, 1, 2), money.share(5, 1, 2)] == [0, 2, 2]
    assert money.share(100, 1, 0) == 0
