"""What a large shop's first rows of a figure, and its sums of a day, are read from: indexes, and no more of them than the
page or the day needs."""

import re
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from analytics.queries import gathering, statements
from analytics.queries.rows import rows, some_rows
from analytics.rules.calendar import DAY, Grain, stretch
from tests.cast import AT, days
from tests.isolation.test_plans import Crowded, crowded, nodes, plans

__all__ = ["crowded"]

ZONE = "Europe/Stockholm"
TODAY = AT.astimezone(ZoneInfo(ZONE)).date()
GROWING = ("members_order", "ledger_entry", "ledger_transfer", "members_member", "rewards_redemption")
"""Tables that no first page may read whole."""
READ_FROM = {
    "members_total": {"members_member_newest"},
    "members_new": {"members_member_newest"},
    "members_active": {"members_member_newest", "members_order_member"},
    "members_lapsed": {"members_order_figures", "members_order_member"},
    "retention": {"members_order_figures", "members_order_member"},
    "orders": {"members_order_figures"},
    "revenue": {"members_order_figures"},
    "aov_members": {"members_order_figures"},
    "points_issued": {"ledger_transfer_period"},
    "value_per_member": {"members_order_member"},
    "points_outstanding": {"ledger_entry_version"},
}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Statements without the comments they begin with: `plans` looks at what begins as a question."""
    text = statements._text
    monkeypatch.setattr(statements, "_text", lambda name: re.sub(r"(?m)^\s*--.*\n", "", text(name)))


def steps(run: Callable[[], Any]) -> list[dict[str, Any]]:
    """Every step of the statement that reads the most."""
    return max(([*nodes(plan)] for plan in plans(run)), key=len)


def whole(found: list[dict[str, Any]]) -> list[str]:
    """The growing tables that are read from their first row to their last."""
    return [node["Relation Name"] for node in found
            if node["Node Type"] == "Seq Scan" and node["Relation Name"] in GROWING]  # fmt: skip


@pytest.mark.parametrize("key", READ_FROM)
def test_the_first_rows_are_found_along_an_index(crowded: Crowded, key: str) -> None:
    when, now = stretch(Grain.DAY, TODAY), AT + days(1)
    if key == "members_lapsed":
        when, now = stretch(Grain.DAY, TODAY + 180 * DAY), AT + days(181)
    found = steps(lambda: some_rows(key, when, zone=ZONE, at=now, most=5))
    assert whole(found) == []
    assert READ_FROM[key] <= {node.get("Index Name") for node in found}


def test_twin_all_rows_of_what_members_hold_are_added_up_from_the_whole_books(crowded: Crowded) -> None:
    when = stretch(Grain.DAY, TODAY)
    found = steps(lambda: rows("points_outstanding", when, zone=ZONE, at=AT + days(1), most=5))
    assert "ledger_entry" in whole(found)


def test_the_largest_of_a_period_are_read_from_the_index_of_figures_alone(crowded: Crowded) -> None:
    def kinds(key: str) -> set[tuple[str, str | None]]:
        asked = steps(lambda: some_rows(key, stretch(Grain.DAY, TODAY), zone=ZONE, at=AT + days(1), most=5))
        return {(node["Node Type"], node.get("Index Name")) for node in asked}

    assert ("Index Only Scan", "members_order_figures") in kinds("revenue")
    assert ("Index Only Scan", "ledger_transfer_period") in kinds("points_issued")


def test_the_silences_of_one_day_are_counted_from_the_orders_of_one_day(crowded: Crowded) -> None:
    day = TODAY - DAY + 180 * DAY
    found = steps(lambda: gathering.of_days("lapses", (day, day + DAY), zone=ZONE, at=AT + days(400)))
    assert whole(found) == []
    read = {node.get("Index Name"): node["Index Cond"] for node in found if "Index Cond" in node}
    assert "member_id = " in read["members_order_member"]
