"""The engine by itself: decisions per second for a programme of 20 rules and a basket of 10 lines, in one process."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from members.rules.earning import Earning, check
from members.rules.engine import decide
from members.rules.facts import Facts, Given, LineFacts, MemberFacts, OrderFacts, Period, Spent
from tests.bench.clients import Figure, processes

if TYPE_CHECKING:
    from tests.bench.__main__ import Run

AT = datetime(2026, 3, 3, 8, 30, tzinfo=UTC)
TARGET_MS = 0.3


def programme() -> Earning:
    """Twenty rules of every kind: rates, multipliers, bonuses, stamps; with conditions, caps, groups and budgets."""
    hours = {"type": "hours", "days": ["mon", "tue", "wed"], "from": "08:00", "until": "11:00"}
    least = {"type": "order_amount", "at_least_minor": 50_00}
    monthly = {"per": [{"period": "month", "times": 4, "units": 400}, {"period": "lifetime", "units": 5000}]}
    rules: list[dict] = [
        {"type": "points_per_amount", "id": "base", "points": 1, "per_minor": 10_00},
        {"type": "points_per_amount", "id": "gold", "points": 2, "per_minor": 10_00, "group": "rate",
         "when": [{"type": "tier", "any_of": ["gold"]}]},
        {"type": "points_per_amount", "id": "silver", "points": 1, "per_minor": 8_00, "group": "rate", "priority": -1},
        {"type": "points_per_amount", "id": "credits", "points": 1, "per_minor": 1_00, "unit": "credits"},
        {"type": "points_per_amount", "id": "back", "points": 1, "per_minor": 20, "unit": "cashback", "limits": monthly},
        {"type": "multiplier", "id": "coffee", "factor": "2", "only": {"categories": ["coffee"]}, "when": [hours]},
        {"type": "multiplier", "id": "green", "factor": "1.5", "only": {"tags": ["sustainable"]}, "group": "extra"},
        {"type": "multiplier", "id": "app", "factor": "3", "only": {"channels": ["app"]}, "group": "extra"},
        {"type": "fixed", "id": "stamp", "amount": 1, "unit": "stamps", "when": [least, {"type": "cool_down", "minutes": 60}]},
        {"type": "fixed", "id": "cup", "amount": 1, "unit": "stamps", "only": {"tags": ["own-cup"]}},
        {"type": "fixed", "id": "each", "amount": 2, "for_each": "item", "only": {"brands": ["brand-1"]}},
        {"type": "fixed", "id": "first", "amount": 200, "when": [{"type": "order_number", "number": 1}]},
        {"type": "fixed", "id": "tenth", "amount": 100, "when": [{"type": "order_number", "every": 10}]},
        {"type": "fixed", "id": "birthday", "amount": 50, "when": [{"type": "birthday", "days_before": 7, "days_after": 7}]},
        {"type": "fixed", "id": "back-again", "amount": 80, "when": [{"type": "since_order", "at_least_days": 90}]},
        {"type": "fixed", "id": "budgeted", "amount": 10, "limits": {"budget": "spring", **monthly}},
        {"type": "threshold", "id": "steps", "steps": [{"at_least_minor": 100_00, "amount": 20},
                                                         {"at_least_minor": 300_00, "amount": 80}]},
        {"type": "issue_reward", "id": "sample", "reward": "sample", "when": [{"type": "segment", "any_of": ["new"]}]},
        {"type": "draw_entry", "id": "draw", "draw": "may", "when": [{"type": "quantity", "at_least": 5}, least]},
        {"type": "fixed", "id": "review", "amount": 20, "when": [{"type": "activity", "kinds": ["review"]}]},
    ]  # fmt: skip
    found = msgspec.convert(
        {
            "rules": rules,
            "groups": [{"id": "rate", "mode": "exclusive"}, {"id": "extra", "mode": "best"}],
            "budgets": [{"id": "spring", "money_minor": 10_000_00, "unit_cost_minor": "0.5"}],
        },
        Earning,
    )
    assert check(found) == []
    return found


def basket() -> Facts:
    """Ten lines with names and tags, a discount over all of them, and a member with a history."""
    lines = tuple(
        LineFacts(n, f"sku-{n}", 31_00 + n, category="coffee" if n % 3 else "cake", brand=f"brand-{n % 4}",
                  tags=frozenset({"sustainable"} if n % 2 else {"own-cup"}))
        for n in range(1, 11)
    )  # fmt: skip
    given = Given(AT - timedelta(hours=3), {Period.MONTH: 1, Period.LIFETIME: 9}, {Period.MONTH: 50})
    member = MemberFacts(
        AT - timedelta(days=200), 9, 4000_00, AT - timedelta(days=9), birthday=AT.date(), tier="gold",
        segments=frozenset({"new"}), given={"stamp": given, "back": given, "budgeted": given},
    )  # fmt: skip
    order = OrderFacts("SEK", lines, discount_minor=25_00, channel="pos")
    return Facts(order, member, "Europe/Stockholm", budgets={"spring": Spent(500)})


def make_decisions(number: int) -> Callable[[], bool]:
    """One decision a call."""
    earning, facts = programme(), basket()
    return lambda: decide(earning, facts, AT).earned() > 0


def measure(run: "Run") -> Figure:
    """Add the figure to a run. Its target is a time: nothing but this process takes part."""
    figure = processes("decide: 20 rules, 10 lines", make_decisions, clients=1, seconds=run.seconds)
    return run.add(figure, target=f"{figure.p50:.2f} ms each (must: < {TARGET_MS} ms)")
