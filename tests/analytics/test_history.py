"""The demo's year of receipts: every key figure of every month against a count of the published files themselves, which
knows nothing of orders, facts or the code that loads them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from django.db.models import F, Sum

from analytics.operations import filling
from analytics.queries import journeys
from analytics.queries.figures import FIGURES
from analytics.queries.rows import every_row
from analytics.queries.sums import reader
from analytics.queries.telling import Told, figures
from analytics.rules.calendar import Grain, Stretch, stretch, stretches
from loyalty.core import clock
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import outstanding, totals_within
from loyalty.core.tenancy.scope import acting_for
from loyalty.demo import cafe, load
from loyalty.demo.figures import Figures, figures_by_household
from loyalty.demo.history import SHOP_ZONE, open_history
from loyalty.demo.load import load_part
from loyalty.demo.parts import PARTS, Work
from loyalty.demo.shops import DEMO, open_shops
from rewards.models import Redemption

HOUSEHOLDS = 8
ZONE = "America/New_York"


@dataclass
class Year:
    """What was loaded: its months, each household's figures in each of them, and when each joined."""

    months: list[Stretch]
    of_month: dict[Stretch, dict[str, Figures]]
    joined: dict[str, date]

    def buyers(self, month: Stretch) -> set[str]:
        return {name for name, found in self.of_month[month].items() if found.orders}


@pytest.fixture
def year(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Year]:
    """Eight households' year, loaded and filled; the grocery's scope stays open."""
    monkeypatch.setattr(cafe, "WEEKS", 1)
    monkeypatch.setitem(load.SIZES, "tiny", HOUSEHOLDS)
    shops = open_shops(at=clock.now())
    for part in range(PARTS):
        load_part(Work(shops.grocery.pk, "tiny", shops.last_day, frozenset()), part, [0] * 4)
    with open_history(households=HOUSEHOLDS, last_day=shops.last_day) as history:
        weeks, households = history.weeks, history.households()
        joined = {one.external_id: one.joined_at.astimezone(SHOP_ZONE).date() for one in households}
    months = stretches(Grain.MONTH, upto=shops.last_day, count=13)
    counted = {
        month: figures_by_household(households=list(joined), month=month.first, weeks=weeks)
        for month in months
    }
    with acting_for(shops.grocery, by=DEMO):
        filling.note_changes(at=clock.now())
        while filling.sum_batch(at=clock.now()):
            pass
        yield Year(months, counted, joined)


def expected(year: Year, month: Stretch) -> dict[str, int | Decimal | None]:
    """The key figures of a month, from the published files."""
    found = year.of_month[month]
    buyers, before = (
        year.buyers(month),
        year.buyers(month.previous) if month.previous in year.of_month else set(),
    )
    orders = sum(one.orders for one in found.values())
    revenue = sum(one.revenue_minor for one in found.values())
    spent = sum(
        one.revenue_minor for name in year.of_month if name <= month for one in year.of_month[name].values()
    )
    members = sum(day < month.after for day in year.joined.values())

    def part(one: int, whole: int) -> Decimal | None:
        return Decimal(one) / whole if whole else None

    return {
        "orders": orders, "revenue": revenue, "revenue_members": revenue, "visits": orders,
        "aov_members": part(revenue, orders), "aov_others": None,
        "members_active": len(buyers), "members_total": members,
        "members_new": sum(month.first <= day < month.after for day in year.joined.values()),
        "active_share": part(len(buyers), members),
        "retention": part(len(buyers & before), len(before)),
        "repeat_rate": part(sum(found[name].orders > 1 for name in buyers), len(buyers)),
        "frequency": part(orders, len(buyers)), "value_per_buyer": part(revenue, len(buyers)),
        "value_per_member": part(spent, members), "refunds": 0, "members_lapsed": 0,
    }  # fmt: skip


def test_every_month_is_what_the_published_files_say(year: Year) -> None:
    read = reader(zone=ZONE, at=clock.now())
    table = figures(read, year.months)
    for month in year.months[1:]:
        wanted = expected(year, month)
        wanted.pop("members_lapsed")
        assert {key: table[key, month, ""].value for key in wanted} == wanted, month
    _points(table, year)
    _cohorts(read, year)
    _rows(table, year)
    assert verify() == []


def _points(table: dict[tuple[str, Stretch, str], Told], year: Year) -> None:
    """Points and rewards are what the books and the list of redemptions say."""
    spans = [(month.since(ZONE), month.until(ZONE)) for month in year.months]
    for month, found in zip(year.months, totals_within(spans), strict=True):
        told = [
            table[key, month, ""].value
            for key in ("points_issued", "points_spent", "points_expired", "points_by_hand")
        ]
        signed = [
            found.get("issued", 0),
            -found.get("redeemed", 0),
            -found.get("expired", 0),
            found.get("adjusted", 0),
        ]
        assert told == signed
        taken = Redemption.objects.filter(
            status="committed", reserved_at__gte=month.since(ZONE), reserved_at__lt=month.until(ZONE)
        ).aggregate(n=Sum("quantity"), cost=Sum(F("quantity") * F("unit_cost_minor")))
        assert table["redemptions", month, ""].value == (taken["n"] or 0)
        assert table["reward_cost", month, ""].value == (taken["cost"] or 0)
    assert table["points_outstanding", year.months[-1], ""].value == outstanding()
    assert sum(table["redemptions", month, ""].part for month in year.months) > 0


def _cohorts(read: object, year: Year) -> None:
    """Who joined in a month bought in later ones as often as the files say."""
    for cohort in journeys.cohorts(read, year.months):  # type: ignore[arg-type]
        mine = {name for name, day in year.joined.items() if cohort.month.first <= day < cohort.month.after}
        later = [month for month in year.months if month >= cohort.month]
        assert cohort.size == len(mine)
        assert list(cohort.buyers) == [len(mine & year.buyers(month)) for month in later]


def _rows(table: dict[tuple[str, Stretch, str], Told], year: Year) -> None:
    """The rows behind each figure of the last whole month, and of the year, come to it."""
    month = year.months[-2]
    for key in FIGURES:
        rows = list(every_row(key, month, zone=ZONE, at=clock.now()))
        told = table[key, month, ""]
        assert sum(row.part for row in rows) == told.part, key
        assert told.whole is None or sum(row.whole for row in rows) == told.whole, key
    whole = stretch(Grain.YEAR, month.first)
    counted = figures(reader(zone=ZONE, at=clock.now()), [whole], ["repeat_rate", "revenue"])
    for key in ("repeat_rate", "revenue"):
        rows = list(every_row(key, whole, zone=ZONE, at=clock.now()))
        assert sum(row.part for row in rows) == counted[key, whole, ""].part
