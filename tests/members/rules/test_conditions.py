"""Each condition, on both sides of each of its ends, with the code it tells and the values it compared."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from members.rules.conditions.days import distance, yearly
from members.rules.engine import decide
from members.rules.facts import Facts, Given, Happened, LineKind, MemberFacts
from members.rules.needs import Need, of, unserved
from tests.members.rules.written import AT, PER_KRONA, bought, did, earning, line

DAY = timedelta(days=1)
JOINED = AT - 100 * DAY


def verdict(condition: dict, facts: Facts, at: datetime = AT, **rule: object) -> str:
    """The code of one condition on a rule for this occasion; the rule counts exactly when it holds."""
    gives = {"type": "fixed", "amount": 5, "when": [condition], **rule}
    if facts.activity and condition["type"] != "activity":
        gives["when"] = [{"type": "activity", "kinds": [facts.activity.kind]}, condition]
    decision = decide(earning(gives), facts, at)
    (reason,) = decision.reasons
    checked = reason.conditions[-1]
    assert checked.type == condition["type"]
    assert reason.matched == (decision.earned() == 5) == checked.matched
    assert checked.matched == (checked.code == condition["type"])
    assert reason.matched or (reason.code, reason.values) == (checked.code, checked.values)
    return checked.code


COFFEE = line(1, 30_00, category="coffee", quantity="2")
CAKE = line(2, 50_00, category="cake")
CHEESE = line(3, 40_00, category="cheese", quantity="0.350")
GIFT = line(4, 100_00, kind=LineKind.GIFT_CARD)


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ({"at_least_minor": 120_00}, "order_amount"), ({"at_least_minor": 120_01}, "amount_too_low"),
        ({"at_most_minor": 120_00}, "order_amount"), ({"at_most_minor": 119_99}, "amount_too_high"),
        ({"at_least_minor": 1, "at_most_minor": 200_00}, "order_amount"),
        ({"at_least_minor": 220_00, "of": "paid"}, "order_amount"),
        ({"at_least_minor": 220_01, "of": "paid"}, "amount_too_low"),
        ({"at_least_minor": 120_01, "of": "eligible"}, "amount_too_low"),
    ],
)  # fmt: skip
def test_the_amount_of_a_purchase(condition, code):
    assert verdict({"type": "order_amount", **condition}, bought(COFFEE, CAKE, CHEESE, GIFT)) == code


def test_the_amount_is_of_the_lines_the_rule_looks_at_unless_it_says_otherwise():
    facts, only = bought(COFFEE, CAKE), {"categories": ["coffee"]}
    assert verdict({"type": "order_amount", "at_least_minor": 30_00}, facts, only=only) == "order_amount"
    assert verdict({"type": "order_amount", "at_least_minor": 30_01}, facts, only=only) == "amount_too_low"
    whole = {"type": "order_amount", "at_least_minor": 80_00, "of": "eligible"}
    assert verdict(whole, facts, only=only) == "order_amount"


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ({"at_least": 4}, "quantity"), ({"at_least": 5}, "quantity_too_low"), ({"at_most": 4}, "quantity"),
        ({"at_most": 3}, "quantity_too_high"), ({"at_least": 2, "of": {"categories": ["coffee"]}}, "quantity"),
        ({"at_least": 2, "of": {"categories": ["cake"]}}, "quantity_too_low"),
        ({"at_least": 2, "of": {"quantity_at_least": 2}}, "quantity"),
    ],
)  # fmt: skip
def test_how_many_things(condition, code):
    """Two coffees, a cake, and a piece of cheese that is one thing however much it weighs; the gift card is none."""
    assert verdict({"type": "quantity", **condition}, bought(COFFEE, CAKE, CHEESE, GIFT)) == code


@pytest.mark.parametrize(
    ("condition", "before", "code"),
    [
        ({"number": 1}, 0, "order_number"), ({"number": 1}, 1, "other_order_number"), ({"number": 3}, 2, "order_number"),
        ({"every": 5}, 4, "order_number"), ({"every": 5}, 9, "order_number"), ({"every": 5}, 5, "other_order_number"),
        ({"every": 5}, 0, "other_order_number"),
    ],
)  # fmt: skip
def test_which_purchase_it_is(condition, before, code):
    facts = bought(10_00, member=MemberFacts(orders_count=before))
    assert verdict({"type": "order_number", **condition}, facts) == code


@pytest.mark.parametrize(
    ("condition", "last", "code"),
    [
        ({"at_least_days": 30}, AT - 30 * DAY, "since_order"), ({"at_least_days": 30}, AT - 29 * DAY, "order_too_recent"),
        ({"at_most_days": 7}, AT - 7 * DAY, "since_order"), ({"at_most_days": 7}, AT - 8 * DAY, "order_too_long_ago"),
        ({"at_least_days": 0}, None, "no_order_before"), ({"at_least_days": 0}, AT + DAY, "no_order_before"),
        # Nine hours before, but the evening before: a day by the calendar.
        ({"at_least_days": 1}, datetime(2026, 3, 1, 22, 59, tzinfo=UTC), "since_order"),
        ({"at_least_days": 1}, datetime(2026, 3, 1, 23, 0, tzinfo=UTC), "order_too_recent"),
    ],
)  # fmt: skip
def test_how_long_ago_the_last_purchase_was(condition, last, code):
    facts = bought(10_00, member=MemberFacts(last_order_at=last))
    assert verdict({"type": "since_order", **condition}, facts) == code


def stockholm(text: str) -> datetime:
    """An instant in winter's Stockholm."""
    return datetime.fromisoformat(f"{text}:00+01:00")


MORNING = {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "until": "10:00"}
NIGHT = {"days": ["fri"], "from": "22:00", "until": "02:00"}


@pytest.mark.parametrize(
    ("condition", "at", "holds"),
    [
        (MORNING, "2026-03-02T08:00", True), (MORNING, "2026-03-02T09:59", True), (MORNING, "2026-03-02T10:00", False),
        (MORNING, "2026-03-02T07:59", False), (MORNING, "2026-03-07T09:00", False),
        (NIGHT, "2026-03-06T21:59", False), (NIGHT, "2026-03-06T22:00", True), (NIGHT, "2026-03-07T01:59", True),
        (NIGHT, "2026-03-07T02:00", False), (NIGHT, "2026-03-06T01:00", False), (NIGHT, "2026-03-07T22:30", False),
        ({"days": ["sun"]}, "2026-03-01T00:00", True), ({"days": ["sun"]}, "2026-03-01T23:59", True),
        ({"days": ["sun"]}, "2026-03-02T00:00", False), ({"from": "16:00"}, "2026-03-02T23:59", True),
        ({"from": "16:00"}, "2026-03-02T15:59", False), ({"until": "08:00"}, "2026-03-02T07:59", True),
    ],
)  # fmt: skip
def test_the_clock_on_the_wall(condition, at, holds):
    code = "hours" if holds else "other_hours"
    assert verdict({"type": "hours", **condition}, bought(10_00), stockholm(at)) == code


def test_the_wall_is_the_merchants_also_in_summer():
    eight = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)  # a Wednesday, eight in Stockholm
    assert verdict({"type": "hours", **MORNING}, bought(10_00), eight) == "hours"
    assert verdict({"type": "hours", **MORNING}, bought(10_00), eight - timedelta(minutes=1)) == "other_hours"


@pytest.mark.parametrize(
    ("condition", "joined", "code"),
    [
        ({"at_least_days": 100}, JOINED, "membership_age"), ({"at_least_days": 101}, JOINED, "member_too_new"),
        ({"at_most_days": 100}, JOINED, "membership_age"), ({"at_most_days": 99}, JOINED, "member_too_long"),
        ({"at_most_days": 0}, AT, "membership_age"), ({"at_most_days": 30}, None, "not_joined"),
        ({"at_most_days": 30}, AT + 2 * DAY, "member_too_new"),
    ],
)  # fmt: skip
def test_how_long_they_have_belonged(condition, joined, code):
    facts = bought(10_00, member=MemberFacts(joined_at=joined))
    assert verdict({"type": "membership_age", **condition}, facts) == code


@pytest.mark.parametrize(
    ("born", "window", "at", "code"),
    [
        (date(1990, 3, 2), (0, 0), "2026-03-02T00:00", "birthday"),
        (date(1990, 3, 2), (0, 0), "2026-03-02T23:59", "birthday"),
        (date(1990, 3, 2), (0, 0), "2026-03-03T00:00", "not_birthday"),
        (date(1990, 3, 9), (7, 0), "2026-03-02T09:00", "birthday"),
        (date(1990, 3, 10), (7, 0), "2026-03-02T09:00", "not_birthday"),
        (date(1990, 2, 23), (0, 7), "2026-03-02T09:00", "birthday"),
        (date(1990, 2, 22), (0, 7), "2026-03-02T09:00", "not_birthday"),
        (date(1990, 12, 30), (0, 7), "2026-01-03T09:00", "birthday"),
        (date(1990, 1, 2), (7, 0), "2026-12-28T09:00", "birthday"),
        (date(1992, 2, 29), (0, 0), "2026-02-28T09:00", "birthday"),
        (date(1992, 2, 29), (0, 0), "2026-03-01T09:00", "not_birthday"),
        (date(1992, 2, 29), (0, 0), "2028-02-29T09:00", "birthday"),
        (date(1992, 2, 29), (0, 0), "2028-02-28T09:00", "not_birthday"),
        (date(1992, 2, 29), (0, 1), "2100-03-01T09:00", "birthday"),
        (date(1992, 2, 29), (1, 0), "2028-02-28T09:00", "birthday"),
        (None, (7, 7), "2026-03-02T09:00", "no_birthday"),
    ],
)  # fmt: skip
def test_around_the_birthday(born, window, at, code):
    condition = {"type": "birthday", "days_before": window[0], "days_after": window[1]}
    facts = did("visit", member=MemberFacts(birthday=born))
    assert verdict(condition, facts, stockholm(at)) == code


@pytest.mark.parametrize(
    ("joined", "at", "code"),
    [
        ("2025-03-02T12:00", "2026-03-02T08:00", "anniversary"), ("2025-03-02T12:00", "2026-03-10T08:00", "not_anniversary"),
        ("2026-03-02T08:00", "2026-03-02T09:00", "not_anniversary"), ("2025-03-03T12:00", "2026-03-02T09:00", "anniversary"),
        ("2026-01-02T12:00", "2026-12-30T09:00", "not_anniversary"), ("2026-01-01T12:00", "2026-12-31T09:00", "anniversary"),
        ("2025-03-02T00:30", "2026-03-01T23:30", "anniversary"), ("", "2026-03-02T09:00", "no_anniversary"),
    ],
)  # fmt: skip
def test_around_the_day_they_joined(joined, at, code):
    """One day to either side; the day of joining itself is no anniversary."""
    condition = {"type": "anniversary", "days_before": 1, "days_after": 1}
    member = MemberFacts(joined_at=stockholm(joined) if joined else None)
    assert verdict(condition, bought(1_00, member=member), stockholm(at)) == code


@given(day=st.dates(date(1900, 1, 1), date(2030, 12, 31)), today=st.dates(date(2031, 1, 1), date(2110, 1, 1)))
def test_a_yearly_day_is_at_most_half_a_year_away_and_comes_every_year(day, today):
    gap = distance(day, today, day.year)
    assert gap is not None and abs(gap) <= 183
    assert (today - timedelta(days=gap)) == yearly(day, (today - timedelta(days=gap)).year)
    assert yearly(day, today.year).month == day.month


GOLD = MemberFacts(tier="gold", segments=frozenset({"vip", "lapsed"}))


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ({"type": "tier", "any_of": ["silver", "gold"]}, "tier"), ({"type": "tier", "any_of": ["silver"]}, "other_tier"),
        ({"type": "segment", "any_of": ["vip"]}, "segment"), ({"type": "segment", "any_of": ["new"]}, "not_in_segment"),
        ({"type": "segment", "none_of": ["lapsed"]}, "in_other_segment"), ({"type": "segment", "none_of": ["new"]}, "segment"),
        ({"type": "segment", "any_of": ["vip"], "none_of": ["lapsed"]}, "in_other_segment"),
    ],
)  # fmt: skip
def test_where_they_belong(condition, code):
    assert verdict(condition, bought(10_00, member=GOLD)) == code


def test_somebody_without_a_tier_is_in_none():
    assert verdict({"type": "tier", "any_of": ["gold"]}, bought(10_00)) == "other_tier"


FOUR_STARS = {"stars": 4, "verified": True, "text": "good"}


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ([], "activity"), ([{"name": "stars", "at_least": 4}], "activity"), ([{"name": "stars", "at_least": 5}], "other_property"),
        ([{"name": "stars", "at_most": 3}], "other_property"), ([{"name": "stars", "any_of": [3, 4]}], "activity"),
        ([{"name": "verified", "any_of": [True]}], "activity"), ([{"name": "verified", "any_of": [1]}], "other_property"),
        ([{"name": "verified", "at_least": 1}], "other_property"), ([{"name": "photo", "any_of": [True]}], "other_property"),
        ([{"name": "text", "any_of": ["good"]}, {"name": "stars", "any_of": [4]}], "activity"),
        ([{"name": "text", "any_of": ["good"]}, {"name": "stars", "any_of": [5]}], "other_property"),
    ],
)  # fmt: skip
def test_what_was_done(where, code):
    condition = {"type": "activity", "kinds": ["photo", "review"], "where": where}
    assert verdict(condition, did("review", properties=FOUR_STARS)) == code
    assert verdict(condition, did("survey", properties=FOUR_STARS)) == "other_activity"


def test_rules_for_purchases_and_for_activities_do_not_meet():
    review = {"type": "fixed", "amount": 20, "when": [{"type": "activity", "kinds": ["review"]}]}
    both = earning(PER_KRONA, {"type": "fixed", "amount": 3}, review)
    shopped, told = decide(both, bought(10_00), AT), decide(both, did("review"), AT)
    assert (shopped.earned(), [reason.code for reason in shopped.reasons]) == (
        13, ["per_amount", "fixed", "not_an_activity"],
    )  # fmt: skip
    assert (told.earned(), [reason.code for reason in told.reasons], told.lines) == (
        20, ["not_a_purchase", "not_a_purchase", "fixed"], {},
    )  # fmt: skip


def test_a_filter_looks_at_what_an_activity_is_about():
    rule = {"type": "fixed", "amount": 20, "when": [{"type": "activity", "kinds": ["review"]}]}
    green = earning({**rule, "only": {"tags": ["sustainable"]}})
    assert decide(green, did("review", product=line(1, 0, tags=["sustainable"])), AT).earned() == 20
    for facts in (did("review", product=line(1, 0)), did("review")):
        decision = decide(green, facts, AT)
        assert (decision.earned(), decision.reasons[0].code) == (0, "other_product")
    in_app = earning({**rule, "only": {"channels": ["app"]}})
    assert decide(in_app, did("review", channel="app"), AT).earned() == 20
    assert decide(in_app, did("review", channel="web"), AT).reasons[0].code == "other_channel"
    by_card = earning({**rule, "only": {"payment_methods": ["card"]}})
    assert decide(by_card, did("review", channel="app"), AT).reasons[0].code == "other_payment_method"


PAST = (Happened("purchase", AT - 30 * DAY, "beans"), Happened("event_attended", AT - 2 * DAY))


@pytest.mark.parametrize(
    ("condition", "sku", "holds"),
    [
        ({"within_days": 30, "same_product": True}, "beans", True), ({"within_days": 29, "same_product": True}, "beans", False),
        ({"within_days": 30, "same_product": True}, "cup", False), ({"within_days": 30}, "cup", True),
        ({"within_days": 2, "after": "event_attended"}, "cup", True), ({"within_days": 1, "after": "event_attended"}, "cup", False),
        ({"within_days": 99, "after": "survey"}, "cup", False),
    ],
)  # fmt: skip
def test_what_came_before(condition, sku, holds):
    member, code = MemberFacts(past=PAST), "following" if holds else "nothing_before"
    wanted = {"type": "following", **condition}
    assert verdict(wanted, did("review", member=member, product=line(1, 0, sku=sku))) == code
    assert verdict(wanted, bought(line(1, 5_00, sku=sku), member=member)) == code
    assert verdict(wanted, did("review", member=MemberFacts(past=PAST)), AT - 31 * DAY) == "nothing_before"


def test_a_review_of_nothing_follows_no_product():
    member = MemberFacts(past=(Happened("purchase", AT, ""),))
    condition = {"type": "following", "within_days": 1, "same_product": True}
    assert verdict(condition, did("review", member=member)) == "nothing_before"


@pytest.mark.parametrize(
    ("last", "code"),
    [
        (None, "cool_down"), (AT - timedelta(minutes=60), "cool_down"), (AT - timedelta(minutes=59, seconds=59), "too_soon"),
        (AT, "too_soon"), (AT + timedelta(minutes=59), "too_soon"), (AT + timedelta(minutes=60), "cool_down"),
    ],
)  # fmt: skip
def test_one_stamp_an_hour(last, code):
    """An order that came in late counts its hour in both directions."""
    member = MemberFacts(given={"rule-1": Given(last)})
    assert verdict({"type": "cool_down", "minutes": 60}, bought(5_00, member=member)) == code
    assert (
        verdict({"type": "cool_down", "minutes": 60, "rule": "other"}, bought(5_00, member=member))
        == "cool_down"
    )


def test_all_conditions_must_hold_and_all_are_told():
    three = [
        {"type": "tier", "any_of": ["gold"]},
        {"type": "hours", "days": ["sun"]},
        {"type": "order_number", "number": 1},
    ]
    decision = decide(earning({"type": "fixed", "amount": 5, "when": three}), bought(5_00, member=GOLD), AT)
    assert decision.earned() == 0
    assert [(one.code, one.matched) for one in decision.reasons[0].conditions] == [
        ("tier", True), ("other_hours", False), ("order_number", True),
    ]  # fmt: skip
    assert decision.reasons[0].code == "other_hours"


def test_a_programme_says_what_it_needs_to_know():
    assert of(earning(PER_KRONA)) == frozenset()
    when = [
        {"type": "order_number", "number": 1},
        {"type": "birthday"},
        {"type": "following", "within_days": 1},
    ]
    capped = {"per": [{"period": "day", "times": 1}], "budget": "spring"}
    found = of(
        earning(
            {"type": "fixed", "amount": 1, "when": when, "limits": capped},
            budgets=[{"id": "spring", "units": 9}],
        )
    )
    assert found == {Need.ORDERS, Need.BIRTHDAY, Need.PAST, Need.GIVEN, Need.BUDGETS}
    assert {need for need in found if need.locked} == {Need.ORDERS, Need.GIVEN, Need.BUDGETS}


@pytest.mark.parametrize(
    ("rule", "served"),
    [
        (PER_KRONA, True), ({**PER_KRONA, "unit": "credits"}, False), ({"type": "badge", "badge": "b"}, True),
        ({**PER_KRONA, "limits": {"per_order": 5}, "group": "g", "when": [{"type": "hours", "days": ["mon"]}]}, True),
        ({**PER_KRONA, "when": [{"type": "membership_age", "at_most_days": 5}]}, True),
        ({**PER_KRONA, "when": [{"type": "order_number", "number": 1}]}, True),
        ({**PER_KRONA, "when": [{"type": "tier", "any_of": ["gold"]}]}, True),
        ({**PER_KRONA, "when": [{"type": "segment", "any_of": ["x"]}]}, True),
        ({"type": "issue_reward", "reward": "coffee"}, True),
        ({**PER_KRONA, "limits": {"per": [{"period": "day", "times": 1}]}}, True),
        ({**PER_KRONA, "limits": {"budget": "b"}}, True),
        ({"type": "fixed", "amount": 1, "when": [{"type": "activity", "kinds": ["review"]}]}, True),
    ],
)  # fmt: skip
def test_what_the_operations_do_not_serve_is_known(rule, served):
    """What nobody hands over must not be promised: such a programme must not count."""
    found = unserved(earning(rule, groups=[{"id": "g"}], budgets=[{"id": "b", "units": 1}]))
    assert [path for path, _message in found] == ([] if served else ["rules[0]"])
