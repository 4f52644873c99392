"""Money and points are whole numbers.

Money is an `int` of minor units (öre, cents) beside an ISO 4217 code; points are an `int`. Nothing is ever a
float, and whoever divides names the rounding.
"""

import re
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from enum import StrEnum
from functools import cache

from babel.numbers import get_currency_precision, list_currencies

MAX_MINOR = 10**12
"""Largest amount accepted anywhere, in minor units. Keeps every sum far inside a bigint."""
MAX_POINTS = 10**12

# What people and machines write. Decimal() would take more: 1_000, 1e9, NaN, other scripts' digits, spaces.
_AMOUNT = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,6})?")


class Rounding(StrEnum):
    """How a fraction of a point becomes a whole one."""

    DOWN = "down"
    NEAREST = "nearest"
    UP = "up"


_MODES = {Rounding.DOWN: ROUND_DOWN, Rounding.NEAREST: ROUND_HALF_UP, Rounding.UP: ROUND_UP}


def whole(value: Decimal, rounding: Rounding) -> int:
    """`value` as an integer, rounded the stated way (nearest: halves away from zero)."""
    return int(value.quantize(Decimal(1), rounding=_MODES[rounding]))


@cache
def exponent(currency: str) -> int:
    """Digits after the decimal point: 2 for SEK, 0 for JPY, 3 for KWD."""
    return int(get_currency_precision(currency))


@cache
def is_currency(code: str) -> bool:
    """True for a code that Babel's list of ISO 4217 currencies knows."""
    return code in list_currencies()


def minor(text: str, currency: str) -> int:
    """`minor("184.50", "SEK")` → 18450. `ValueError` when it is no number or has too many decimals."""
    if not _AMOUNT.fullmatch(text):
        raise ValueError(text)
    scaled = Decimal(text).scaleb(exponent(currency))
    if scaled != scaled.to_integral_value() or abs(scaled) > MAX_MINOR:
        raise ValueError(text)
    return int(scaled)


def major(amount_minor: int, currency: str) -> Decimal:
    """18450, "SEK" → Decimal("184.50")."""
    return Decimal(amount_minor).scaleb(-exponent(currency))


def share(total: int, part: int, whole_: int) -> int:
    """`total × part ÷ whole_`, rounded half to even; 0 when `whole_` is 0, which is never below. Exact, in whole
    numbers. For splitting an amount by weight."""
    if whole_ == 0:
        return 0
    quotient, rest = divmod(total * part, whole_)
    return quotient + (2 * rest > whole_ or (2 * rest == whole_ and quotient % 2 == 1))
