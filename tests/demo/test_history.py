"""The cleaned year against the published files, read a second way. One full pass feeds most of the tests."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loyalty.demo.figures import Figures, figures, figures_by_household
from loyalty.demo.history import (
    SHOP_ZONE,
    Basket,
    Counts,
    Household,
    data_folder,
    open_history,
    share_discount,
)


@dataclass
class Year:
    """What one pass over every basket of 2017 leaves behind."""

    counts: Counts
    totals: dict[int, int] = field(default_factory=dict)
    """Cents by basket."""
    members: Counter[str] = field(default_factory=Counter)
    """Orders by household."""
    points: Counter[str] = field(default_factory=Counter)
    months: dict[date, list[int]] = field(default_factory=dict)
    """Orders, cents and points by local month."""
    first_seen: dict[str, datetime] = field(default_factory=dict)
    days_utc: set[tuple[str, date]] = field(default_factory=set)
    days_local: set[tuple[str, date]] = field(default_factory=set)
    quantities: Counter[str] = field(default_factory=Counter)
    """Lines by quantity, fuel left out."""
    fuel_quantities: Counter[str] = field(default_factory=Counter)
    amount_minor: int = 0
    discount_minor: int = 0
    unlisted: int = 0
    faults: list[str] = field(default_factory=list)
    """Baskets out of order or whose sums do not add up."""

    def see(self, basket: Basket) -> None:
        local = basket.happened_at.astimezone(SHOP_ZONE).date()
        self.totals[int(basket.external_id)] = basket.total_minor
        self.members[basket.household] += 1
        self.points[basket.household] += basket.total_minor // 100
        month = self.months.setdefault(local.replace(day=1), [0, 0, 0])
        for place, value in enumerate((1, basket.total_minor, basket.total_minor // 100)):
            month[place] += value
        self.first_seen.setdefault(basket.household, basket.happened_at)
        self.days_utc.add((basket.household, basket.happened_at.date()))
        self.days_local.add((basket.household, local))
        paid = 0
        for line in basket.lines:
            (self.fuel_quantities if "fuel" in line.tags else self.quantities)[line.quantity] += 1
            self.amount_minor += line.amount_minor
            self.discount_minor += line.discount_minor
            self.unlisted += line.name == "Unlisted item"
            paid += line.amount_minor - line.discount_minor
            if not 0 <= line.discount_minor <= line.amount_minor:
                self.faults.append(f"{basket.external_id}: a discount outside its line")
        if paid != basket.total_minor:
            self.faults.append(f"{basket.external_id}: lines do not add up to the total")


@pytest.fixture(scope="module")
def year() -> Year:
    with open_history() as history:
        year, before = Year(history.counts()), datetime.min.replace(tzinfo=UTC)
        for basket in history.baskets():
            year.see(basket)
            if basket.happened_at < before:
                year.faults.append(f"{basket.external_id}: before its predecessor")
            before = basket.happened_at
    return year


def published(query: str) -> list[tuple]:
    """Rows of a query in which `t` is the published table of transactions and `r` that of redemptions."""
    files = {name: str(data_folder() / f"{name}.parquet") for name in ("transactions", "coupon_redemptions")}
    with duckdb.connect(":memory:") as db:
        db.read_parquet(files["transactions"]).create_view("t")
        db.read_parquet(files["coupon_redemptions"]).create_view("r")
        return db.execute(query).fetchall()


def test_the_cleaned_year_has_the_documented_sizes(year):
    assert year.counts == Counts(
        households=2_469,
        orders=155_520,
        lines=1_460_467,
        revenue_minor=456_970_626,
        zero_orders=199,
        clipped_orders=11,
        clipped_minor=689,
        dropped_lines=8_840,
        dropped_baskets=328,
    )


def test_nothing_published_is_unaccounted_for(year):
    ((lines, baskets),) = published("SELECT count(*), count(DISTINCT basket_id) FROM t")
    assert lines == 1_469_307 == year.counts.lines + year.counts.dropped_lines
    assert baskets == 155_848 == year.counts.orders + year.counts.dropped_baskets


def test_what_is_read_is_what_was_counted(year):
    assert len(year.totals) == year.counts.orders
    assert len(year.members) == year.counts.households
    assert year.quantities.total() + year.fuel_quantities.total() == year.counts.lines
    assert sum(year.totals.values()) == year.counts.revenue_minor
    assert sum(not total for total in year.totals.values()) == year.counts.zero_orders


def test_baskets_come_in_time_order_and_their_lines_add_up(year):
    assert year.faults == []


def test_every_basket_totals_goods_minus_coupons_to_the_cent(year):
    expected = published("""
        SELECT basket_id,
               greatest(sum(sales_value::DECIMAL(12, 2)) - sum(coupon_disc::DECIMAL(12, 2)), 0) * 100
        FROM t GROUP BY basket_id
        HAVING count(*) FILTER (quantity <> 0 OR sales_value::DECIMAL(12, 2) <> 0) > 0
    """)
    assert year.totals == {basket: int(cents) for basket, cents in expected}


def test_amounts_and_coupons_lose_only_what_the_cleaning_says(year):
    ((goods, coupons, matches),) = published("""
        SELECT sum(sales_value::DECIMAL(12, 2)) * 100, sum(coupon_disc::DECIMAL(12, 2)) * 100,
               sum(coupon_match_disc::DECIMAL(12, 2)) * 100
        FROM t
    """)
    coupons_of_dropped_baskets = 1_969
    assert year.amount_minor == goods + matches
    assert year.discount_minor == coupons + matches - year.counts.clipped_minor - coupons_of_dropped_baskets


def test_published_amounts_are_whole_cents(year):
    for column in ("sales_value", "coupon_disc", "coupon_match_disc"):
        ((worst,),) = published(f"SELECT max(abs({column} * 100 - round({column} * 100))) FROM t")
        assert worst < 1e-6, column


def test_fuel_is_never_counted_in_thousandths_of_a_gallon(year):
    assert year.fuel_quantities == {"1": 14_697}
    assert max(map(int, year.quantities)) == 144  # ears of corn; fuel would be in the thousands


def test_every_line_has_a_quantity(year):
    ((zeros, ones),) = published("""
        SELECT count(*) FILTER (quantity = 0), count(*) FILTER (quantity = 1)
        FROM t WHERE NOT (quantity = 0 AND sales_value::DECIMAL(12, 2) = 0)
    """)
    ((fuel_zeros, fuel_ones),) = published(f"""
        SELECT count(*) FILTER (quantity = 0), count(*) FILTER (quantity = 1)
        FROM t JOIN read_parquet('{data_folder() / "products.parquet"}') USING (product_id)
        WHERE product_type LIKE 'GASOLINE%'
    """)
    assert (zeros, fuel_zeros) == (29, 0)
    assert year.quantities["1"] == zeros + ones - fuel_ones
    assert "0" not in year.quantities


def test_lines_without_a_product_row_are_named_as_such(year):
    assert year.unlisted == 32


def test_new_york_is_the_shops_clock(year):
    """A coupon is redeemed at the till, so its household has a basket that day, if the calendar is right."""
    redeemed = published("SELECT household_id::VARCHAR, redemption_date::DATE FROM r")
    dropped = published("""
        SELECT household_id::VARCHAR, min(transaction_timestamp) FROM t GROUP BY household_id, basket_id
        HAVING max(abs(quantity)) = 0 AND max(sales_value::DECIMAL(12, 2)) = 0
    """)
    at_till_utc = year.days_utc | {(who, at.date()) for who, at in dropped}
    at_till_local = year.days_local | {
        (who, at.replace(tzinfo=UTC).astimezone(SHOP_ZONE).date()) for who, at in dropped
    }
    assert len(redeemed) == 2_102
    assert sum(each not in at_till_local for each in redeemed) == 0
    assert sum(each not in at_till_utc for each in redeemed) == 233


def test_no_basket_leaves_2017_on_the_shops_clock(year):
    assert min(year.months) == date(2017, 1, 1)
    assert max(year.months) == date(2017, 12, 1)
    assert {day for _, day in year.days_local}.isdisjoint({date(2017, 12, 25)})
    assert max(day for _, day in year.days_utc) == date(2018, 1, 1)  # the trap, were it read as local time


def test_the_year_agrees_with_the_figures_worked_out_apart(year):
    assert figures() == Figures(
        orders=len(year.totals),
        revenue_minor=sum(year.totals.values()),
        members=len(year.members),
        points=year.points.total(),
    )
    for month in (date(2017, 1, 1), date(2017, 7, 1), date(2017, 12, 1)):
        apart = figures(month=month)
        assert [apart.orders, apart.revenue_minor, apart.points] == year.months[month], month


def test_every_household_agrees_with_the_figures_worked_out_apart(year):
    apart = figures_by_household()
    assert {household: each.orders for household, each in apart.items()} == year.members
    assert {household: each.points for household, each in apart.items()} == dict(year.points)


def test_households_join_with_their_first_basket(year):
    with open_history() as history:
        households = history.households()
    assert {each.external_id: each.joined_at for each in households} == year.first_seen
    assert [each.joined_at for each in households] == sorted(each.joined_at for each in households)


def test_a_third_of_the_households_come_with_hints():
    with open_history() as history:
        households = {each.external_id: each for each in history.households()}
    hinted = [each for each in households.values() if each.age_band]
    assert len(hinted) == 801
    assert all(each.income_band and each.household_size and each.kids for each in hinted)
    assert hints(households["900"]) == ("35-44", "35-49K", "2", "0")
    assert hints(households["2"]) == (None, None, None, None)


def hints(household: Household) -> tuple[str | None, ...]:
    return household.age_band, household.income_band, household.household_size, household.kids


CENTS = st.integers(0, 10_000)


@given(st.lists(st.tuples(CENTS, CENTS), min_size=1, max_size=12), CENTS)
@example([(199, 0), (0, 0), (301, 0)], 50)
@example([(1, 0), (1, 0), (1, 0)], 2)
@example([(100, 300), (0, 5)], 0)
def test_coupons_are_shared_to_the_cent(lines, loose):
    amounts, own = [amount for amount, _ in lines], [coupon for _, coupon in lines]
    shared = share_discount(amounts, own, loose)
    assert sum(shared) == min(sum(own) + loose, sum(amounts))
    kept = [min(amount, coupon) for amount, coupon in lines]
    assert all(keep <= share <= amount for keep, share, amount in zip(kept, shared, amounts, strict=True))
    # Each line's part of what is over is its fair part, give or take the cent that rounding moves.
    over, room = sum(shared) - sum(kept), sum(amounts) - sum(kept)
    for amount, keep, share in zip(amounts, kept, shared, strict=True):
        assert abs((share - keep) * room - over * (amount - keep)) < room or room == 0


def test_a_loose_coupon_is_shared_by_price():
    assert share_discount([1_000, 500, 0, 500], [0, 500, 0, 0], 100) == [67, 500, 0, 33]


def test_equal_remainders_go_to_the_earlier_line():
    assert share_discount([1, 1, 1], [0, 0, 0], 2) == [1, 1, 0]
