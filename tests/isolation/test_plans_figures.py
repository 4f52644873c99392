"""What a large shop's first rows of a figure, and its sums of a day, are read from: indexes, and no more of them than the
page or the day needs."""

import re
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from analytics.queries import gathering, statements
from analytics.queries import rows as opened
from analytics.queries.rows import rows, some_rows
from analytics.rules.calendar import DAY, Grain, stretch
from tests.cast import AT, days
from tests.isolation.crowd import Crowded
from tests.isolation.test_plans import nodes, plans

ZONE = "Europe/Stockholm"
TODAY = AT.astimezone(ZoneInfo(ZONE)).date()
GROWING = ("members_order", "ledger_entry", "ledger_transfer", "members_member", "rewards_redemption")
"""Tables that no first page may read whole."""
READ_FROM = {
    "members_total": {"members_member_newest"},
    "members_new": {"members_member_newest"},
    "members_active": {"members_member_newest", "members_order_member"},
    "members_lapsed": {"members_order_figures", "members_order_member"},
    "retention": {"members_order_figures"},
    "orders": {"members_order_figures"},
    "revenue": {"members_order_figures"},
    "aov_members": {"members_order_figures"},
    "points_issued": {"ledger_transfer_period"},
    "value_per_member": {"members_order_member"},
    "points_outstanding": {"ledger_entry_version"},
}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Statements without the comments they begin with: `plans` looks at what begins as a question. And thousands of
    movements are many already."""
    monkeypatch.setattr(opened, "_FEW", -1)
    text = statements._text
    monkeypatch.setattr(statements, "_text", lambda name: re.sub(r"(?m)^\s*--.*\n", "", text(name)))


def steps(run: Callable[[], Any]) -> list[dict[str, Any]]:
    """Every step of the statements that are sent."""
    return [node for plan in plans(run) for node in nodes(plan)]


def whole(found: list[dict[str, Any]]) -> list[str]:
    """The growing tables that are read from their first row to their last."""
    return [node["Relation Name"] for node in found
            if node["Node Type"] == "Seq Scan" and node["Relation Name"] in GROWING]  # fmt: skip


def first(key: str) -> Callable[[], Any]:
    """The first rows of a figure of the crowd's day, or of the day on which its silences are over."""
    later = 180 if key == "members_lapsed" else 0
    when = stretch(Grain.DAY, TODAY + later * DAY)
    return lambda: some_rows(key, when, zone=ZONE, at=AT + days(later + 1), most=5)


def test_first_rows_and_a_days_silences_are_read_from_indexes(crowded: Crowded) -> None:
    found = {key: steps(first(key)) for key in READ_FROM}
    assert {key: whole(read) for key, read in found.items() if whole(read)} == {}
    missing = {
        key: names - {node.get("Index Name") for node in found[key]} for key, names in READ_FROM.items()
    }
    assert {key: names for key, names in missing.items() if names} == {}
    alone = {(node.get("Index Name"), key) for key, read in found.items() for node in read
             if node["Node Type"] == "Index Only Scan"}  # fmt: skip
    assert {("members_order_figures", "revenue"), ("ledger_transfer_period", "points_issued")} <= alone

    day = TODAY - DAY + 180 * DAY
    silences = steps(lambda: gathering.of_days("lapses", (day, day + DAY), zone=ZONE, at=AT + days(400)))
    assert whole(silences) == []
    following = [node["Index Cond"] for node in silences if node.get("Index Name") == "members_order_member"]
    assert any("member_id = " in condition for condition in following)

    everything = steps(lambda: rows("revenue", stretch(Grain.DAY, TODAY), zone=ZONE, at=AT + days(1), most=5))
    assert not any(node.get("Index Name") == "members_order_figures" and node["Node Type"] == "Index Only Scan"
                   for node in everything), "the twin: all of them are looked up one by one"  # fmt: skip
