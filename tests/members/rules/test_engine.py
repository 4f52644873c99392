"""What an order earns and why: published programmes' own numbers, filters, roundings, splits."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty.core.money import Rounding
from members.queries import why
from members.queries.why import Voice
from members.rules import earning as rules
from members.rules.decision import Decision, Reason
from members.rules.earning import Earning, Filter, Multiplier, PointsPerAmount, Window
from members.rules.engine import decide, eligible_by_line, paid_by_line
from members.rules.facts import Facts, LineFacts, LineKind, MemberFacts, OrderFacts

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)


def line(number, amount_minor, **more):
    return LineFacts(number, more.pop("sku", f"sku-{number}"), amount_minor, **more)


def bought(*lines, member=None, **order):
    return Facts(OrderFacts("SEK", tuple(lines), **order), member or MemberFacts(), "Europe/Stockholm")


def points(rule, amount_minor):
    return decide(Earning((rule,)), bought(line(1, amount_minor)), AT).earned()


def per(points, per_minor, rounding=Rounding.DOWN, **more):
    return PointsPerAmount(more.pop("id", "base"), points, per_minor, rounding=rounding, **more)


# --- published programmes' numbers

STARTED_20 = per(1, 20_00, Rounding.UP)
FULL_20 = per(1, 20_00)
PER_2_EURO = per(1, 2_00)
FIVE_PER_STARTED_20 = per(5, 20_00, Rounding.UP)
NEAREST_10 = per(1, 10_00, Rounding.NEAREST)


@pytest.mark.parametrize(
    ("rule", "amount_minor", "earned"),
    [
        (STARTED_20, 100_00, 5), (STARTED_20, 101_00, 6), (STARTED_20, 121_00, 7), (STARTED_20, 1, 1),
        (STARTED_20, 100_01, 6), (FULL_20, 500_00, 25), (FULL_20, 1150_00, 57), (FULL_20, 19_99, 0),
        (FULL_20, 20_00, 1), (PER_2_EURO, 1_99, 0), (PER_2_EURO, 2_00, 1), (PER_2_EURO, 184_50, 92),
        (FIVE_PER_STARTED_20, 101_00, 30), (NEAREST_10, 14_99, 1), (NEAREST_10, 15_00, 2),
        (NEAREST_10, 4_99, 0),
        (per(1, 3), 10**12, 333_333_333_333), (per(1_000_000, 10**9), 10**12, 10**9),
    ],
)  # fmt: skip
def test_points_per_amount(rule, amount_minor, earned):
    assert points(rule, amount_minor) == earned


@pytest.mark.parametrize(
    ("amount_minor", "earned", "code"), [(99_99, 0, "below_minimum"), (100_00, 100, "per_amount")]
)
def test_the_minimum_is_of_what_may_earn(amount_minor, earned, code):
    decision = decide(Earning((per(1, 100, at_least_minor=100_00),)), bought(line(1, amount_minor)), AT)
    assert (decision.earned(), decision.reasons[0].code) == (earned, code)


# --- what earns at all


@pytest.mark.parametrize("kind", [kind for kind in LineKind if kind is not LineKind.PRODUCT])
def test_only_products_earn_unless_the_programme_says_so(kind):
    facts = bought(line(1, 100_00), line(2, 50_00, kind=kind))
    assert decide(Earning((per(1, 100),)), facts, AT).earned() == 100
    assert decide(Earning((per(1, 100),), earns=(LineKind.PRODUCT, kind)), facts, AT).earned() == 150
    alone = decide(Earning((per(1, 100),)), bought(line(1, 100_00, kind=kind)), AT)
    assert (alone.earned(), alone.eligible_minor, alone.reasons[0].code) == (0, 0, "nothing_eligible")


def test_the_part_paid_with_points_earns_only_if_the_programme_says_so():
    facts = bought(line(1, 100_00), points_minor=30_00)
    assert decide(Earning((per(1, 100),)), facts, AT).earned() == 70
    assert decide(Earning((per(1, 100),), on_points=True), facts, AT).earned() == 100


def test_an_orders_discount_lies_on_all_its_lines_by_amount():
    facts = bought(line(1, 100_00), line(2, 100_00, kind=LineKind.GIFT_CARD), discount_minor=50_00)
    decision = decide(Earning((per(1, 100),)), facts, AT)
    assert (decision.eligible_minor, decision.earned()) == (75_00, 75)
    assert paid_by_line(facts.order) == {1: 75_00, 2: 75_00}


def test_a_discount_of_everything_leaves_nothing():
    facts = bought(line(1, 10), line(2, 20), discount_minor=30)
    decision = decide(Earning((STARTED_20,)), facts, AT)
    assert (decision.earned(), decision.eligible_minor) == (0, 0)


@given(
    amounts=st.lists(st.integers(0, 10**9), min_size=1, max_size=12),
    kinds=st.lists(st.sampled_from(LineKind), min_size=12, max_size=12),
    off=st.integers(0, 10**10), points_minor=st.integers(0, 10**10),
)  # fmt: skip
def test_discounts_are_spread_to_the_last_coin(amounts, kinds, off, points_minor):
    total = sum(amounts)
    off = min(off, total)
    order = bought(
        *(line(n, a, kind=kinds[n - 1]) for n, a in enumerate(amounts, 1)), discount_minor=off
    ).order
    paid = paid_by_line(order)
    assert sum(paid.values()) == total - off
    assert all(0 <= paid[number] <= amount for number, amount in enumerate(amounts, 1))
    every = Earning(earns=tuple(LineKind))
    assert sum(eligible_by_line(every, order).values()) == total - off


# --- filters, windows

LATTE = {"sku": "latte", "category": "coffee", "brand": "Luna", "tags": frozenset({"fairtrade", "hot"})}


@pytest.mark.parametrize(
    ("only", "takes"),
    [
        (Filter(skus=("latte", "mocha")), True), (Filter(skus=("mocha",)), False),
        (Filter(categories=("coffee",)), True), (Filter(categories=("tea",)), False),
        (Filter(brands=("Luna",)), True), (Filter(brands=("Sol",)), False),
        (Filter(tags=("hot", "cold")), True), (Filter(tags=("cold",)), False),
        (Filter(not_skus=("latte",)), False), (Filter(not_skus=("mocha",)), True),
        (Filter(not_categories=("coffee",)), False), (Filter(not_brands=("Luna",)), False),
        (Filter(not_tags=("hot",)), False), (Filter(not_tags=("cold",)), True),
        (Filter(categories=("coffee",), not_tags=("hot",)), False),
        (Filter(categories=("coffee",), brands=("Sol",)), False),
    ],
)  # fmt: skip
def test_a_filter_looks_at_every_property_of_a_line(only, takes):
    decision = decide(Earning((per(1, 100, only=only),)), bought(line(1, 10_00, **LATTE)), AT)
    assert decision.earned() == (10 if takes else 0)


@pytest.mark.parametrize("name", ["channel", "location", "payment_method"])
def test_a_rule_for_some_orders_says_what_it_found_instead(name):
    rule = per(1, 100, only=Filter(**{f"{name}s": ("web", "app")}))
    assert decide(Earning((rule,)), bought(line(1, 10_00), **{name: "app"}), AT).earned() == 10
    refused = decide(Earning((rule,)), bought(line(1, 10_00), **{name: "pos"}), AT).reasons[0]
    assert (refused.matched, refused.code) == (False, f"other_{name}")
    assert refused.values == {"wanted": ["web", "app"], "found": "pos"}


SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("window", "earned"),
    [
        (Window(), 10), (Window(from_=AT), 10), (Window(from_=AT + SECOND), 0), (Window(until=AT), 0),
        (Window(until=AT + SECOND), 10), (Window(AT - SECOND, AT + SECOND), 10),
    ],
)  # fmt: skip
def test_a_window_includes_its_start_and_not_its_end(window, earned):
    decision = decide(Earning((per(1, 100, window=window),)), bought(line(1, 10_00)), AT)
    assert decision.earned() == earned
    assert decision.reasons[0].code == ("per_amount" if earned else "outside_window")


# --- multipliers


def test_a_multiplier_adds_to_the_lines_it_looks_at():
    double_coffee = Multiplier("double", "2", "Double coffee", only=Filter(categories=("coffee",)))
    facts = bought(line(1, 40_00, category="coffee"), line(2, 60_00))
    decision = decide(Earning((per(1, 100), double_coffee)), facts, AT)
    assert (decision.earned(), decision.lines) == (140, {1: 80, 2: 60})
    assert [(reason.code, reason.amount) for reason in decision.reasons] == [
        ("per_amount", 100),
        ("multiplied", 40),
    ]


def test_multipliers_add_up_and_never_multiply_each_other():
    rules_ = (Multiplier("a", "2"), per(1, 100), Multiplier("b", "3"))
    decision = decide(Earning(rules_), bought(line(1, 10_00)), AT)
    assert decision.earned() == 10 + 10 + 20
    assert [reason.rule for reason in decision.reasons] == [
        "a",
        "base",
        "b",
    ]  # told as written, whatever the phase


@pytest.mark.parametrize(("rounding", "extra"), [(Rounding.DOWN, 2), (Rounding.NEAREST, 3), (Rounding.UP, 3)])
def test_a_multiplier_states_its_rounding(rounding, extra):
    decision = decide(
        Earning((per(1, 100), Multiplier("m", "1.5", rounding=rounding))), bought(line(1, 5_00)), AT
    )
    assert decision.earned() == 5 + extra


def test_thirds_of_points_do_not_lose_one_to_decimals():
    facts = bought(*(line(number, 100) for number in (1, 2, 3)))  # one point over three lines: a third each
    decision = decide(Earning((per(1, 300), Multiplier("m", "4"))), facts, AT)
    assert decision.earned() == 4


def test_nothing_to_multiply_is_said():
    decision = decide(Earning((Multiplier("m", "2"),)), bought(line(1, 5_00)), AT)
    assert (decision.earned(), decision.reasons[0].code) == (0, "nothing_to_multiply")


# --- members


def test_a_blocked_member_earns_nothing_and_one_reason_says_why():
    decision = decide(Earning((per(1, 100),)), bought(line(1, 10_00), member=MemberFacts(blocked=True)), AT)
    assert (decision.earned(), decision.lines, [reason.code for reason in decision.reasons]) == (
        0, {}, ["member_blocked"],
    )  # fmt: skip


# --- properties

AMOUNTS = st.lists(st.integers(0, 10**7), min_size=1, max_size=8)
ROUNDINGS = st.sampled_from(Rounding)
BASES = st.builds(
    lambda points, minor, rounding, name: per(points, minor, rounding, id=name),
    st.integers(1, 500), st.integers(1, 10_000), ROUNDINGS, st.just("base"),
)  # fmt: skip
FACTORS = st.decimals("1.01", "10", places=2).map(str)
MULTIPLIERS = st.lists(st.builds(lambda factor, rounding: (factor, rounding), FACTORS, ROUNDINGS), max_size=3)


def programme(base, multipliers):
    more = [
        Multiplier(f"m{n}", factor, rounding=rounding) for n, (factor, rounding) in enumerate(multipliers)
    ]
    return Earning((base, *more))


def floats(value):
    """Every float anywhere in a decision."""
    match value:
        case float():
            return [value]
        case dict():
            return [found for one in value.values() for found in floats(one)]
        case list() | tuple():
            return [found for one in value for found in floats(one)]
        case _:
            return []


@given(amounts=AMOUNTS, base=BASES, multipliers=MULTIPLIERS)
@settings(max_examples=300)
def test_lines_sum_to_the_whole_and_reasons_to_the_points(amounts, base, multipliers):
    facts = bought(*(line(number, amount) for number, amount in enumerate(amounts, 1)))
    decision = decide(programme(base, multipliers), facts, AT)
    assert sum(decision.lines.values()) == decision.earned()
    assert all(part >= 0 for part in decision.lines.values())
    assert sum(reason.amount for reason in decision.reasons) == decision.earned()
    assert all(reason.matched == (reason.amount > 0) for reason in decision.reasons)
    assert not floats(msgspec.to_builtins(decision, str_keys=True))


@given(amounts=AMOUNTS, more=st.integers(0, 10**6), base=BASES, multipliers=MULTIPLIERS)
def test_paying_more_never_earns_less(amounts, more, base, multipliers):
    def earned(parts):
        lines = (line(number, amount) for number, amount in enumerate(parts, 1))
        return decide(programme(base, multipliers), bought(*lines), AT).earned()

    assert earned([amounts[0] + more, *amounts[1:]]) >= earned(amounts)


@given(amounts=AMOUNTS, base=BASES, cut=st.integers(0, 7))
def test_splitting_a_line_in_two_changes_nothing(amounts, base, cut):
    cut %= len(amounts)
    half = amounts[cut] // 2
    split = [*amounts[:cut], half, amounts[cut] - half, *amounts[cut + 1 :]]
    decided = [
        decide(Earning((base,)), bought(*(line(n, a) for n, a in enumerate(parts, 1))), AT)
        for parts in (amounts, split)
    ]
    assert decided[0].earned() == decided[1].earned()


@given(amounts=AMOUNTS, base=BASES, multipliers=MULTIPLIERS)
def test_a_decision_survives_being_kept(amounts, base, multipliers):
    facts = bought(*(line(number, amount) for number, amount in enumerate(amounts, 1)))
    decision = decide(programme(base, multipliers), facts, AT)
    kept = msgspec.json.decode(msgspec.json.encode(decision), type=Decision, strict=False)
    assert kept == decision


# --- rules as written


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (per(0, 100), "rules[0].points"), (per(1, 0), "rules[0].per_minor"),
        (per(1, 10**10), "rules[0].per_minor"),
        (per(1, 1, at_least_minor=-1), "rules[0].at_least_minor"), (per(1, 1, id=""), "rules[0].id"),
        (per(1, 1, id="a b"), "rules[0].id"), (per(1, 1, name="x" * 121), "rules[0].name"),
        (Multiplier("m", "1"), "rules[0].factor"), (Multiplier("m", "101"), "rules[0].factor"),
        (Multiplier("m", "NaN"), "rules[0].factor"), (Multiplier("m", "two"), "rules[0].factor"),
        (per(1, 1, window=Window(AT, AT)), "rules[0].window.until"),
        (per(1, 1, window=Window(datetime(2026, 1, 1))), "rules[0].window.from"),  # noqa: DTZ001 - the mistake itself
    ],
)  # fmt: skip
def test_a_rule_that_makes_no_sense_is_named(rule, field):
    assert [path for path, _message in rules.check(Earning((rule,)))] == [field]


def test_two_rules_cannot_have_one_id():
    assert [path for path, _message in rules.check(Earning((per(1, 1), per(2, 2))))] == ["rules[1].id"]
    assert rules.check(Earning((per(1, 1), per(2, 2, id="other")))) == []


def test_every_reason_the_engine_can_give_has_words():
    voice = Voice("SEK", "Europe/Stockholm")
    seen = {}
    cases = [
        ((per(1, 100),), bought(line(1, 10_50))),
        ((per(1, 100),), bought(line(1, 10_00, kind=LineKind.TIP))),
        ((per(1, 2000),), bought(line(1, 1))),
        ((per(1, 100, at_least_minor=5000),), bought(line(1, 10_00))),
        ((per(1, 100, name="Spring", window=Window(from_=AT + SECOND)),), bought(line(1, 1))),
        ((per(1, 100, name="Spring", window=Window(until=AT)),), bought(line(1, 1))),
        ((per(1, 100), Multiplier("m", "1.5", "Happy hour")), bought(line(1, 1050))),
        ((Multiplier("m", "2"),), bought(line(1, 1050))),
        ((per(1, 100),), bought(line(1, 1), member=MemberFacts(blocked=True))),
        *(((per(1, 100, only=Filter(**{f"{name}s": ("x", "y")})),), bought(line(1, 1)))
          for name in ("channel", "location", "payment_method")),
    ]  # fmt: skip
    for found, facts in cases:
        for reason in decide(Earning(found), facts, AT).reasons:
            text = why.sentence(reason, voice)
            assert reason.code not in text
            assert "{" not in text
            seen[reason.code] = text
    assert set(seen) == why.codes()
    assert seen["multiplied"] == "5 points more: Happy hour (×1.5 on 10 points)"
    assert seen["other_location"] == "“base” counts at x or y; this order was made at: none given"
    assert seen["outside_window"] == "“Spring” was over by then: it ended 2 Mar 2026, 09:00"


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("multiplied", {}),
        ("multiplied", {"factor": "many", "base": "1"}),
        ("per_amount", {"amount_minor": "all", "per_minor": 100, "points": 1, "rounding": "down"}),
        ("outside_window", {"at": "noon", "from": "dawn", "until": None}),
        ("of_the_future", {}),
    ],
)
def test_a_reason_of_another_version_is_shown_as_it_is(code, values):
    told = why.sentence(Reason("base", "Two for one", True, code, values, 5), Voice("SEK"))
    assert told == f"Rule “Two for one”: {code}."
