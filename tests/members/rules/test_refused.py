"""A rule that makes no sense is refused where it is written, with its path and a sentence; nothing is guessed."""

import pytest

from loyalty.core.errors import InvalidInput
from loyalty.core.programme import document

RULE = {"type": "fixed", "id": "a", "amount": 5}
BASE = {"type": "points_per_amount", "id": "a", "points": 1, "per_minor": 100}


def refusals(section: dict) -> list[str]:
    """Paths inside the earning section; each comes with a sentence."""
    with pytest.raises(InvalidInput) as refusal:
        document.parse({"earning": section})
    assert all(error["message"].strip() and error["code"] for error in refusal.value.errors)
    return [error["field"].removeprefix("earning.") for error in refusal.value.errors]


@pytest.mark.parametrize(
    ("condition", "path"),
    [
        ({"type": "of_the_moon"}, "type"), ({}, "type"), ({"type": "tier"}, "any_of"),
        ({"type": "order_amount"}, "at_least_minor"), ({"type": "order_amount", "at_least_minor": -1}, "at_least_minor"),
        ({"type": "order_amount", "at_least_minor": 5, "at_most_minor": 4}, "at_most_minor"),
        ({"type": "order_amount", "at_least_minor": 1.5}, "at_least_minor"),
        ({"type": "order_amount", "at_least_minor": 1, "of": "all"}, "of"),
        ({"type": "order_amount", "at_least_minor": 1, "atleast": 2}, "atleast"),
        ({"type": "quantity"}, "at_least"), ({"type": "quantity", "at_most": -1}, "at_most"),
        ({"type": "quantity", "at_least": 1, "of": {"channels": ["app"]}}, "of"),
        ({"type": "quantity", "at_least": 1, "of": {"quantity_at_least": -1}}, "of.quantity_at_least"),
        ({"type": "order_number"}, "number"), ({"type": "order_number", "number": 0}, "number"),
        ({"type": "order_number", "number": 2, "every": 2}, "number"), ({"type": "order_number", "every": 1}, "every"),
        ({"type": "order_number", "number": 1, "per": "decade"}, "per"), ({"type": "repeat", "times": 2}, "within_days"),
        ({"type": "repeat", "times": 1, "within_days": 9}, "times"), ({"type": "repeat", "times": 2, "within_days": 0}, "within_days"),
        ({"type": "since_order"}, "at_least_days"), ({"type": "since_order", "at_most_days": 40_000}, "at_most_days"),
        ({"type": "hours"}, "days"), ({"type": "hours", "from": "8:00"}, "from"), ({"type": "hours", "until": "24:00"}, "until"),
        ({"type": "hours", "days": ["mon", "mon"]}, "days"), ({"type": "hours", "days": ["monday"]}, "days[0]"),
        ({"type": "hours", "from": "08:00\n"}, "from"), ({"type": "hours", "from": "٠٨:٠٠"}, "from"),
        ({"type": "membership_age"}, "at_least_days"), ({"type": "birthday", "days_before": -1}, "days_before"),
        ({"type": "birthday", "days_after": 181}, "days_after"), ({"type": "anniversary", "days_after": 181}, "days_after"),
        ({"type": "tier", "any_of": []}, "any_of"), ({"type": "tier", "any_of": [" "]}, "any_of"),
        ({"type": "segment"}, "any_of"), ({"type": "segment", "none_of": [""]}, "none_of"),
        ({"type": "activity", "kinds": []}, "kinds"), ({"type": "activity", "kinds": ["A Review"]}, "kinds"),
        ({"type": "activity", "kinds": ["x"], "where": [{"name": "s"}]}, "where[0].any_of"),
        ({"type": "activity", "kinds": ["x"], "where": [{"name": "s", "any_of": [1], "at_least": 1}]}, "where[0].any_of"),
        ({"type": "activity", "kinds": ["x"], "where": [{"name": "", "any_of": [1]}]}, "where[0].name"),
        ({"type": "activity", "kinds": ["x"], "where": [{"name": "s", "at_least": 2, "at_most": 1}]}, "where[0].at_most"),
        ({"type": "activity", "kinds": ["x"], "where": [{"name": "s", "any_of": [1.5]}]}, "where[0].any_of[0]"),
        ({"type": "following", "within_days": 0}, "within_days"), ({"type": "following"}, "within_days"),
        ({"type": "following", "within_days": 1, "after": "No!"}, "after"),
        ({"type": "cool_down", "minutes": 0}, "minutes"), ({"type": "cool_down", "minutes": "60"}, "minutes"),
    ],
)  # fmt: skip
def test_a_condition_that_makes_no_sense(condition, path):
    assert refusals({"rules": [{**RULE, "when": [condition]}]}) == [f"rules[0].when[0].{path}"]


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ({**RULE, "amount": 0}, "amount"), ({**RULE, "amount": 1_000_001}, "amount"), ({**RULE, "unit": "euro"}, "unit"),
        ({**RULE, "unit": "Stamps"}, "unit"), ({**RULE, "unit": "stamps-"}, "unit"), ({**RULE, "unit": "stamps-0123456789"}, "unit"),
        ({**RULE, "unit": "stamps\n"}, "unit"), ({**RULE, "unit": "rewards"}, "unit"), ({**BASE, "unit": ""}, "unit"),
        ({**RULE, "for_each": "coffee"}, "for_each"), ({**RULE, "priority": 1001}, "priority"), ({**RULE, "group": "g"}, "group"),
        ({**RULE, "for_each": "item", "when": [{"type": "activity", "kinds": ["x"]}]}, "for_each"),
        ({**BASE, "when": [{"type": "activity", "kinds": ["x"]}]}, "when"),
        ({**RULE, "when": [{"type": "birthday"}] * 21}, "when"), ({**RULE, "only": {"quantity_at_least": -1}}, "only.quantity_at_least"),
        ({**RULE, "limits": {"per_order": 0}}, "limits.per_order"), ({**RULE, "limits": {"budget": "b"}}, "limits.budget"),
        ({**RULE, "limits": {"per": [{"period": "day"}]}}, "limits.per[0].times"),
        ({**RULE, "limits": {"per": [{"period": "day", "units": 0}]}}, "limits.per[0].units"),
        ({**RULE, "limits": {"per": [{"period": "hour", "units": 1}]}}, "limits.per[0].period"),
        ({**RULE, "limits": {"per": [{"period": "day", "units": 1}, {"period": "day", "times": 1}]}}, "limits.per"),
        ({"type": "threshold", "id": "a", "steps": []}, "steps"),
        ({"type": "threshold", "id": "a", "steps": [{"at_least_minor": 0, "amount": 1}]}, "steps[0].at_least_minor"),
        ({"type": "threshold", "id": "a", "steps": [{"at_least_minor": 1, "amount": 0}]}, "steps[0].amount"),
        ({"type": "threshold", "id": "a", "steps": [{"at_least_minor": 2, "amount": 1}, {"at_least_minor": 2, "amount": 2}]},
         "steps[1].at_least_minor"),
        ({"type": "threshold", "id": "a", "steps": [{"at_least_minor": 2, "amount": 2}, {"at_least_minor": 3, "amount": 1}]},
         "steps[1].amount"),
        ({"type": "issue_reward", "id": "a", "reward": " "}, "reward"), ({"type": "issue_reward", "id": "a"}, "reward"),
        ({"type": "issue_reward", "id": "a", "reward": "r", "quantity": 0}, "quantity"),
        ({"type": "badge", "id": "a", "badge": ""}, "badge"), ({"type": "draw_entry", "id": "a", "draw": ""}, "draw"),
        ({"type": "draw_entry", "id": "a", "draw": "d", "entries": 1001}, "entries"),
        ({"type": "enter_segment", "id": "a", "segment": ""}, "segment"),
        ({"type": "badge", "id": "a", "badge": "b", "unit": "points"}, "unit"),
        ({"type": "multiplier", "id": "a", "factor": "2", "unit": "euro"}, "unit"),
    ],
)  # fmt: skip
def test_a_rule_that_makes_no_sense(rule, path):
    assert refusals({"rules": [rule]}) == [f"rules[0].{path}"]


@pytest.mark.parametrize(
    ("section", "path"),
    [
        ({"groups": [{"id": ""}]}, "groups[0].id"), ({"groups": [{"id": "g"}, {"id": "g"}]}, "groups[1].id"),
        ({"groups": [{"id": "g", "mode": "worst"}]}, "groups[0].mode"),
        ({"rules": [{**BASE, "group": "g"}, {**RULE, "id": "b", "group": "g"}], "groups": [{"id": "g", "mode": "best"}]}, "groups[0].mode"),
        ({"rules": [{**RULE, "group": "g"}, {**RULE, "id": "b", "unit": "stamps", "group": "g"}],
          "groups": [{"id": "g", "mode": "best"}]}, "groups[0].mode"),
        ({"budgets": [{"id": "b"}]}, "budgets[0].units"), ({"budgets": [{"id": "b", "units": 0}]}, "budgets[0].units"),
        ({"budgets": [{"id": "b", "money_minor": 5}]}, "budgets[0].unit_cost_minor"),
        ({"budgets": [{"id": "b", "money_minor": 5, "unit_cost_minor": "0"}]}, "budgets[0].unit_cost_minor"),
        ({"budgets": [{"id": "b", "money_minor": 5, "unit_cost_minor": "NaN"}]}, "budgets[0].unit_cost_minor"),
        ({"budgets": [{"id": "b", "units": 5, "unit_cost_minor": "x"}]}, "budgets[0].unit_cost_minor"),
        ({"budgets": [{"id": "b", "units": 5, "unit": "euro"}]}, "budgets[0].unit"),
        ({"rules": [{**RULE, "limits": {"budget": "b"}}], "budgets": [{"id": "b", "units": 5, "unit": "stamps"}]}, "rules[0].limits.budget"),
    ],
)  # fmt: skip
def test_a_section_that_makes_no_sense(section, path):
    assert refusals(section) == [path]


def test_what_was_written_before_there_were_conditions_is_read_and_written_with_them():
    old = {
        "earning": {
            "rules": [BASE, {"type": "multiplier", "id": "m", "factor": "2", "only": {"tags": ["x"]}}]
        }
    }
    new = document.parse(old).document()
    assert [rule["when"] for rule in new["earning"]["rules"]] == [[], []]
    assert (new["earning"]["groups"], new["earning"]["rules"][0]["unit"]) == ([], "points")
    assert document.parse(new).document() == new
