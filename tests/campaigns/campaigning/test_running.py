"""Campaigns among the programme's rules: one decision, one order, and books that tell the two apart."""

from datetime import timedelta

import pytest

from campaigns.models import Campaign
from campaigns.operations.campaigning import launching
from campaigns.operations.campaigning.launching import (
    CampaignEmpty,
    CampaignOver,
    CampaignState,
    NoProgramme,
    TooManyRunning,
    end_campaign,
    launch_campaign,
    pause_campaign,
)
from campaigns.operations.campaigning.ticking import advance
from campaigns.operations.campaigning.writing import (
    CampaignHasRun,
    CampaignUnderWay,
    copy_campaign,
    remove_campaign,
    write_campaign,
)
from campaigns.operations.experiments.holding import MOST, set_holdout
from campaigns.queries.campaigning import figures
from campaigns.queries.campaigning.figures import LATE
from campaigns.queries.campaigning.reading import public_id
from campaigns.queries.experiments.assigned import in_holdout
from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.models import Transfer
from loyalty.core.ledger.queries import balance
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy.scope import acting_for
from members.models import BudgetUse, Member, OfferActivation, Order, RuleUse
from members.operations.activities import quote_activity, record_activity
from members.operations.claiming import claim_order
from members.operations.merging import merge
from members.operations.moderation import undo_activity
from members.operations.offers import activate_offer
from members.operations.orders import quote_order, record_order, record_orders
from members.operations.privacy import erase_member
from members.operations.refunds import cancel_order, refund_order
from members.queries.offers import offers_of
from members.queries.story import story
from members.rules.doing import NewActivity
from members.rules.shopping import MemberRef, NewRefund, RefundedLine
from tests.campaigns.campaigning.started import DOUBLE, FIFTY, books_agree, content, drafted, running
from tests.cast import AT, MARA, ONE_POINT_PER_KRONA, buy, days, order, person, publish

pytestmark = pytest.mark.django_db


def spendable(member: Member) -> int:
    return balance(member.pk).available


def test_a_campaign_gives_in_the_same_decision_and_as_a_posting_of_its_own(ana: Member):
    row = running()
    bought = buy(ana, 100)
    assert (bought.points, bought.balance, spendable(ana)) == (200, 200, 200)
    told = {reason.rule: reason.amount for reason in bought.decision.reasons if reason.matched}
    assert told == {"base": 100, f"{public_id(row)}-double": 100}
    posted = {one.rule: one.amount for one in Transfer.objects.filter(source=bought.order)}
    assert posted == {"base": 100, f"{public_id(row)}-double": 100}
    came = figures.came_to(row)
    assert (came.points, came.members, came.orders, came.spend_minor) == (100, 1, 1, 10_000)
    assert books_agree(row) == 100


def test_the_member_reads_beside_each_posting_what_it_was_for(ana: Member):
    running()
    buy(ana, 100)
    told = [(row.change, row.sentence) for row in story(ana.pk).rows]
    assert [change for change, _sentence in told] == [100, 100]
    assert ["Double weekend" in sentence for _change, sentence in told] == [True, False]


def test_what_is_quoted_is_what_is_given(ana: Member):
    running(rules=[FIFTY])
    asked = order(ana, 80)
    assert quote_order(order=asked, at=AT).points == 130
    assert RuleUse.objects.count() == 0
    assert buy(ana, 80).points == 130


def test_it_counts_from_its_first_moment_to_its_last_without_anybody_awake(ana: Member):
    row = running(starts_at=AT + days(1), ends_at=AT + days(2))
    assert row.state == Campaign.State.PLANNED
    second = timedelta(seconds=1)
    given = [
        buy(ana, 10, at=at).points
        for at in (AT, AT + days(1), AT + days(2) - second, AT + days(2), AT + days(3))
    ]
    assert given == [10, 20, 20, 10, 10]
    assert books_agree(row) == 20


def test_an_order_of_its_time_that_comes_late_still_finds_it_and_one_that_comes_much_later_does_not(
    ana: Member,
):
    row = running()
    assert advance(campaign=row.pk, at=AT + days(3)) == "ended"
    asked = order(ana, 10, at=AT + days(1))
    assert record_order(order=asked, at=AT + days(4)).points == 20
    advance(campaign=row.pk, at=AT + days(3) + LATE)
    assert record_order(order=order(ana, 10, at=AT + days(1)), at=AT + days(3) + LATE).points == 10
    assert books_agree(row) == 10


def test_it_counts_on_its_days_and_at_its_hours_by_the_clock_on_the_wall(ana: Member):
    running(days=["mon", "tue"], from_time="10:00", until_time="12:00", ends_at=AT + days(30))
    hour = timedelta(hours=1)  # it is nine on a Monday in Stockholm
    assert [buy(ana, 10, at=AT + wait).points for wait in (0 * hour, hour, 3 * hour)] == [10, 20, 10]
    assert [buy(ana, 10, at=AT + days(n) + hour).points for n in (1, 2, 7)] == [20, 10, 20]
    # The clocks go forward on 29 March: ten o'clock is an hour earlier by the world's clock.
    assert [buy(ana, 10, at=AT + days(28) + wait).points for wait in (-hour / 2, 0 * hour, hour)] == [
        10,
        20,
        20,
    ]


def test_it_is_for_its_tier_only(cafe, ana: Member, ben: Member):
    publish(tiers={"ladder": [{"id": "in", "at_least": 0}, {"id": "gold", "at_least": 50_000}]})
    running(tier="gold", rules=[FIFTY])
    assert buy(ana, 600).points == 600, "it was not gold before"
    assert (buy(ana, 10).points, buy(ben, 10).points) == (60, 10)
    assert verify() == []


def test_its_budget_stops_it_to_the_point_and_it_ends_by_itself(ana: Member, ben: Member):
    row = running(rules=[FIFTY], budget_points=120, brake_percent=0)
    assert [buy(who, 10).points for who in (ana, ben, ana, ben)] == [60, 60, 30, 10]
    assert BudgetUse.objects.get(budget=public_id(row)).units == 120
    assert advance(campaign=row.pk, at=AT) == "ended"
    row.refresh_from_db()
    assert (row.reason, buy(ana, 10).points) == ("budget", 10)
    assert books_agree(row) == 120


def test_a_budget_of_money_stops_at_what_a_point_costs(ana: Member):
    row = running(rules=[FIFTY], budget_minor=4_000, point_cost="50", brake_percent=0)
    assert [buy(ana, 10).points for _time in range(3)] == [60, 40, 10]
    came = figures.came_to(row)
    assert (came.points, came.cost_minor) == (80, 4_000)
    assert books_agree(row) == 80


def test_what_comes_back_leaves_its_budget_and_its_figures(ana: Member):
    row = running(budget_points=1_000)
    bought = buy(ana, 100, external_id="returned")
    refund = NewRefund("r1", AT, lines=(RefundedLine(1, 5_000),))
    refund_order(source="api", order_external_id="returned", refund=refund, at=AT)
    assert (spendable(ana), books_agree(row)) == (100, 50)
    assert BudgetUse.objects.get(budget=public_id(row)).units == 50
    cancel_order(source="api", order_external_id="returned", cancelled_at=AT, at=AT)
    came = figures.came_to(row)
    assert (spendable(ana), came.points, came.given) == (0, 0, 100)
    assert bought.points == 200
    assert verify() == []


def test_one_member_gets_it_as_often_and_as_much_as_it_says(ana: Member, ben: Member):
    running(rules=[FIFTY], member_times=2)
    assert [buy(ana, 10).points for _time in range(3)] == [60, 60, 10]
    assert buy(ben, 10).points == 60
    running(name="More", rules=[{**FIFTY, "id": "more"}], member_points=70)
    assert [buy(ana, 10).points for _time in range(3)] == [60, 30, 10]
    assert verify() == []


def test_it_gives_for_what_is_no_purchase_and_an_undone_one_leaves_it(ana: Member):
    review = {
        "type": "fixed",
        "id": "review",
        "amount": 25,
        "when": [{"type": "activity", "kinds": ["review"]}],
    }
    row = running(rules=[review], budget_points=30)
    done = NewActivity("rev-1", "review", AT, MemberRef(external_id="ana"))
    assert quote_activity(activity=done, at=AT).points == 25
    first = record_activity(activity=done, at=AT)
    second = record_activity(activity=NewActivity("rev-2", "review", AT, MemberRef(external_id="ana")), at=AT)
    assert (first.points, second.points, spendable(ana)) == (25, 5, 30)
    assert books_agree(row) == 30
    undo_activity(activity=first.activity, at=AT, note="Not theirs")
    assert (spendable(ana), figures.came_to(row).points) == (5, 5)
    assert verify() == []


def test_a_guest_who_joins_gets_what_it_gave_when_they_bought(cafe):
    row = running()
    bought = buy(None, 100)
    assert figures.came_to(row).orders == 0
    ana = person("ana")
    claim_order(order=bought.order, member=ana.pk, at=AT + days(1))
    assert (spendable(ana), books_agree(row)) == (200, 100)


def test_members_who_are_merged_or_erased_leave_its_figures_right(ana: Member, ben: Member):
    row = running(budget_points=10_000)
    buy(ana, 10)
    buy(ben, 20)
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    assert (figures.came_to(row).members, books_agree(row)) == (1, 30)
    erase_member(member=ana.pk, at=AT)
    assert figures.came_to(row).points == 30
    assert figures.from_books(row) == 30
    assert verify() == []


def test_it_counts_for_whoever_activated_its_offer(ana: Member, ben: Member):
    row = running(offer={"name": {"en": "Twice"}, "days": 1})
    assert buy(ana, 10).points == 10
    mine = activate_offer(member=ana.pk, offer=public_id(row), at=AT)
    assert (mine.state, mine.active_until) == ("active", AT + days(1))
    assert [buy(who, 10).points for who in (ana, ben)] == [20, 10]
    assert buy(ana, 10, at=AT + days(1)).points == 10
    assert (figures.came_to(row).activated, books_agree(row)) == (1, 10)


def test_who_is_held_out_has_no_offer_of_a_campaign(ana: Member):
    row = running(offer={"name": {"en": "Twice"}, "days": 1})
    set_holdout(share=MOST, at=AT - days(1))
    people = [person(f"m{n}") for n in range(40)]
    held = [one for one in people if in_holdout(one.pk, AT)]
    assert 0 < len(held) < 20
    for one in people:
        if one in held:
            assert offers_of(one.pk, at=AT) == []
            with pytest.raises(NotFound):
                activate_offer(member=one.pk, offer=public_id(row), at=AT)
        else:
            activate_offer(member=one.pk, offer=public_id(row), at=AT)
        assert buy(one, 10).points == (10 if one in held else 20)
    assert OfferActivation.objects.count() == figures.came_to(row).activated == 40 - len(held)


def test_two_campaigns_and_the_programme_do_not_multiply_each_other(ana: Member):
    first, second = running(), running(name="Fifty", rules=[FIFTY])
    third = running(name="Thrice", rules=[{**DOUBLE, "factor": "3"}])
    assert buy(ana, 100).points == 100 + 100 + 50 + 200
    assert [books_agree(row) for row in (first, second, third)] == [100, 50, 200]


def test_history_that_names_its_programme_is_decided_without_campaigns(ana: Member):

    running(starts_at=AT - days(1))
    version = programmes.in_force()
    assert version is not None
    [late] = record_orders(orders=[order(ana, 10)], at=AT, by=version.id)
    assert late.points == 10


# --- how it stands -------------------------------------------------------------------------------------------------


def test_a_pause_stops_it_at_once_and_going_on_does_not_make_up_for_it(ana: Member):
    row = running()
    pause_campaign(campaign=row.pk, at=AT + days(1))
    assert buy(ana, 10, at=AT + days(1)).points == 10
    launch_campaign(campaign=row.pk, at=AT + days(2))
    late = record_order(order=order(ana, 10, at=AT + days(1.5)), at=AT + days(2))
    assert (late.points, buy(ana, 10, at=AT + days(2)).points) == (10, 20)
    assert books_agree(row) == 10


def test_an_end_is_for_good(ana: Member):
    row = running()
    buy(ana, 10)
    end_campaign(campaign=row.pk, at=AT + days(1))
    assert buy(ana, 10, at=AT + days(1)).points == 10
    assert end_campaign(campaign=row.pk, at=AT + days(2)).ended_at == AT + days(1)
    for verb in (launch_campaign, pause_campaign):
        with pytest.raises(CampaignState):
            verb(campaign=row.pk, at=AT + days(1))
    with pytest.raises(CampaignUnderWay):
        write_campaign(campaign=row.pk, content=content(), at=AT + days(1))
    with pytest.raises(CampaignHasRun):
        remove_campaign(campaign=row.pk, at=AT + days(1))
    assert books_agree(row) == 10


def test_what_is_launched_is_refused_where_it_could_not_count(luna):
    with acting_for(luna, by=MARA):
        draft = drafted()
        with pytest.raises(NoProgramme):
            launch_campaign(campaign=draft.pk, at=AT)
        publish()
        with pytest.raises(CampaignOver):
            launch_campaign(campaign=draft.pk, at=AT + days(3))
        with pytest.raises(CampaignEmpty):
            launch_campaign(campaign=drafted(rules=[]).pk, at=AT)
        with pytest.raises(CampaignState):
            end_campaign(campaign=draft.pk, at=AT)
        assert set(Campaign.objects.values_list("state", flat=True)) == {"draft"}


def test_not_too_many_run_at_once(cafe, monkeypatch):
    monkeypatch.setattr(launching, "MOST_RUNNING", 2)
    running(), running()
    with pytest.raises(TooManyRunning):
        running()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "  "}, "name"),
        ({"ends_at": AT}, "ends_at"),
        ({"starts_at": AT.replace(year=1), "ends_at": None}, "starts_at"),
        ({"ends_at": AT.replace(year=9999)}, "ends_at"),
        ({"rules": [{**FIFTY, "name": "a\x00b"}]}, "rules"),
        ({"segment": "nobody-made-it"}, "segment"),
        ({"tier": "platinum"}, "tier"),
        ({"rewards": ["moon"]}, "rewards[0]"),
        ({"rules": [{**FIFTY, "amount": 0}]}, "rules[0].amount"),
        ({"rules": [FIFTY, FIFTY]}, "rules[1].id"),
        ({"rules": [{**FIFTY, "limits": {"budget": "mine"}}]}, "rules[0].limits.budget"),
        ({"rules": [{**FIFTY, "unit": "stamps-tea"}]}, "rules[0].unit"),
        ({"rules": [{"type": "issue_reward", "id": "gift", "reward": "moon"}]}, "rules[0].reward"),
        ({"budget_minor": 5}, "point_cost"),
        ({"early_until": AT + days(1)}, "early_until"),
        ({"offer": {"name": {}}}, "offer.name"),
        ({"match_percent": 10}, "match_percent"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_kept(cafe, fields, field):
    with pytest.raises(InvalidInput) as refused:
        drafted(**fields)
    assert field in [one["field"] for one in refused.value.errors]
    assert Campaign.objects.count() == 0


def test_a_change_makes_a_planned_one_a_draft_again(ana: Member):
    row = running(starts_at=AT + days(1))
    changed = write_campaign(campaign=row.pk, content=content(name="Other", starts_at=AT + days(1)), at=AT)
    assert (changed.state, changed.counts) == ("draft", False)
    assert buy(ana, 10, at=AT + days(1)).points == 10
    remove_campaign(campaign=row.pk, at=AT)
    assert Campaign.objects.count() == 0


def test_a_copy_is_a_draft_without_times(cafe):
    row = running(budget_points=500)
    again = copy_campaign(campaign=row.pk, at=AT)
    assert (again.state, again.starts_at, again.rules, again.budget_points) == ("draft", None, row.rules, 500)
    assert again.rule_ids != row.rule_ids


def test_nothing_of_a_campaign_reaches_another_shop(ana: Member, other_shop):
    running()
    with acting_for(other_shop, by=MARA):
        publish(ONE_POINT_PER_KRONA)
        assert buy(person("otto"), 10).points == 10
        assert Campaign.objects.count() == 0
    assert Order.objects.count() == 0
