"""What the books must say after the demo's history is loaded, worked out without the code that loads it.

`loyalty.demo.history` reads receipts line by line in Python. Here the same rules, stated once more as one SQL
statement over the published files, give orders, revenue, members and points. It shares only the location of
the files with the reader (not its views, its rounding or its time arithmetic), so a mistake would have to be
made twice to go unnoticed.

Points are one per full dollar of each order's total: the part of a dollar that an order does not fill earns
nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import duckdb

from loyalty.demo.history import data_folder


@dataclass(frozen=True, slots=True)
class Figures:
    """Totals of some households over some time."""

    orders: int
    """Orders, those that total zero included."""
    revenue_minor: int
    """Cents paid."""
    members: int
    """Households with at least one order."""
    points: int
    """One per full dollar, counted order by order."""


def figures(*, households: Iterable[str] | None = None, month: date | None = None, weeks: int = 0) -> Figures:
    """The totals of `households` in `month`.

    `households`: external ids (`Household.external_id`); `None` means all. `month`: any day of a calendar
    month on the shop's clock in New York; `None` means the whole history. `weeks`: by how much the history
    was moved (`History.weeks`), so that `month` is a month of the moved history. All zero when nothing
    matches.
    """
    row = _ask(_TOTALS, households, month, weeks)[0]
    return Figures(*map(int, row))


def figures_by_household(
    *, households: Iterable[str] | None = None, month: date | None = None, weeks: int = 0
) -> dict[str, Figures]:
    """The same, for each household with an order in that time, by external id; each has `members == 1`."""
    rows = _ask(_BY_HOUSEHOLD, households, month, weeks)
    return {str(household): Figures(*map(int, totals)) for household, *totals in rows}


def _ask(ending: str, households: Iterable[str] | None, month: date | None, weeks: int) -> list[tuple]:
    """The rows of `_ORDERS` followed by `ending`."""
    # Binding an impossible number instead of NULL keeps one statement for "all" and "these".
    wanted = [-1] if households is None else [int(household) for household in households]
    with duckdb.connect(":memory:", config={"threads": 2, "autoinstall_known_extensions": False}) as db:
        return db.execute(
            _ORDERS + ending,
            {
                "transactions": str(data_folder() / "transactions.parquet"),
                "wanted": wanted,
                "all": households is None,
                "first": month.replace(day=1) if month else None,
                "weeks": weeks,
            },
        ).fetchall()


_ORDERS = """
WITH bought AS (
    SELECT household_id, basket_id, transaction_timestamp,
           sum(sales_value::DECIMAL(12, 2)) AS goods,
           sum(coupon_disc::DECIMAL(12, 2)) AS coupons
    FROM read_parquet($transactions)
    WHERE $all OR household_id IN (SELECT unnest($wanted::BIGINT[]))
    GROUP BY ALL
    HAVING max(abs(quantity)) > 0 OR max(sales_value::DECIMAL(12, 2)) > 0
), orders AS (
    SELECT household_id,
           CASE WHEN goods > coupons THEN goods - coupons ELSE 0 END AS paid,
           timezone('America/New_York', timezone('UTC', transaction_timestamp))
               + to_weeks($weeks) AS local_time
    FROM bought
), counted AS (
    SELECT household_id, paid FROM orders
    WHERE $first IS NULL OR date_trunc('month', local_time) = $first::DATE
)
"""

_TOTALS = """
SELECT count(*), coalesce(sum(paid), 0) * 100, count(DISTINCT household_id), coalesce(sum(floor(paid)), 0)
FROM counted
"""

_BY_HOUSEHOLD = """
SELECT household_id, count(*), sum(paid) * 100, 1, sum(floor(paid))
FROM counted GROUP BY household_id ORDER BY household_id
"""
