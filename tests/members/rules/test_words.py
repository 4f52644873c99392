"""Every rule and every verdict has words: for staff with the figures, for members plainly and without what is not
theirs to know."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from babel.messages.extract import extract
from django.utils import translation
from hypothesis import given, settings

from loyalty.core.programme.identity import Identity, PointsName
from members.queries import rule_words, why
from members.queries.why import Voice
from members.rules import engine
from members.rules.conditions import Condition
from members.rules.decision import Checked, Decision, Reason
from members.rules.earning import Earning, Rule
from members.rules.earning.base import tellings
from members.rules.engine import decide
from members.rules.facts import Given, Happened, MemberFacts, Period
from members.rules.phrases import Names, Phrase
from tests.bench import engine as bench
from tests.members.rules.test_stacking import LINES, SPENT, USED, programmes
from tests.members.rules.written import AT, PER_KRONA, bought, did, earning

STAFF = Voice("SEK", "Europe/Stockholm")
MEMBER = Voice(
    "SEK", "Europe/Stockholm", Identity(points={"en": PointsName("bean", "beans")}), plain=True, short=True
)
BONUS = {"type": "fixed", "amount": 50, "name": "Treat"}


def plain(text: str) -> str:
    """With ordinary spaces."""
    return text.replace("\u00a0", " ")


def both(rule: dict, **section: object) -> tuple[str, str]:
    """A rule's sentence to staff and to members."""
    (found,) = earning(rule, **section).rules
    return plain(rule_words.rule_sentence(found, STAFF)), plain(rule_words.rule_sentence(found, MEMBER))


CONDITIONS = [
    ({"type": "order_amount", "at_least_minor": 20_00}, "for purchases of at least SEK 20.00", "for purchases of at least SEK 20"),
    ({"type": "order_amount", "at_most_minor": 20_00}, "for purchases of at most SEK 20.00", "for purchases of at most SEK 20"),
    ({"type": "order_amount", "at_least_minor": 1_00, "at_most_minor": 2_00}, "for purchases from SEK 1.00 to SEK 2.00", "for purchases from SEK 1 to SEK 2"),
    ({"type": "quantity", "at_least": 1}, "for at least 1 thing at once", None),
    ({"type": "quantity", "at_least": 3, "of": {"categories": ["tea"]}}, "for at least 3 things at once, only tea", None),
    ({"type": "quantity", "at_most": 3}, "for at most 3 things at once", None),
    ({"type": "quantity", "at_least": 2, "at_most": 3}, "for 2 to 3 things at once", None),
    ({"type": "order_number", "number": 1}, "on the first purchase", "on your first purchase"),
    ({"type": "order_number", "number": 3}, "on purchase number 3", None),
    ({"type": "order_number", "every": 5}, "once every 5 purchases", None),
    ({"type": "order_number", "number": 1, "per": "month"}, "on the first purchase of the month", None),
    ({"type": "order_number", "number": 3, "per": "week"}, "on purchase number 3 of the week", None),
    ({"type": "repeat", "times": 4, "within_days": 60}, "when the same is bought 4 times within 60 days", None),
    ({"type": "since_order", "at_least_days": 1}, "when the last purchase was at least 1 day ago", None),
    ({"type": "since_order", "at_most_days": 7}, "when the last purchase was at most 7 days ago", None),
    ({"type": "since_order", "at_least_days": 3, "at_most_days": 7}, "when the last purchase was 3 to 7 days ago", None),
    ({"type": "hours", "days": ["tue", "mon", "wed", "thu", "fri"], "from": "08:00", "until": "10:00"},
     "on weekdays from 08:00 to 10:00", None),
    ({"type": "hours", "days": ["sat", "sun"]}, "on weekends", None),
    ({"type": "hours", "days": ["mon"]}, "on Monday", None), ({"type": "hours", "from": "22:00", "until": "02:00"}, "from 22:00 to 02:00", None),
    ({"type": "membership_age", "at_most_days": 30}, "until 30 days after joining", None),
    ({"type": "membership_age", "at_least_days": 365}, "from 365 days after joining", None),
    ({"type": "membership_age", "at_least_days": 1, "at_most_days": 9}, "from 1 day to 9 days after joining", None),
    ({"type": "birthday"}, "on the birthday", "on your birthday"),
    ({"type": "birthday", "days_before": 3}, "from 3 days before the birthday", "around your birthday"),
    ({"type": "birthday", "days_after": 1}, "until 1 day after the birthday", "around your birthday"),
    ({"type": "birthday", "days_before": 7, "days_after": 7}, "from 7 days before the birthday until 7 days after it",
     "around your birthday"),
    ({"type": "anniversary"}, "on the anniversary of joining", None),
    ({"type": "anniversary", "days_before": 1}, "from 1 day before the anniversary of joining", None),
    ({"type": "anniversary", "days_after": 1}, "until 1 day after the anniversary of joining", None),
    ({"type": "anniversary", "days_before": 2, "days_after": 1},
     "from 2 days before the anniversary of joining until 1 day after it", None),
    ({"type": "tier", "any_of": ["silver", "gold"]}, "for the tier silver or gold", None),
    ({"type": "segment", "any_of": ["lapsed"]}, "for the segment lapsed", "for chosen members"),
    ({"type": "segment", "none_of": ["staff"]}, "without staff", "for chosen members"),
    ({"type": "segment", "any_of": ["a"], "none_of": ["b"]}, "for the segment a, without b", "for chosen members"),
    ({"type": "following", "within_days": 30, "same_product": True}, "within 30 days after buying the same product", None),
    ({"type": "following", "within_days": 1}, "within 1 day after a purchase", None),
    ({"type": "following", "within_days": 1, "after": "tasting"}, "within 1 day after “tasting”", None),
    ({"type": "following", "within_days": 1, "after": "tasting", "same_product": True},
     "within 1 day after “tasting” of the same product", None),
    ({"type": "cool_down", "minutes": 60}, "again after 1 hour", None), ({"type": "cool_down", "minutes": 90}, "again after 90 minutes", None),
    ({"type": "cool_down", "minutes": 2880, "rule": "x"}, "at least 2 days after “x” last gave", None),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "staff", "member"), CONDITIONS)
def test_what_a_condition_says(condition, staff, member):
    said = both({**BONUS, "when": [condition]})
    assert said == (
        f"50 points for a purchase ({staff}).",
        f"Treat: 50 beans for a purchase ({member or staff}).",
    )


REVIEW = [{"type": "activity", "kinds": ["review"]}]


@pytest.mark.parametrize(
    ("rule", "staff"),
    [
        ({**PER_KRONA, "per_minor": 10_00, "when": [{"type": "hours", "days": ["mon"], "from": "08:00", "until": "10:00"}]},
         "1 point for every SEK 10.00 spent (on Monday from 08:00 to 10:00)."),
        ({**PER_KRONA, "unit": "cashback", "per_minor": 20}, "5.0% back of what is spent."),
        ({**PER_KRONA, "unit": "credits", "points": 2}, "2 status credits for every SEK 1.00 spent."),
        ({"type": "multiplier", "factor": "1.5", "unit": "credits"}, "1.5 times as many status credits."),
        ({**BONUS, "unit": "stamps-tea", "amount": 1, "for_each": "item"}, "1 stamp for each item."),
        ({**BONUS, "unit": "cashback"}, "SEK 0.50 for a purchase."),
        ({**BONUS, "when": REVIEW}, "50 points for a review."),
        ({**BONUS, "when": [{"type": "activity", "kinds": ["review", "tasting"]}]}, "50 points for a review or for “tasting”."),
        ({**BONUS, "when": [{**REVIEW[0], "where": [{"name": "stars", "at_least": 4}, {"name": "photo", "any_of": [True]}]}]},
         "50 points for a review, stars from 4, photo: yes."),
        ({**BONUS, "only": {"tags": ["sustainable"], "quantity_at_least": 3}},
         "50 points for a purchase (only what is tagged sustainable; only from 3 of the same)."),
        ({**BONUS, "limits": {"per_order": 40, "per": [{"period": "day", "times": 1}, {"period": "month", "times": 2, "units": 80}]}},
         "50 points for a purchase (no more than 40 points at once; at most once a day; at most 2 times a month; no more than 80 points a month)."),
        ({**BONUS, "limits": {"per": [{"period": "lifetime", "times": 1}]}}, "50 points for a purchase (once only)."),
        ({"type": "threshold", "steps": [{"at_least_minor": 500_00, "amount": 100}, {"at_least_minor": 1000_00, "amount": 300}]},
         "100 points from SEK 500.00 on; 300 points from SEK 1,000.00 on."),
        ({"type": "threshold", "each": True, "steps": [{"at_least_minor": 100, "amount": 1}, {"at_least_minor": 200, "amount": 1}]},
         "1 point from SEK 1.00 on; 1 point more from SEK 2.00 on."),
        ({"type": "issue_reward", "reward": "coffee"}, "The reward “coffee” for a purchase."),
        ({"type": "issue_reward", "reward": "c", "quantity": 2, "name": "Cake"}, "2 times the reward “Cake” for a purchase."),
        ({"type": "badge", "badge": "early", "when": REVIEW}, "The badge “early” for a review."),
        ({"type": "draw_entry", "draw": "may", "entries": 2}, "2 chances in the draw “may” for a purchase."),
        ({"type": "enter_segment", "segment": "fans"}, "A place in the segment “fans” for a purchase."),
    ],
)  # fmt: skip
def test_what_a_rule_says(rule, staff):
    assert both(rule)[0] == staff


def test_members_read_a_bonus_by_its_name_and_no_labels():
    bonus = {**BONUS, "only": {"tags": ["cmp-17"], "categories": ["tea"]}}
    assert both(bonus) == (
        "50 points for a purchase (only tea; only what is tagged cmp-17).", "Treat: 50 beans for a purchase (only tea).",
    )  # fmt: skip
    assert both({**bonus, "name": ""})[1] == "50 beans for a purchase (only tea; only what is tagged cmp-17)."


def test_limits_of_time_are_in_the_merchants_zone():
    rule = {**BONUS, "window": {"from": "2026-12-01T00:00:00+01:00", "until": "2026-12-24T23:00:00Z"}}
    assert both(rule)[0] == "50 points for a purchase (from 1 Dec 2026 to the end of 24 Dec 2026)."


def test_groups_and_budgets_say_themselves():
    rules = [
        {**BONUS, "id": "a", "group": "g"},
        {**BONUS, "id": "b", "name": "", "amount": 9, "group": "g", "priority": 1},
    ]
    for mode, text in (
        ("best", "Of these only the one that gives most counts: “Treat” and 9 points for a purchase."),
        (
            "exclusive",
            "Of these only one counts, the first that gives anything: 9 points for a purchase and “Treat”.",
        ),
    ):
        section = earning(*rules, groups=[{"id": "g", "mode": mode}, {"id": "empty", "mode": mode}])
        assert [plain(found) for found in rule_words.group_sentences(section, STAFF)] == [text]
    budgets = [{"id": "spring", "units": 9000, "money_minor": 100_00, "unit_cost_minor": "0.5"}]
    section = earning(BONUS, budgets=budgets)
    assert (
        plain(rule_words.budget_sentence(section.budgets[0], STAFF))
        == "The budget “spring” ends at 9,000 points or SEK 100.00."
    )


# --- verdicts


def told(facts, voice: Voice, *conditions: dict, at=AT, **rule: object) -> list[why.Why]:
    """What is said of one bonus with these conditions."""
    return why.explain(decide(earning({**BONUS, "when": list(conditions), **rule}), facts, at), voice)


@pytest.mark.parametrize(
    ("condition", "member", "staff", "theirs"),
    [
        ({"type": "order_amount", "at_least_minor": 50_00}, {}, "it takes at least SEK 50.00, and SEK 20.00 counts",
         "it takes a purchase of at least SEK 50"),
        ({"type": "hours", "days": ["tue"], "from": "08:00", "until": "10:00"}, {},
         "it counts on Tuesday from 08:00 to 10:00, and this was Monday at 09:00", "it counts on Tuesday from 08:00 to 10:00"),
        ({"type": "order_number", "number": 1}, {"orders_count": 4}, "it counts on the first purchase, and this was purchase number 5",
         "it counts on the first purchase, and this was your purchase number 5"),
        ({"type": "tier", "any_of": ["gold"]}, {}, "it is for the tier gold; the member's is none", "it is for the tier gold"),
        ({"type": "birthday"}, {"birthday": AT.date().replace(day=5)}, "birthday: it was 3 days too early for the day",
         "it counts around your birthday"),
        ({"type": "cool_down", "minutes": 60}, {"given": {"rule-1": Given(AT)}}, "it counts again after 1 hour, and 0 minutes have passed",
         "it counts again after 1 hour"),
    ],
)  # fmt: skip
def test_why_not_with_the_figures_for_staff_and_plainly_for_members(condition, member, staff, theirs):
    facts = bought(20_00, member=MemberFacts(**member))
    assert plain(told(facts, STAFF, condition)[0].sentence) == f"“Treat” did not count: {staff}"
    assert plain(told(facts, MEMBER, condition)[0].sentence) == f"Nothing by “Treat”: {theirs}"


def test_staff_see_how_each_condition_was_met_and_members_do_not():
    conditions = [{"type": "tier", "any_of": ["gold"]}, {"type": "order_amount", "at_least_minor": 10_00}]
    facts = bought(20_00, member=MemberFacts(tier="gold"))
    (found,) = told(facts, STAFF, *conditions)
    assert (found.matched, found.amount, found.unit, plain(found.sentence)) == (
        True,
        50,
        "points",
        "“Treat”: 50 points",
    )
    assert [(one.matched, plain(one.sentence)) for one in found.conditions] == [
        (True, "The member's tier is gold"), (True, "The purchase counts SEK 20.00"),
    ]  # fmt: skip
    assert told(facts, MEMBER, *conditions)[0].conditions == ()


def test_members_are_not_told_of_segments_nor_of_other_occasions():
    secret = {"type": "segment", "any_of": ["about-to-leave"]}
    assert told(bought(20_00), MEMBER, secret) == []
    assert "about-to-leave" in told(bought(20_00), STAFF, secret)[0].sentence
    assert told(bought(20_00), STAFF, *REVIEW) == told(did("review"), STAFF) == []
    placed = earning({"type": "enter_segment", "segment": "about-to-leave"})
    assert why.explain(decide(placed, bought(1_00), AT), MEMBER) == []


@pytest.mark.parametrize(
    ("limits", "given_before", "staff", "theirs"),
    [
        ({"per_order": 40}, Given(), "“Treat”: 40 points instead of 50 points: no more than 40 points at once", None),
        ({"per": [{"period": "day", "times": 1}]}, Given(AT, {Period.DAY: 1}), "“Treat” did not count: used up: at most once a day",
         "Nothing by “Treat”: used up: at most once a day"),
        ({"budget": "b"}, Given(), "“Treat”: 5 points instead of 50 points: the budget “b” has no more",
         "“Treat”: 5 beans instead of 50 beans: all of it has been given out"),
    ],
)  # fmt: skip
def test_a_cap_says_what_was_wanted_what_was_given_and_why(limits, given_before, staff, theirs):
    rules = earning({**BONUS, "limits": limits}, budgets=[{"id": "b", "units": 5}])
    decision = decide(rules, bought(1_00, member=MemberFacts(given={"rule-1": given_before})), AT)
    assert plain(why.explain(decision, STAFF)[0].sentence) == staff
    assert plain(why.explain(decision, MEMBER)[0].sentence) == (theirs or staff.replace("point", "bean"))


def test_a_lost_comparison_says_who_won():
    rules = [{**BONUS, "group": "g"}, {"type": "fixed", "amount": 80, "group": "g", "name": "Feast"}]
    decision = decide(earning(*rules, groups=[{"id": "g", "mode": "best"}]), bought(1_00), AT)
    assert (
        plain(why.explain(decision, STAFF)[1].sentence)
        == "“Treat” did not count: “Feast” gives 80 points, this only 50 points"
    )
    assert why.explain(decision, MEMBER)[1].sentence == "Nothing by “Treat”: “Feast” gives more"


@pytest.mark.parametrize("values", [{}, {"amount_minor": "much"}, {"days": None, "weekday": 9}])
@pytest.mark.parametrize("code", sorted(rule_words.TELLINGS))
def test_a_verdict_of_another_version_is_shown_as_it_is(code, values):
    checked = Checked("any", False, code, values)
    reason = Reason("a", "Treat", False, code, values, conditions=(checked,))
    for voice in (STAFF, MEMBER):
        assert why.sentence(reason, voice)
        assert why.explain(Decision(reasons=(reason,)), voice) is not None
    assert rule_words.condition_verdict(checked, STAFF)


# --- every code, every phrase


def occasions() -> Iterator[tuple[Decision, str]]:
    """Decisions that lead to every code there is."""
    history = MemberFacts(
        AT, 1, 0, AT, bought={(9, "sku-1"): 3}, birthday=AT.date(), tier="gold", segments=frozenset({"new", "x"}),
        past=(Happened("purchase", AT, "sku-1"),), given={"rule-1": Given(AT, {Period.DAY: 5}, {Period.DAY: 5})},
    )  # fmt: skip
    old = MemberFacts(AT.replace(year=2020), 5, 0, AT.replace(year=2025), birthday=AT.date().replace(month=9))
    whens = [
        {"type": "order_amount", "at_least_minor": 15_00}, {"type": "order_amount", "at_most_minor": 15_00},
        {"type": "quantity", "at_least": 2}, {"type": "quantity", "at_most": 1}, {"type": "order_number", "number": 2},
        {"type": "repeat", "times": 2, "within_days": 9}, {"type": "repeat", "times": 9, "within_days": 9},
        {"type": "since_order", "at_least_days": 1}, {"type": "since_order", "at_most_days": 1}, {"type": "hours", "days": ["mon"]},
        {"type": "hours", "days": ["tue"]}, {"type": "membership_age", "at_least_days": 1}, {"type": "membership_age", "at_most_days": 1},
        {"type": "birthday"}, {"type": "anniversary"}, {"type": "tier", "any_of": ["gold"]}, {"type": "segment", "any_of": ["new"]},
        {"type": "segment", "none_of": ["x"]}, {"type": "following", "within_days": 2}, {"type": "cool_down", "minutes": 5},
        {"type": "activity", "kinds": ["review"], "where": [{"name": "stars", "any_of": [5]}]}, {"type": "activity", "kinds": ["survey"]},
    ]  # fmt: skip
    for member in (history, old, MemberFacts()):
        for facts in (bought(10_00, member=member), bought(10_00, 10_00, member=member)):
            for when in whens:
                yield decide(earning({**BONUS, "when": [when]}), facts, AT)
        for stars in (4, 5):
            reviewed = did("review", member=member, properties={"stars": stars})
            for when in (*whens[-2:], {"type": "activity", "kinds": ["review"]}):
                yield decide(
                    earning({**BONUS, "when": [when]}, {**BONUS, "only": {"skus": ["x"]}, "when": REVIEW}),
                    reviewed,
                    AT,
                )
    yield decide(bench.programme(), bench.basket(), bench.AT)
    yield decide(earning(PER_KRONA), did("review"), AT)
    yield decide(earning({**PER_KRONA, "off": True}), bought(10_00), AT)
    things = [{"type": "badge", "badge": "b"}, {"type": "enter_segment", "segment": "s"}, {"type": "issue_reward", "reward": "r"},
              {"type": "draw_entry", "draw": "d"}, {"type": "threshold", "steps": [{"at_least_minor": 99_00, "amount": 1}]}]  # fmt: skip
    yield decide(earning(*things), bought(10_00), AT)
    groups = [{"id": "g", "mode": "best"}]
    yield decide(earning({**BONUS, "group": "g"}, {**BONUS, "group": "g"}, groups=groups), bought(1_00), AT)
    capped = {**BONUS, "limits": {"per": [{"period": "day", "units": 5}]}}
    yield decide(earning(capped), bought(1_00, member=history), AT)


def test_every_code_has_words_and_every_word_its_code():
    seen = set()
    for decision in occasions():
        for reason in decision.reasons:
            codes = {reason.code, *(checked.code for checked in reason.conditions)}
            assert codes <= why.codes() | set(rule_words.TELLINGS)
            seen |= codes
            for voice in (STAFF, MEMBER):
                assert reason.code not in why.sentence(reason, voice).split() or reason.code in {
                    "hours",
                    "photo",
                }
                assert not set("{}") & set(why.sentence(reason, voice))
            assert all(
                "{" not in rule_words.condition_verdict(checked, STAFF) for checked in reason.conditions
            )
    assert seen - why.codes() == set(rule_words.TELLINGS)


@given(section=programmes(), lines=LINES, used=USED, spent=SPENT)
@settings(max_examples=40)
def test_whatever_is_decided_can_be_said(section, lines, used, spent):
    written = msgspec.convert(section, Earning)
    decision = decide(written, bought(*lines, member=MemberFacts(given=used), budgets=spent), AT)
    for voice in (STAFF, MEMBER):
        said = [rule_words.rule_sentence(rule, voice) for rule in written.rules]
        said += [found.sentence for found in why.explain(decision, voice)]
        assert not any(set("{}") & set(text) for text in said)


def phrases(found: object) -> Iterator[Phrase]:
    """A phrase and all that stand in it."""
    if isinstance(found, Phrase):
        yield found
        for value in found.values.values():
            yield from phrases(value)
    elif isinstance(found, Names):
        for name in found.names:
            yield from phrases(name)


def test_translators_find_every_word():
    """What makemessages looks for finds each phrase in the source; one that is put together from pieces would be lost."""
    keywords = {"_": None, "gettext_lazy": None, "ngettext_lazy": (1, 2)}
    written: set[str] = set()
    for path in Path(engine.__file__).parent.rglob("*.py"):
        for _line, found, _comments, _context in extract("python", BytesIO(path.read_bytes()), keywords):
            written.update(found if isinstance(found, tuple) else (found,))
    said = [phrase for rule in bench.programme().rules for phrase in phrases(rule.says())]
    said += [
        phrase for rule in bench.programme().rules for one in rule.when for phrase in phrases(one.says())
    ]
    assert len(said) > 20
    assert {text for phrase in said for text in (phrase.text, phrase.plural) if text} <= written


def test_a_word_is_translated_with_its_number(monkeypatch):
    monkeypatch.setattr(rule_words, "ngettext", lambda one, many, n: {"{n} day": "{n} dag(ar)"}.get(one, one))
    monkeypatch.setattr(
        rule_words, "gettext", lambda text: text.replace("when the last purchase was at least", "minst")
    )
    with translation.override("sv"):
        rule = earning({**BONUS, "when": [{"type": "since_order", "at_least_days": 3}]}).rules[0]
        assert "minst 3 dag(ar) ago" in rule_words.rule_sentence(rule, STAFF)


def test_no_two_families_use_one_code_for_different_things():
    kinds = [*get_args(Rule), *get_args(Condition)]
    assert sum(len(kind.tells) for kind in kinds) == len(tellings(kinds))
    assert not set(rule_words.TELLINGS) & why.codes()
