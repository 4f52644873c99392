"""Costs, goals and advice: noted once, followed, claimed only where it can be known, done and put aside."""

from datetime import date
from decimal import Decimal

import pytest

from analytics.models import Advice, Cost, Goal, MemberValue
from analytics.operations import advising, aiming, noting
from analytics.queries import costing, goals, proposing
from analytics.queries.sums import reader
from analytics.rules.advising import LEAVING, REDEMPTION_LOW, RETENTION_FELL
from analytics.rules.calendar import Grain, stretch, stretches
from analytics.rules.goals import Pace
from campaigns.models import Rehearsal, Segment
from loyalty.core import ids
from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.events.models import Event
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.models import Transfer
from loyalty.core.merchants.models import Merchant
from loyalty.core.programme import operations as programmes
from loyalty.core.programme.queries import draft
from members.models import Member, SegmentPlace
from members.operations.inviting import Invitation, code_of
from members.operations.membership import join
from members.operations.referral_payouts import due_referrals, settle
from rewards.operations.catalogue import create_reward, retire_reward
from rewards.queries.catalogue import rewards
from rewards.queries.figures import point_cost
from tests.cast import AT, buy, days, person, publish

ZONE = "Europe/Stockholm"
MARCH = stretch(Grain.MONTH, date(2026, 3, 15))
NOW = AT + days(60)  # the first of May


def events(kind: str) -> int:
    return Event.objects.filter(kind=kind).count()


# --- costs ------------------------------------------------------------------------------------------------------


def test_a_cost_is_noted_once_a_month_and_nought_takes_it_away(cafe: Merchant) -> None:
    for amount in (500, 700, 700):
        noting.note_cost(kind="winning", source="web", month=date(2026, 3, 17), amount_minor=amount, at=AT)
    row = Cost.objects.get()
    assert (row.month, row.amount_minor, events("cost.noted")) == (date(2026, 3, 1), 700, 2)
    assert (
        noting.note_cost(kind="winning", source="web", month=date(2026, 3, 1), amount_minor=0, at=AT) is None
    )
    assert Cost.objects.count() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_minor": -1}, {"amount_minor": 10**13}, {"kind": "rent"}, {"source": ""}, {"source": "x" * 61},
        {"source": "a\nb"}, {"kind": "staff"}, {"month": date(1999, 1, 1)}, {"month": date(2100, 1, 1)},
    ],
)  # fmt: skip
def test_what_cannot_be_a_cost_is_refused_and_changes_nothing(
    cafe: Merchant, wrong: dict[str, object]
) -> None:
    asked = {"kind": "winning", "source": "web", "month": date(2026, 3, 1), "amount_minor": 5, **wrong}
    with pytest.raises((InvalidInput, noting.BadCost)):
        noting.note_cost(at=AT, **asked)
    assert (Cost.objects.count(), events("cost.noted")) == (0, 0)


def test_a_margin_is_a_share(cafe: Merchant) -> None:
    assert costing.margin() is None
    for share in (4_500, 4_500, 5_000):
        noting.note_margin(margin=share, at=AT)
    assert (costing.margin(), events("margin.noted")) == (Decimal("0.5"), 2)
    for wrong in (-1, 10_001):
        with pytest.raises(noting.BadMargin):
            noting.note_margin(margin=wrong, at=AT)
    assert costing.margin() == Decimal("0.5")


def test_what_a_new_member_cost_by_source_with_and_without_friends(cafe: Merchant) -> None:
    gift = {"units": [{"unit": "points", "amount": 100}]}
    publish(referrals={"on": True, "referrer": gift, "friend": gift})
    create_reward(
        at=AT, details={"kind": "custom", "name": {"en": "Cup"}, "cost_points": 100, "unit_cost_minor": 1_000}
    )
    for number in range(3):
        join(at=AT + days(1), identities={"external": f"w{number}"}, channel="web")
    ana = join(at=AT + days(1), identities={"external": "ana"}, channel="pos").member
    code = code_of(member=ana.pk, at=AT + days(1))
    friend = join(
        at=AT + days(2), identities={"external": "f"}, channel="web", invitation=Invitation(code)
    ).member
    buy(friend, 500, at=AT + days(3))
    for one in due_referrals(at=AT + days(20), most=10):
        settle(referral=one, at=AT + days(20))
    noting.note_cost(kind="winning", source="web", month=MARCH.first, amount_minor=9_000, at=AT)
    found = costing.acquisition(reader(zone=ZONE, at=NOW), MARCH)
    by = {one.source: one for one in found.sources}
    assert (by["web"].members, by["web"].each_minor) == (3, 3_000)
    assert (by["pos"].members, by["pos"].each_minor) == (1, None)
    in_books = sum(Transfer.objects.filter(kind="referral").values_list("amount", flat=True))
    assert found.points == in_books > 0
    assert by["referral"].spent_minor == in_books * 10
    assert found.everybody.members == 5
    assert found.everybody.spent_minor == 9_000 + in_books * 10
    assert found.without_friends.each_minor == 9_000 // 4
    assert verify() == []
    months = stretches(Grain.MONTH, upto=MARCH.first, count=13)
    course = costing.course(reader(zone=ZONE, at=NOW), months)
    told = [costing.acquisition(reader(zone=ZONE, at=NOW), one) for one in months]
    assert course == [(one.everybody, one.without_friends) for one in told]
    assert (course[-1][0].members, course[-2][0].members) == (5, 0)


def test_prizes_for_friends_cost_what_they_cost_when_they_are_offered_no_more(cafe: Merchant) -> None:
    mug = create_reward(
        at=AT, details={"kind": "custom", "name": {"en": "Mug"}, "cost_points": 100, "unit_cost_minor": 900}
    )
    publish(referrals={"on": True, "referrer": {"reward": "mug"}, "friend": {}})
    code = code_of(member=person("ana").pk, at=AT + days(1))
    friend = join(at=AT + days(2), identities={"external": "f"}, invitation=Invitation(code)).member
    buy(friend, 500, at=AT + days(3))
    for one in due_referrals(at=AT + days(20), most=10):
        settle(referral=one, at=AT + days(20))

    def cost() -> list[int | None]:
        read = reader(zone=ZONE, at=NOW)
        course = costing.course(read, [MARCH])[0][0]
        return [course.spent_minor, costing.acquisition(read, MARCH).everybody.spent_minor]

    assert cost() == [900, 900]
    retire_reward(reward=mug.pk, at=AT + days(30))
    assert cost() == [900, 900]


def test_what_a_point_costs_is_what_it_buys_today(cafe: Merchant) -> None:
    for name, minor in (("Cup", 1_000), ("Mug", 3_000)):
        create_reward(at=AT, details={"kind": "custom", "name": {"en": name}, "cost_points": 100,
                                      "unit_cost_minor": minor})  # fmt: skip
    catalogue = rewards(retired=True)
    assert point_cost(catalogue) == 20
    retire_reward(reward=catalogue.get(handle="mug").pk, at=AT + days(1))
    assert point_cost(catalogue.all()) == point_cost(rewards()) == 10


# --- goals ------------------------------------------------------------------------------------------------------


def aim(**changes: object) -> Goal:
    asked = {
        "figure": "visits",
        "start": Decimal(1),
        "target": Decimal(4),
        "due_on": date(2026, 9, 1),
        **changes,
    }
    return aiming.set_goal(at=asked.pop("at", NOW), **asked)  # type: ignore[arg-type]


def test_a_goal_is_followed_by_the_periods_that_are_over(ana: Member) -> None:
    aim(at=AT, starts_on=date(2026, 3, 1))
    for day in (1, 2, 40, 41, 42):
        buy(ana, 10, at=AT + days(day))
    read = reader(zone=ZONE, at=AT + days(65))
    one = goals.standings(read, goals.current(read))[0]
    assert [value for _when, value in one.course][-2:] == [2, 3]
    assert (one.progress.value, one.progress.pace) == (3, Pace.AHEAD)
    assert one.progress.share == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"figure": "nothing"}, {"grain": "day"}, {"target": Decimal(1)}, {"due_on": date(2026, 4, 1)},
        {"due_on": date(2150, 1, 1)}, {"starts_on": date(2027, 1, 1)}, {"start": Decimal("NaN")},
        {"target": Decimal(10) ** 16}, {"figure": "retention", "target": Decimal(2)},
        {"figure": "nps", "target": Decimal(101)}, {"target": Decimal("1.0000001")},
    ],
)  # fmt: skip
def test_what_cannot_be_a_goal_is_refused(cafe: Merchant, wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        aim(**wrong)
    assert (Goal.objects.count(), events("goal.set")) == (0, 0)


def test_a_shop_has_so_many_goals_and_gives_one_up_once(cafe: Merchant) -> None:
    rows = [aim(target=Decimal(number + 2)) for number in range(aiming.MOST)]
    with pytest.raises(aiming.TooManyGoals):
        aim()
    aiming.drop_goal(goal=rows[0].pk, at=NOW)
    with pytest.raises(aiming.GoalIsOver):
        aiming.drop_goal(goal=rows[0].pk, at=NOW)
    with pytest.raises(NotFound):
        aiming.drop_goal(goal=ids.new(), at=NOW)
    aim()


# --- advice -----------------------------------------------------------------------------------------------------


@pytest.fixture
def quiet(cafe: Merchant) -> list[Member]:
    """Twelve members who came often, bought nothing for seventy days, and are about to leave."""
    people = [person(f"p{number}") for number in range(12)]
    for number, who in enumerate(people):
        buy(who, 600, at=AT - days(20))
        MemberValue.objects.create(member=who, day=AT.date(), stage="leaving", purchases=3, spent_minor=number + 1,
                                   alive=0.4, expected=1, predicted_minor=1, low_minor=0, high_minor=2)  # fmt: skip
    return people


def opened() -> dict[str, Advice]:
    return {row.rule: row for row in Advice.objects.filter(state="open")}


def test_who_is_about_to_leave_is_proposed_once_and_becomes_a_list(quiet: list[Member]) -> None:
    assert advising.look(at=NOW) == 1
    assert advising.look(at=NOW + days(1)) == 1
    assert events("advice.given") == 1
    row = advising.accept(advice=opened()[LEAVING].pk, at=NOW)
    segment = Segment.objects.get(pk=row.done["segment"])
    assert (segment.kind, segment.size) == ("list", 12)
    assert set(SegmentPlace.objects.values_list("member", flat=True)) == {who.pk for who in quiet}
    with pytest.raises(advising.AdviceIsOver):
        advising.accept(advice=row.pk, at=NOW)
    assert advising.look(at=NOW + days(30)) == 0, "what was decided lately rests"
    assert LEAVING in opened() or advising.look(at=NOW + days(61)) == 1


def test_what_has_no_cause_any_more_goes_by_itself(quiet: list[Member]) -> None:
    advising.look(at=NOW)
    MemberValue.objects.all().delete()
    assert advising.look(at=NOW + days(1)) == 0
    assert Advice.objects.get().state == "passed"


def test_advice_put_aside_does_nothing_and_rests(quiet: list[Member]) -> None:
    advising.look(at=NOW)
    advising.dismiss(advice=opened()[LEAVING].pk, at=NOW)
    assert (Segment.objects.count(), opened()) == (0, {})
    advising.look(at=NOW + days(59))
    assert opened() == {}


def test_points_left_unused_are_seen_and_become_a_segment(quiet: list[Member]) -> None:
    create_reward(
        at=AT, details={"kind": "custom", "name": {"en": "Cup"}, "cost_points": 100, "unit_cost_minor": 500}
    )
    advising.look(at=NOW)
    row = opened()[REDEMPTION_LOW]
    assert (row.proposed["reach"], row.proposed["cost_minor"]) == (12, 6_000)
    done = advising.accept(advice=row.pk, at=NOW)
    assert Segment.objects.get(pk=done.done["segment"]).size == 12


def win_back() -> Advice:
    return Advice.objects.create(
        rule=RETENTION_FELL, figure="retention", noticed_on=NOW.date(), before=Decimal("0.5"),
        found={"before": "0.6", "now": "0.5", "points": "10.0", "weeks": 8},
        proposed={"conditions": {"match": "all", "of": [
            {"type": "lifecycle", "any_of": ["slipping"], "active_days": 60, "lapsed_days": 365}]},
            "reach": 12, "cost_minor": 10, "factor": "2", "days": 30},
    )  # fmt: skip


def test_winning_back_drafts_points_for_them_and_tries_the_draft(quiet: list[Member]) -> None:
    row = advising.accept(advice=win_back().pk, at=NOW)
    written = draft()
    assert written is not None
    rule = written.document["earning"]["rules"][-1]
    assert (rule["type"], rule["factor"], rule["when"][0]["any_of"]) == (
        "multiplier",
        "2",
        [row.done["handle"]],
    )
    assert str(Rehearsal.objects.get().pk) == row.done["rehearsal"]
    assert Segment.objects.get(pk=row.done["segment"]).size == 12
    programmes.publish(at=NOW)
    buy(quiet[0], 100, at=NOW + days(1))
    assert verify() == []


def test_a_draft_that_stands_already_is_left_as_it_is(quiet: list[Member]) -> None:
    programmes.save_draft(content={"identity": {"name": {"en": "Mine"}}}, at=NOW)
    row = advising.accept(advice=win_back().pk, at=NOW)
    assert row.done["draft"] == "not_drafted"
    kept = draft()
    assert kept is not None and kept.document["identity"]["name"] == {"en": "Mine"}


def test_what_came_of_it_is_how_the_figure_moved(cafe: Merchant) -> None:
    assert proposing.came_of(win_back(), Decimal("0.55")) == Decimal("0.05")
    assert proposing.came_of(Advice(rule="leaving", noticed_on=NOW.date()), Decimal("0.55")) is None


def test_there_is_no_advice_by_a_rule_that_sees_nothing(cafe: Merchant) -> None:
    assert advising.look(at=NOW) == 0
    with pytest.raises(NotFound):
        proposing.open_by("leaving")
