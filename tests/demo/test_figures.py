"""The independent figures, checked once more by hand for a few households, and against a moved history."""

from collections import Counter, defaultdict
from datetime import UTC, date, timedelta
from decimal import Decimal

import duckdb
import pytest

from loyalty.demo.figures import Figures, figures, figures_by_household
from loyalty.demo.history import SHOP_ZONE, data_folder, open_history

FEW = ["1", "900", "1609"]
"""Three who shop very differently; 1609 is among the heaviest and has coupons, fuel and slips."""


def by_hand(household: str, month: date | None = None) -> Figures:
    """Adding up with `Decimal`, row by row, from nothing but the published rows."""
    with duckdb.connect(":memory:") as db:
        rows = db.execute(
            "SELECT basket_id, quantity, sales_value, coupon_disc, transaction_timestamp "
            "FROM read_parquet($file) WHERE household_id = $household",
            {"file": str(data_folder() / "transactions.parquet"), "household": int(household)},
        ).fetchall()
    paid: dict[int, Decimal] = defaultdict(Decimal)
    visits = set()
    for basket, quantity, sales, coupon, at in rows:
        local = at.replace(tzinfo=UTC).astimezone(SHOP_ZONE).date()
        if month and local.replace(day=1) != month:
            continue
        goods = Decimal(f"{sales:.2f}")
        paid[basket] += goods - Decimal(f"{coupon:.2f}")
        if quantity or goods:
            visits.add(basket)
    totals = [max(paid[basket], Decimal(0)) for basket in visits]
    return Figures(
        orders=len(totals),
        revenue_minor=int(sum(totals) * 100),
        members=int(bool(totals)),
        points=sum(int(total) for total in totals),
    )


@pytest.mark.parametrize("household", FEW)
def test_a_households_year_adds_up_by_hand(household):
    assert figures(households=[household]) == by_hand(household)


@pytest.mark.parametrize("month", [date(2017, 1, 1), date(2017, 11, 1), date(2017, 12, 1)])
def test_a_households_month_adds_up_by_hand(month):
    assert figures(households=["1609"], month=month) == by_hand("1609", month)


def test_any_day_names_its_month():
    assert figures(households=FEW, month=date(2017, 3, 31)) == figures(households=FEW, month=date(2017, 3, 1))


def test_the_months_make_the_year():
    months = [figures(month=date(2017, month, 1)) for month in range(1, 13)]
    year = figures()
    assert sum(each.orders for each in months) == year.orders == 155_520
    assert sum(each.revenue_minor for each in months) == year.revenue_minor == 456_970_626
    assert sum(each.points for each in months) == year.points == 4_493_664


def test_points_are_floored_order_by_order():
    year = figures(households=["1609"])
    assert year.points < year.revenue_minor // 100
    assert year.points > year.revenue_minor // 100 - year.orders


def test_households_add_up_to_the_total():
    each = figures_by_household(households=FEW, month=date(2017, 5, 1))
    together = figures(households=FEW, month=date(2017, 5, 1))
    assert together == Figures(
        orders=sum(one.orders for one in each.values()),
        revenue_minor=sum(one.revenue_minor for one in each.values()),
        members=len(each),
        points=sum(one.points for one in each.values()),
    )
    assert all(one.members == 1 for one in each.values())


def test_nothing_matches_nothing():
    nothing = Figures(orders=0, revenue_minor=0, members=0, points=0)
    assert (
        figures(households=[]) == figures(households=["2501"]) == figures(month=date(2018, 1, 1)) == nothing
    )
    assert figures_by_household(households=[]) == {}


def test_a_moved_history_has_its_figures_in_the_moved_months():
    seen: dict[date, Counter[str]] = defaultdict(Counter)
    with open_history(households=50, last_day=date(2026, 11, 20)) as history:
        chosen, weeks = [each.external_id for each in history.households()], history.weeks
        for basket in history.baskets():
            month = seen[basket.happened_at.astimezone(SHOP_ZONE).date().replace(day=1)]
            month["orders"] += 1
            month["revenue_minor"] += basket.total_minor
            month["points"] += basket.total_minor // 100
    assert min(seen) == date(2025, 11, 1)
    assert max(seen) == date(2026, 11, 1)
    for month, totals in seen.items():
        apart = figures(households=chosen, month=month, weeks=weeks)
        assert (apart.orders, apart.revenue_minor, apart.points) == (
            totals["orders"],
            totals["revenue_minor"],
            totals["points"],
        )
    assert timedelta(weeks=weeks) == date(2026, 11, 15) - date(2017, 12, 31)
