"""Groups, priorities, caps and budgets: what adds up, what does not, and what a limit leaves."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from members.rules.earning import Earning, check
from members.rules.engine import decide
from members.rules.facts import Given, MemberFacts, Period, Spent
from members.rules.limits import period_start
from tests.members.rules.written import AT, PER_KRONA, bought, did, earning, line


def fixed(name: str, amount: int, **more: object) -> dict:
    """A fixed bonus by name."""
    return {"type": "fixed", "id": name, "amount": amount, **more}


def outcome(decision) -> dict[str, tuple[str, int]]:
    """What became of each rule."""
    return {reason.rule: (reason.code, reason.amount) for reason in decision.reasons}


# --- groups


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("all", {"a": ("fixed", 5), "b": ("fixed", 9), "c": ("fixed", 9)}),
        ("exclusive", {"a": ("fixed", 5), "b": ("outranked", 0), "c": ("outranked", 0)}),
        ("best", {"a": ("beaten", 0), "b": ("fixed", 9), "c": ("beaten", 0)}),
    ],
)
def test_a_group_combines_as_it_says(mode, expected):
    rules = [fixed("c", 9, group="g"), fixed("b", 9, group="g"), fixed("a", 5, group="g", priority=1)]
    decision = decide(earning(*rules, groups=[{"id": "g", "mode": mode}]), bought(10_00), AT)
    assert outcome(decision) == expected
    assert decision.earned() == sum(amount for _code, amount in expected.values())


def test_of_equals_the_one_of_higher_priority_is_best():
    rules = [fixed("a", 9, group="g"), fixed("b", 9, group="g", priority=1)]
    decision = decide(earning(*rules, groups=[{"id": "g", "mode": "best"}]), bought(10_00), AT)
    assert outcome(decision) == {"a": ("beaten", 0), "b": ("fixed", 9)}
    assert decision.reasons[0].values == {"group": "g", "winner": "b", "would": 9, "gave": 9}


def test_who_cannot_give_stands_in_nobodys_way():
    groups, used = [{"id": "g", "mode": "exclusive"}], {"limits": {"per": [{"period": "day", "times": 1}]}}
    rules = [fixed("first", 50, group="g", priority=9, **used),
             fixed("second", 20, group="g", priority=5, when=[{"type": "tier", "any_of": ["gold"]}]),
             fixed("third", 10, group="g")]  # fmt: skip
    spent = MemberFacts(given={"first": Given(AT, {Period.DAY: 1})})
    decision = decide(earning(*rules, groups=groups), bought(10_00, member=spent), AT)
    assert outcome(decision) == {"first": ("used_up", 0), "second": ("other_tier", 0), "third": ("fixed", 10)}


def test_the_best_is_what_its_caps_leave():
    rules = [fixed("big", 500, group="g", limits={"per_order": 10}), fixed("small", 20, group="g")]
    decision = decide(earning(*rules, groups=[{"id": "g", "mode": "best"}]), bought(10_00), AT)
    assert outcome(decision) == {"big": ("beaten", 0), "small": ("fixed", 20)}


def test_the_better_of_two_multipliers():
    rules = [PER_KRONA, {"type": "multiplier", "id": "two", "factor": "2", "group": "g"},
             {"type": "multiplier", "id": "coffee", "factor": "5", "group": "g", "only": {"categories": ["coffee"]}}]  # fmt: skip
    programme = earning(*rules, groups=[{"id": "g", "mode": "best"}])
    little, much = (bought(line(1, coffee, category="coffee"), line(2, 100_00)) for coffee in (10_00, 90_00))
    assert (decide(programme, little, AT).earned(), decide(programme, much, AT).earned()) == (
        110 + 110,
        190 + 360,
    )


# --- caps


@pytest.mark.parametrize(
    ("limits", "given_before", "given_now", "limit"),
    [
        ({"per_order": 40}, {}, 40, "per_order"), ({"per_order": 50}, {}, 50, None),
        ({"per": [{"period": "day", "units": 60}]}, {"units": {Period.DAY: 30}}, 30, "units"),
        ({"per": [{"period": "day", "units": 60}]}, {"units": {Period.WEEK: 60}}, 50, None),
        ({"per": [{"period": "week", "units": 60}]}, {"units": {Period.WEEK: 60}}, 0, "units"),
        ({"per": [{"period": "week", "units": 60}]}, {"units": {Period.WEEK: 75}}, 0, "units"),
        ({"per": [{"period": "month", "times": 2}]}, {"times": {Period.MONTH: 1}}, 50, None),
        ({"per": [{"period": "month", "times": 2}]}, {"times": {Period.MONTH: 2}}, 0, "times"),
        ({"per": [{"period": "lifetime", "times": 1}]}, {"times": {Period.LIFETIME: 1}}, 0, "times"),
        ({"per_order": 45, "per": [{"period": "year", "units": 40}, {"period": "day", "units": 44}]}, {}, 40, "units"),
    ],
)  # fmt: skip
def test_a_cap_leaves_what_it_leaves_and_says_so(limits, given_before, given_now, limit):
    member = MemberFacts(given={"bonus": Given(AT, **given_before)})
    for facts in (bought(10_00, member=member), did("review", member=member)):
        when = [{"type": "activity", "kinds": ["review"]}] if facts.activity else []
        decision = decide(earning(fixed("bonus", 50, limits=limits, when=when)), facts, AT)
        (reason,) = decision.reasons
        assert decision.earned() == reason.amount == given_now
        assert reason.code == ("fixed" if limit is None else "capped" if given_now else "used_up")
        if limit is not None:
            assert (reason.values["limit"], reason.values["wanted"], reason.values["left"]) == (
                limit,
                50,
                given_now,
            )
            assert reason.values["by"] == "fixed"
        else:
            assert "limit" not in reason.values


def test_a_capped_base_is_what_multipliers_multiply():
    rules = earning({**PER_KRONA, "limits": {"per_order": 60}}, {"type": "multiplier", "factor": "2"})
    decision = decide(rules, bought(75_00, 25_00), AT)
    assert (decision.earned(), decision.lines) == (120, {1: 90, 2: 30})


@pytest.mark.parametrize(
    ("period", "start"),
    [
        (Period.DAY, "2026-03-29T00:00:00+01:00"), (Period.WEEK, "2026-03-23T00:00:00+01:00"),
        (Period.MONTH, "2026-03-01T00:00:00+01:00"), (Period.YEAR, "2026-01-01T00:00:00+01:00"),
    ],
)  # fmt: skip
def test_periods_begin_at_the_merchants_midnight(period, start):
    at = datetime(
        2026, 3, 29, 21, 59, tzinfo=UTC
    )  # the day on which summer time begins, a minute before its end
    assert period_start(period, at, ZoneInfo("Europe/Stockholm")) == datetime.fromisoformat(start)


def test_a_lifetime_has_no_beginning():
    assert period_start(Period.LIFETIME, AT, ZoneInfo("Europe/Stockholm")) is None


# --- budgets


def spring(**budget: object) -> dict:
    """A section with one budget."""
    return {"budgets": [{"id": "spring", **budget}]}


@pytest.mark.parametrize(
    ("budget", "spent", "given_now"),
    [
        ({"units": 100}, Spent(), 50), ({"units": 100}, Spent(60), 40), ({"units": 100}, Spent(100), 0),
        ({"units": 100}, Spent(130), 0),
        ({"money_minor": 100, "unit_cost_minor": "2.5"}, Spent(0, Decimal(0)), 40),
        ({"money_minor": 100, "unit_cost_minor": "2.5"}, Spent(10, Decimal("99")), 0),
        ({"money_minor": 100, "unit_cost_minor": "2.5"}, Spent(10, Decimal("90")), 4),
        ({"units": 30, "money_minor": 100, "unit_cost_minor": "0.01"}, Spent(), 30),
    ],
)  # fmt: skip
def test_a_budget_that_runs_out_stops_cleanly(budget, spent, given_now):
    rules = earning(PER_KRONA, fixed("bonus", 50, limits={"budget": "spring"}), **spring(**budget))
    decision = decide(rules, bought(10_00, budgets={"spring": spent}), AT)
    assert decision.earned() == 10 + given_now
    assert decision.reasons[1].code == ("fixed" if given_now == 50 else "capped" if given_now else "used_up")
    drawn = [(one.budget, one.rule, one.units, Decimal(one.cost_minor)) for one in decision.drawn]
    cost = Decimal(budget.get("unit_cost_minor", 0)) * given_now
    assert drawn == ([("spring", "bonus", given_now, cost)] if given_now else [])


def test_rules_that_share_a_budget_draw_by_priority():
    limits = {"limits": {"budget": "spring"}}
    rules = [fixed("z", 60, priority=1, **limits), fixed("a", 60, **limits), fixed("b", 60, **limits)]
    decision = decide(earning(*rules, **spring(units=100)), bought(10_00), AT)
    assert outcome(decision) == {"z": ("fixed", 60), "a": ("capped", 40), "b": ("used_up", 0)}


def test_only_the_winner_of_a_group_draws():
    limits = {"limits": {"budget": "spring"}, "group": "g"}
    rules = [fixed("a", 60, **limits), fixed("b", 70, **limits)]
    decision = decide(
        earning(*rules, groups=[{"id": "g", "mode": "best"}], **spring(units=100)), bought(10_00), AT
    )
    assert [(one.rule, one.units) for one in decision.drawn] == [("b", 70)]


# --- properties

UNITS = st.sampled_from(["points", "credits", "stamps"])
LIMITS = st.fixed_dictionaries(
    {},
    optional={
        "per_order": st.integers(1, 200),
        "per": st.lists(
            st.fixed_dictionaries(
                {"period": st.sampled_from([*Period]).map(str), "units": st.integers(1, 300)},
                optional={"times": st.integers(1, 3)},
            ),
            max_size=2, unique_by=lambda limit: limit["period"],
        ),
    },
)  # fmt: skip
KINDS = st.one_of(
    st.fixed_dictionaries({"type": st.just("points_per_amount"), "points": st.integers(1, 9), "per_minor": st.integers(1, 5000),
                           "rounding": st.sampled_from(["up", "down", "nearest"])}),
    st.fixed_dictionaries({"type": st.just("multiplier"), "factor": st.sampled_from(["1.5", "2", "3.33"])}),
    st.fixed_dictionaries({"type": st.just("fixed"), "amount": st.integers(1, 90), "for_each": st.sampled_from(["order", "item"])}),
    st.fixed_dictionaries({"type": st.just("threshold"), "steps": st.just([{"at_least_minor": 100, "amount": 7}])}),
)  # fmt: skip


@st.composite
def programmes(draw) -> dict:
    """Up to eight rules of all kinds, with caps, a shared budget for each unit and groups of each mode."""
    rules = []
    for number in range(draw(st.integers(1, 8))):
        rule = {**draw(KINDS), "id": f"r{number}", "unit": draw(UNITS), "limits": draw(LIMITS),
                "priority": draw(st.integers(-1, 1))}  # fmt: skip
        if draw(st.booleans()):
            rule["limits"]["budget"] = f"b-{rule['unit']}"
        if draw(st.booleans()):
            base = rule["type"] == "points_per_amount"
            mode = draw(st.sampled_from(["all", "exclusive", "best"]))
            rule["group"] = f"{mode}-{'base' if base else 'extra'}-{rule['unit']}"
        if draw(st.booleans()):
            rule["only"] = {"tags": ["a"]}
        rules.append(rule)
    units = ("points", "credits", "stamps")
    return {
        "rules": rules,
        "groups": [{"id": f"{mode}-{phase}-{unit}", "mode": mode} for mode in ("all", "exclusive", "best")
                   for phase in ("base", "extra") for unit in units],
        "budgets": [{"id": f"b-{unit}", "unit": unit, "units": draw(st.integers(1, 300))} for unit in units],
    }  # fmt: skip


USED = st.dictionaries(
    st.sampled_from([f"r{n}" for n in range(8)]),
    st.builds(Given, st.just(AT), st.dictionaries(st.sampled_from(Period), st.integers(0, 3)),
              st.dictionaries(st.sampled_from(Period), st.integers(0, 300))),
)  # fmt: skip
LINES = st.lists(
    st.tuples(st.integers(0, 50_000), st.integers(0, 4), st.booleans()), min_size=1, max_size=6
).map(lambda rows: [line(n, amount, quantity=str(many), tags=["a"] if tagged else [])
                    for n, (amount, many, tagged) in enumerate(rows, 1)])  # fmt: skip
SPENT = st.fixed_dictionaries(
    {f"b-{unit}": st.integers(0, 320).map(Spent) for unit in ("points", "credits", "stamps")}
)


@given(section=programmes(), lines=LINES, used=USED, spent=SPENT, seed=st.randoms())
@settings(max_examples=200)
def test_the_order_in_which_rules_are_written_never_matters(section, lines, used, spent, seed):
    facts = bought(*lines, member=MemberFacts(given=used), budgets=spent)
    written = msgspec.convert(section, Earning)
    assert check(written) == []
    shuffled = {name: seed.sample(items, len(items)) for name, items in section.items()}
    first, second = (decide(one, facts, AT) for one in (written, msgspec.convert(shuffled, Earning)))
    assert (first.effects, first.lines, first.other_lines, first.drawn) == (
        second.effects, second.lines, second.other_lines, second.drawn,
    )  # fmt: skip
    assert {reason.rule: reason for reason in first.reasons} == {
        reason.rule: reason for reason in second.reasons
    }


@given(section=programmes(), lines=LINES, used=USED, spent=SPENT)
@settings(max_examples=300)
def test_caps_hold_groups_hold_and_everything_sums(section, lines, used, spent):
    decision = decide(
        msgspec.convert(section, Earning), bought(*lines, member=MemberFacts(given=used), budgets=spent), AT
    )
    given_by = {reason.rule: reason.amount for reason in decision.reasons}
    for unit in ("points", "credits", "stamps"):
        of_unit = [reason.amount for reason in decision.reasons if reason.unit == unit]
        assert sum(of_unit) == decision.earned(unit) == sum(decision.split(unit).values())
        assert all(part >= 0 for part in decision.split(unit).values())
        drawn = sum(one.units for one in decision.drawn if one.budget == f"b-{unit}")
        limit = next(budget["units"] for budget in section["budgets"] if budget["unit"] == unit)
        assert drawn == 0 or spent[f"b-{unit}"].units + drawn <= limit
    for rule in section["rules"]:
        amount, before = given_by[rule["id"]], used.get(rule["id"], Given())
        assert amount <= rule["limits"].get("per_order", amount)
        for limit in rule["limits"].get("per", ()):
            assert amount == 0 or before.units.get(Period(limit["period"]), 0) + amount <= limit["units"]
            assert amount == 0 or before.times.get(Period(limit["period"]), 0) < limit.get("times", 99)
    for group in section["groups"]:
        winners = [
            rule for rule in section["rules"] if rule.get("group") == group["id"] and given_by[rule["id"]]
        ]
        assert group["mode"] == "all" or len(winners) <= 1
