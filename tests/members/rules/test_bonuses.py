"""What rules give besides points for money: bonuses, stamps, credits, cash-back, and what is no unit at all."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from members.rules.decision import AwardBadge, Decision, Effect, EnterDraw, EnterSegment, IssueReward
from members.rules.engine import decide, whole_by_line
from members.rules.facts import LineKind
from tests.members.rules.written import AT, PER_KRONA, bought, did, earning, line

REVIEW = [{"type": "activity", "kinds": ["review"]}]


def test_units_stand_side_by_side_and_each_is_split_by_itself():
    rules = earning(
        PER_KRONA,
        {"type": "points_per_amount", "points": 1, "per_minor": 1000, "unit": "credits"},
        {"type": "points_per_amount", "points": 1, "per_minor": 20, "unit": "cashback"},
        {
            "type": "fixed",
            "amount": 1,
            "unit": "stamps-coffee",
            "only": {"categories": ["coffee"]},
            "for_each": "item",
        },
    )
    facts = bought(line(1, 60_00, category="coffee", quantity="2"), line(2, 40_00))
    decision = decide(rules, facts, AT)
    assert {unit: decision.earned(unit) for unit in decision.units()} == {
        "points": 100, "cashback": 500, "credits": 10, "stamps-coffee": 2,
    }  # fmt: skip
    assert decision.lines == decision.split() == {1: 60, 2: 40}
    assert decision.other_lines == {
        "cashback": {1: 300, 2: 200},
        "credits": {1: 6, 2: 4},
        "stamps-coffee": {1: 2},
    }
    assert (decision.rules(), decision.rules("credits")) == (("base",), ("rule-2",))
    assert decision.split("nothing") == {}
    assert [(reason.unit, reason.amount) for reason in decision.reasons] == [
        ("points", 100), ("credits", 10), ("cashback", 500), ("stamps-coffee", 2),
    ]  # fmt: skip


def test_a_multiplier_multiplies_its_own_unit_and_no_bonus():
    rules = earning(
        PER_KRONA,
        {"type": "points_per_amount", "points": 1, "per_minor": 200, "unit": "credits"},
        {"type": "fixed", "amount": 7},
        {"type": "multiplier", "factor": "3", "unit": "credits"},
        {"type": "multiplier", "factor": "2"},
    )
    decision = decide(rules, bought(10_00), AT)
    assert (decision.earned(), decision.earned("credits")) == (10 + 7 + 10, 5 + 10)


@pytest.mark.parametrize(
    ("rule", "lines", "earned", "split"),
    [
        ({}, [line(1, 30_00), line(2, 10_00)], 8, {1: 6, 2: 2}),
        ({}, [line(1, 30_00, kind=LineKind.GIFT_CARD)], 0, {}),
        ({"only": {"brands": ["x"]}}, [line(1, 30_00), line(2, 10_00, brand="x")], 8, {2: 8}),
        ({"only": {"brands": ["x"]}}, [line(1, 30_00)], 0, {}),
        ({"for_each": "item"}, [line(1, 30_00, quantity="3"), line(2, 1)], 32, {1: 24, 2: 8}),
        ({"for_each": "item"}, [line(1, 30_00, quantity="2.000")], 16, {1: 16}),
        ({"for_each": "item"}, [line(1, 30_00, quantity="2.5"), line(2, 9_00, quantity="0.125")], 16, {1: 8, 2: 8}),
        ({"for_each": "item"}, [line(1, 30_00, quantity="0")], 0, {}),
        ({"for_each": "item"}, [line(1, 0, quantity="3")], 0, {}),
        ({"for_each": "item", "only": {"quantity_at_least": 3}}, [line(1, 30_00, quantity="3"), line(2, 1, quantity="2")], 24, {1: 24}),
    ],
)  # fmt: skip
def test_a_fixed_bonus(rule, lines, earned, split):
    decision = decide(earning({"type": "fixed", "amount": 8, **rule}), bought(*lines), AT)
    assert (decision.earned(), decision.lines) == (earned, split)
    assert decision.reasons[0].code == (
        "nothing_eligible" if not earned else "per_item" if "for_each" in rule else "fixed"
    )


def test_what_was_paid_with_points_earns_no_bonus():
    rule = earning({"type": "fixed", "amount": 8})
    assert decide(rule, bought(30_00, points_minor=30_00), AT).earned() == 0
    assert decide(rule, bought(30_00, points_minor=29_99), AT).earned() == 8


STEPS = [{"at_least_minor": 500_00, "amount": 100}, {"at_least_minor": 1000_00, "amount": 300}]


@pytest.mark.parametrize(
    ("amount_minor", "highest", "each"),
    [(499_99, 0, 0), (500_00, 100, 100), (999_99, 100, 100), (1000_00, 300, 400), (9999_00, 300, 400)],
)
def test_a_threshold_gives_the_highest_step_or_each(amount_minor, highest, each):
    for several, earned in ((False, highest), (True, each)):
        decision = decide(
            earning({"type": "threshold", "steps": STEPS, "each": several}), bought(amount_minor), AT
        )
        assert decision.earned() == earned
        assert decision.reasons[0].code == ("threshold" if earned else "below_threshold")


@pytest.mark.parametrize(
    ("rule", "effect"),
    [
        ({"type": "issue_reward", "reward": "coffee", "quantity": 2}, IssueReward("coffee", 2, "rule-1")),
        ({"type": "badge", "badge": "early-bird"}, AwardBadge("early-bird", "rule-1")),
        ({"type": "draw_entry", "draw": "may", "entries": 3}, EnterDraw("may", 3, "rule-1")),
        ({"type": "enter_segment", "segment": "reviewers"}, EnterSegment("reviewers", "rule-1")),
    ],
)
def test_what_is_no_unit_is_an_effect_of_its_own(rule, effect):
    for when, facts, other in (([], bought(5_00), did("review")), (REVIEW, did("review"), bought(5_00))):
        decision = decide(earning({**rule, "when": when}), facts, AT)
        assert decision.effects == (effect,)
        assert (decision.earned(), decision.lines, decision.units()) == (0, {}, ())
        assert decide(earning({**rule, "when": when}), other, AT).effects == ()
    assert decide(earning(rule), bought(line(1, 5_00, kind=LineKind.GIFT_CARD)), AT).effects == ()


def test_every_effect_survives_being_kept():
    rules = earning(
        PER_KRONA, {"type": "badge", "badge": "b"}, {"type": "draw_entry", "draw": "d"},
        {"type": "fixed", "amount": 1, "unit": "stamps", "when": [{"type": "quantity", "at_least": 1}]},
        {"type": "issue_reward", "reward": "r", "limits": {"budget": "x"}}, {"type": "enter_segment", "segment": "s"},
        budgets=[{"id": "x", "unit": "rewards", "money_minor": 10_000, "unit_cost_minor": "12.5"}],
    )  # fmt: skip
    decision = decide(rules, bought(10_00), AT)
    kept = msgspec.json.decode(msgspec.json.encode(decision), type=Decision, strict=False)
    assert kept == decision
    assert {type(effect) for effect in kept.effects} == {
        Effect,
        AwardBadge,
        EnterDraw,
        IssueReward,
        EnterSegment,
    }
    assert kept.drawn[0].cost_minor == "12.5"


def test_a_decision_kept_before_there_were_units_is_still_read():
    old = {"effects": [{"type": "earn", "unit": "points", "amount": 7, "rules": ["base"]}], "eligible_minor": 700,
           "reasons": [{"rule": "base", "name": "", "matched": True, "code": "per_amount", "values": {}, "amount": 7}],
           "lines": {"1": 7}}  # fmt: skip
    decision = msgspec.convert(old, Decision, strict=False)
    assert (decision.earned(), decision.split(), decision.reasons[0].unit, decision.drawn) == (
        7,
        {1: 7},
        "points",
        (),
    )


@given(
    weights=st.dictionaries(st.integers(1, 9), st.integers(1, 10**12), min_size=1),
    total=st.integers(0, 10**12),
)
def test_a_split_sums_and_is_never_off_by_a_whole(weights, total):
    parts, whole = whole_by_line(weights, total), sum(weights.values())
    assert sum(parts.values()) == total
    assert all(abs(parts[number] * whole - total * weight) < whole for number, weight in weights.items())
