"""What surrounds a running campaign: two people, the brake, its message and rewards, the past it is tried on."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from campaigns.models import Campaign, Newsletter
from campaigns.operations.campaigning.launching import (
    CampaignState,
    OwnCampaign,
    approve_campaign,
    end_campaign,
    launch_campaign,
    pause_campaign,
    refuse_campaign,
)
from campaigns.operations.campaigning.ticking import advance, due, pace_of
from campaigns.operations.campaigning.touching import RewardElsewhere
from campaigns.operations.campaigning.trying import period_of, rehearse_campaign
from campaigns.operations.campaigning.writing import set_policy, write_campaign
from campaigns.operations.rehearsing import NoPast
from campaigns.operations.segments.shaping import SegmentInUse, archive_segment, create_segment
from campaigns.queries.campaigning import figures, reading
from campaigns.queries.rehearsals import figures_of
from campaigns.rules.braking import Pace, share_of_time, too_fast
from loyalty.core import clock
from loyalty.core.errors import Forbidden, InvalidInput
from loyalty.core.events.models import Event
from loyalty.core.jobs.tasks import run_waiting
from loyalty.core.ledger.checks import verify
from loyalty.core.tenancy.scope import Actor, acting_for
from members.models import Member
from rewards.models import Reward
from rewards.operations.catalogue import create_reward, edit_reward
from tests.campaigns.campaigning.started import DOUBLE, FIFTY, books_agree, content, drafted, running
from tests.cast import AT, MARA, buy, days, person, publish

pytestmark = pytest.mark.django_db
TOM = Actor("staff", "tom", "manager")
KEY = Actor("api_key", "k1")
STOCKHOLM = ZoneInfo("Europe/Stockholm")


# --- two people ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "fields", "waits"),
    [
        ((None, None), {}, False),
        ((1_000, None), {"budget_points": 1_000}, False),
        ((1_000, None), {"budget_points": 1_001}, True),
        ((1_000, None), {}, True),
        ((1_000, None), {"budget_minor": 50_000, "point_cost": "50"}, False),
        ((None, 50_000), {"budget_points": 1_000, "point_cost": "50"}, False),
        ((None, 50_000), {"budget_points": 1_001, "point_cost": "50"}, True),
        ((1_000, None), {"rules": [], "words": {"en": {"subject": "Hello", "body": "You"}}}, False),
    ],
)
def test_what_may_cost_more_than_one_person_decides_waits(cafe, limits, fields, waits):
    set_policy(approve_points=limits[0], approve_minor=limits[1], at=AT)
    assert running(**fields).state == ("waiting" if waits else "running")


def test_somebody_else_lets_it_begin_and_the_database_holds_to_it(luna):
    with acting_for(luna, by=MARA):
        publish()
        ana = person("ana")
        set_policy(approve_points=10, approve_minor=None, at=AT)
        row = running()
        assert buy(ana, 10).points == 10
        with pytest.raises(OwnCampaign):
            approve_campaign(campaign=row.pk, at=AT)
        with pytest.raises(IntegrityError), transaction.atomic():
            Campaign.objects.filter(pk=row.pk).update(decided_by=row.asked_by)
    with acting_for(luna, by=KEY), pytest.raises(Forbidden):
        approve_campaign(campaign=row.pk, at=AT)
    with acting_for(luna, by=TOM):
        assert approve_campaign(campaign=row.pk, at=AT).state == "running"
        assert buy(ana, 10).points == 20
        with pytest.raises(CampaignState):
            approve_campaign(campaign=row.pk, at=AT)
        kinds = list(Event.objects.filter(subject=row.pk).order_by("pk").values_list("kind", "actor"))
    assert kinds == [
        ("campaign.created", str(MARA)), ("campaign.asked", str(MARA)), ("campaign.approved", str(TOM)),
        ("campaign.launched", str(TOM)), ("campaign.started", str(TOM)),
    ]  # fmt: skip


def test_what_two_looked_at_goes_on_after_a_pause_and_not_after_a_change(luna):
    with acting_for(luna, by=MARA):
        publish()
        set_policy(approve_points=10, approve_minor=None, at=AT)
        row = running()
    with acting_for(luna, by=TOM):
        approve_campaign(campaign=row.pk, at=AT)
        pause_campaign(campaign=row.pk, at=AT)
        assert launch_campaign(campaign=row.pk, at=AT).state == "running"
        pause_campaign(campaign=row.pk, at=AT)
        write_campaign(campaign=row.pk, content=content(rules=[FIFTY]), at=AT)
        assert launch_campaign(campaign=row.pk, at=AT).state == "waiting"


def test_what_is_sent_back_says_why_and_can_be_asked_for_again(luna):
    with acting_for(luna, by=MARA):
        publish()
        set_policy(approve_points=10, approve_minor=None, at=AT)
        row = running()
    with acting_for(luna, by=TOM):
        with pytest.raises(InvalidInput):
            refuse_campaign(campaign=row.pk, at=AT, note="x" * 301)
        back = refuse_campaign(campaign=row.pk, at=AT, note="Too long")
    assert (back.state, back.reason, back.figures) == ("draft", "refused", {"note": "Too long"})
    with acting_for(luna, by=MARA):
        assert launch_campaign(campaign=row.pk, at=AT).state == "waiting"


# --- the brake -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pace", "percent", "stops"),
    [
        (Pace(0, 0, 1000), 200, False),
        (Pace(100, 0, 1000), 200, False),
        (Pace(101, 0, 1000), 200, True),
        (Pace(300, 100, 1000), 200, False),
        (Pace(301, 100, 1000), 200, True),
        (Pace(301, 100, 1000), 300, False),
        (Pace(900, 1, 1000), 0, False),
        (Pace(0, 0, 0), 200, False),
    ],
)
def test_what_is_too_fast(pace: Pace, percent: int, stops: bool):
    assert too_fast(pace, brake_percent=percent) is stops


def test_time_is_shared_out_over_the_days_on_which_it_counts():
    week = AT, AT + days(7)
    assert share_of_time(*week, AT + days(3.5), days=(), zone=STOCKHOLM) == pytest.approx(0.5)
    weekend = ("sat", "sun")
    assert share_of_time(*week, AT + days(4), days=weekend, zone=STOCKHOLM) == 0
    assert share_of_time(*week, AT + days(7), days=weekend, zone=STOCKHOLM) == 1
    saturday = datetime(2026, 3, 7, 23, 0, tzinfo=UTC)  # midnight in Stockholm
    assert share_of_time(*week, saturday, days=weekend, zone=STOCKHOLM) == pytest.approx(0.5)


def test_it_stops_itself_when_it_spends_faster_than_planned_and_says_so(ana: Member):
    row = running(rules=[{**FIFTY, "amount": 300}], budget_points=1_000, ends_at=AT + days(10))
    assert buy(ana, 10).points == 310
    assert advance(campaign=row.pk, at=AT + days(3)) == "running", "as planned"
    assert [buy(ana, 10, at=AT + days(3)).points for _time in range(2)] == [310, 310]
    pace = pace_of(row, at=AT + days(3))
    assert pace is not None and (pace.spent, pace.expected, pace.percent) == (900, 300, 300)
    assert advance(campaign=row.pk, at=AT + days(3)) == "paused"
    row.refresh_from_db()
    assert (row.reason, row.figures) == ("too_fast", {"spent": 900, "expected": 300, "planned": 1_000})
    assert Event.objects.filter(kind="campaign.braked", subject=row.pk).count() == 1
    assert buy(ana, 10, at=AT + days(3)).points == 10
    launch_campaign(campaign=row.pk, at=AT + days(9))
    assert buy(ana, 10, at=AT + days(9)).points == 110, "what its budget leaves"
    assert books_agree(row) == 1_000


def test_the_clock_may_ring_twice(ana: Member):
    row = running(starts_at=AT + days(1))
    for _twice in range(2):
        assert advance(campaign=row.pk, at=AT + days(1)) == "running"
    for _twice in range(2):
        assert advance(campaign=row.pk, at=AT + days(3)) == "ended"
    kinds = list(Event.objects.filter(subject=row.pk).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["campaign.created", "campaign.launched", "campaign.started", "campaign.ended"]
    assert due(at=AT + days(4)) == []
    assert due(at=AT + days(10)) == [row.pk]


# --- its message and its rewards -----------------------------------------------------------------------------------

LETTER = {"en": {"subject": "Double points", "body": "All weekend."}}


def test_its_message_goes_out_when_it_begins_and_not_when_it_is_paused_before(cafe):
    row = running(words=LETTER, starts_at=AT + days(1))
    letter = Newsletter.objects.get(pk=row.newsletter)
    assert (letter.state, letter.goes_at, letter.words) == ("scheduled", AT + days(1), LETTER)
    pause_campaign(campaign=row.pk, at=AT)
    assert Newsletter.objects.count() == 0
    row = launch_campaign(campaign=row.pk, at=AT + days(2))
    assert Newsletter.objects.get(pk=row.newsletter).goes_at == AT + days(2)


def cup(handle: str = "cup", **details: object) -> Reward:
    given = {"kind": "custom", "name": {"en": "Cup"}, "cost_points": 10, **details}
    return create_reward(at=AT, handle=handle, details=given)


def audience(reward: Reward) -> dict:
    reward.refresh_from_db()
    return reward.audience


def test_its_rewards_are_its_audiences_while_it_runs_and_then_whose_they_were(cafe):
    create_segment(name="Friends", at=AT)
    reward = cup(audience={"member_days": 3})
    before = audience(reward)
    row = running(segment="friends", rewards=["cup"], rules=[], starts_at=AT + days(1))
    assert audience(reward) == before, "it has not begun"
    advance(campaign=row.pk, at=AT + days(1))
    assert (audience(reward)["segments"], audience(reward)["member_days"]) == (["friends"], 3)
    with pytest.raises(RewardElsewhere):
        running(at=AT + days(1), segment="friends", rewards=["cup"], rules=[])
    advance(campaign=row.pk, at=AT + days(3))
    assert audience(reward) == before


def test_what_somebody_changed_meanwhile_stays_as_they_wanted_it(cafe):
    create_segment(name="Friends", at=AT)
    reward = cup()
    row = running(segment="friends", rewards=["cup"], rules=[])
    edit_reward(reward=reward.pk, at=AT, details={"audience": {"segments": ["others"]}})
    end_campaign(campaign=row.pk, at=AT)
    assert audience(reward)["segments"] == ["others"]


def test_a_segment_that_a_campaign_is_for_cannot_be_put_away(cafe):
    segment = create_segment(name="Friends", at=AT)
    row = running(segment="friends")
    with pytest.raises(SegmentInUse):
        archive_segment(segment=segment.pk, at=AT)
    end_campaign(campaign=row.pk, at=AT)
    assert archive_segment(segment=segment.pk, at=AT).state == "archived"


# --- the past ------------------------------------------------------------------------------------------------------


def test_the_past_it_is_tried_on_is_its_own_time_a_year_before_weekday_for_weekday(cafe):
    row = drafted(starts_at=AT + days(30), ends_at=AT + days(33))
    since, until = period_of(row, at=AT + days(20))
    assert (since, until) == (AT + days(30 - 364), AT + days(33 - 364))
    assert since.weekday() == (AT + days(30)).weekday()
    long_gone = period_of(row, at=AT - days(2_000))
    assert long_gone[1] <= AT - days(2_000) and (since - long_gone[0]) % timedelta(weeks=52) == timedelta(0)


def test_a_rehearsal_says_what_it_then_really_gives(ana: Member, ben: Member, monkeypatch):
    """The same purchases, tried first and lived afterwards, come to the same points, members and last day."""
    for day, who, kronor in ((1, ana, 100), (2, ben, 40), (3, ana, 200)):
        buy(who, kronor, at=AT + days(day))
    year = days(364)
    row = drafted(starts_at=AT + year, ends_at=AT + year + days(10), budget_points=250, brake_percent=0)
    monkeypatch.setattr(clock, "now", lambda: AT + days(100))
    tried = rehearse_campaign(campaign_id=row.pk, costs={"point": "2", "rewards": {}}, at=AT + days(100))
    run_waiting()
    tried.refresh_from_db()
    said = figures.foreseen(row, figures_of(tried), tried.costs)
    assert (said.points, said.members, said.times, said.cost_minor) == (250, 2, 3, 500)
    assert said.empty_at == AT + days(3)
    assert (tried.since, tried.until) == (AT, AT + days(10))

    launch_campaign(campaign=row.pk, at=AT + year)
    for day, who, kronor in ((1, ana, 100), (2, ben, 40), (3, ana, 200)):
        buy(who, kronor, at=AT + year + days(day))
    came = figures.came_to(row)
    assert (came.points, came.members, came.orders) == (said.points, said.members, said.times)
    assert advance(campaign=row.pk, at=AT + year + days(3)) == "ended"
    assert (came.given, verify()) == (250, [])


def test_a_campaign_without_a_past_cannot_be_tried(cafe):
    with pytest.raises(NoPast):
        rehearse_campaign(campaign_id=drafted().pk, costs={}, at=AT)


# --- the calendar --------------------------------------------------------------------------------------------------


def test_the_calendar_shows_each_day_what_counts_on_it(cafe):
    weekend = drafted(name="Weekends", days=["sat", "sun"], starts_at=AT, ends_at=AT + days(20))
    short = running(name="Two days", starts_at=AT, ends_at=AT + days(2))
    weeks = reading.month(date(2026, 3, 17), zone=STOCKHOLM)
    assert (weeks[0][0].day, weeks[-1][-1].day, len(weeks)) == (date(2026, 2, 23), date(2026, 4, 5), 6)
    on = {one.day.day: {row.name for row in one.campaigns} for week in weeks for one in week if one.inside}
    assert {day for day, names in on.items() if "Weekends" in names} == {7, 8, 14, 15, 21, 22}
    assert {day for day, names in on.items() if "Two days" in names} == {2, 3, 4}
    end_campaign(campaign=short.pk, at=AT + days(1))
    again = reading.month(date(2026, 3, 1), zone=STOCKHOLM)
    assert sum("Two days" in {row.name for row in one.campaigns} for week in again for one in week) == 2
    assert weekend.state == "draft"


def test_members_add_up_to_what_it_gave(ana: Member, ben: Member):
    row = running(rules=[DOUBLE, FIFTY])
    for who, kronor in ((ana, 100), (ben, 20), (ana, 30)):
        buy(who, kronor)
    reached = figures.members(row, most=10)
    assert [(one.points, one.times) for one in reached] == [(230, 2), (70, 1)]
    assert sum(one.points for one in reached) == books_agree(row)
    assert sum(one.total_minor for one in figures.orders(row)) == figures.came_to(row).spend_minor == 15_000
    assert verify() == []
