"""What points owed are worth on the books: IFRS 15 (and ASC 606) in whole minor units.

A sale that gives points sells two things: the goods, and a right to a later discount. What was paid is shared
between them by what each would cost alone; the points' part waits as *deferred revenue* (a contract liability)
until points are used, or are no longer expected to be (*breakage*). Everything is worked out from running totals
and months are differences of totals, so rounding never drifts: the journal adds up to the closing balance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

REVENUE = "revenue"
DEFERRED = "deferred_revenue"


def standalone_price(points: int, *, value_minor_per_point: Decimal, expected_use: Decimal) -> Decimal:
    """What points would cost alone, in minor units: their face value times the share expected to be used.

    Args: `expected_use` between 0 and 1. Raises: ValueError outside of it, or for negative points or values.
    """
    if points < 0 or value_minor_per_point < 0 or not 0 <= expected_use <= 1:
        raise ValueError("a stand-alone price takes points and values from 0, and a share from 0 to 1")
    return points * value_minor_per_point * expected_use


def deferred_part(paid_minor: int, *, goods_minor: int, points_price: Decimal) -> int:
    """The part of a payment that belongs to the points, by relative stand-alone prices, in minor units.

    `goods_minor` is what the goods would cost alone; a free sale defers nothing.
    """
    together = goods_minor + points_price
    if paid_minor <= 0 or together <= 0:
        return 0
    return _whole(Decimal(paid_minor) * points_price / together)


def earned_part(deferred_minor: int, *, used: int, expected_use_in_all: int) -> int:
    """How much of what was deferred has become revenue, once `used` points of `expected_use_in_all` expected
    to be used ever are: breakage comes in proportion to use, not at once. Never more than was deferred."""
    if used <= 0 or deferred_minor <= 0:
        return 0
    if used >= expected_use_in_all:
        return deferred_minor
    return _whole(Decimal(deferred_minor) * used / expected_use_in_all)


@dataclass(frozen=True, slots=True)
class Month:
    """What happened to points up to the end of a month, as running totals.

    `given`, `used`, `gone` (expired or taken back) are points; `deferred_minor` is the sum of all deferred
    parts, `expected_use` the share of points that remain which is expected to be used, as then estimated.
    """

    name: str
    given: int
    used: int
    gone: int
    deferred_minor: int
    expected_use: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a journal: an account, debit and credit in minor units (one of them is 0)."""

    account: str
    debit_minor: int
    credit_minor: int
    why: str


@dataclass(frozen=True, slots=True)
class Closing:
    """A month's journal and what it leaves."""

    name: str
    opening_minor: int
    deferred_minor: int
    recognised_minor: int
    closing_minor: int
    outstanding: int
    lines: tuple[Line, ...]


def journal(months: Sequence[Month]) -> list[Closing]:
    """The journal of consecutive months, from the programme's first.

    Per month: what sales deferred (debit revenue, credit deferred revenue), and what use and breakage released
    (the reverse). A revised estimate changes the month it is made in, not the past. Debits equal credits, and
    the closing balance is what was deferred less what was recognised, to the minor unit.
    """
    closings: list[Closing] = []
    opening = deferred_before = recognised_before = 0
    for month in months:
        outstanding = month.given - month.used - month.gone
        in_all = month.used + _whole(Decimal(max(outstanding, 0)) * month.expected_use)
        recognised = earned_part(month.deferred_minor, used=month.used, expected_use_in_all=in_all)
        if outstanding <= 0:
            recognised = month.deferred_minor  # nobody is owed anything any longer
        deferred, released = month.deferred_minor - deferred_before, recognised - recognised_before
        lines = (
            *_moved(deferred, REVENUE, DEFERRED, "deferred"),
            *_moved(released, DEFERRED, REVENUE, "recognised"),
        )
        closing = opening + deferred - released
        closings.append(Closing(month.name, opening, deferred, released, closing, outstanding, lines))
        opening, deferred_before, recognised_before = closing, month.deferred_minor, recognised
    return closings


def _moved(amount: int, debit: str, credit: str, why: str) -> tuple[Line, ...]:
    """Two lines that carry an amount from one account to another; a negative one goes the other way."""
    if not amount:
        return ()
    if amount < 0:
        amount, debit, credit = -amount, credit, debit
    return Line(debit, amount, 0, why), Line(credit, 0, amount, why)


def _whole(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))
