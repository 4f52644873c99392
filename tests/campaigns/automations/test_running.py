"""An automation does for each member what is written, in its order and once: waits, asks, divides, acts, and stops for who
left."""

from datetime import timedelta

import pytest

from campaigns.models import AutomationRun, AutomationStep, Message
from campaigns.operations.automations import running
from campaigns.operations.automations.shaping import (
    edit_automation,
    end_automation,
    pause_automation,
    resume_automation,
    start_automation,
)
from campaigns.operations.segments.shaping import create_segment
from loyalty.core import clock, ids
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from loyalty.core.webhooks.models import Delivery
from loyalty.core.webhooks.operations import add_endpoint, pause_endpoint
from members.models import SegmentPlace
from members.operations.membership import block
from members.operations.merging import merge
from members.operations.privacy import erase_member
from rewards.models import Redemption
from rewards.operations.catalogue import create_reward
from tests.campaigns.automations.hand import (
    HELLO,
    ORDERS,
    at_work,
    carry_out,
    flow,
    later,
    points,
    states,
    told,
    wait,
)
from tests.campaigns.hand import joined
from tests.cast import MARA, buy, publish, shop

pytestmark = pytest.mark.django_db(transaction=True)
BUYERS = {"match": "all", "of": [{"type": "orders", "at_least": 1}]}


@pytest.fixture
def luna(transactional_db: None) -> Merchant:
    """Café Luna with a programme and an offer for a list; committed, for workers commit, too."""
    merchant = shop()
    offers = {"offers": [{"id": "bun", "name": {"en": "A bun"}, "segments": ["guests"]},
                         {"id": "tea", "name": {"en": "Tea"}}]}  # fmt: skip
    with acting_for(merchant, by=MARA):
        create_segment(name="Guests", handle="guests", at=clock.now())
        publish(offers=offers)
    return merchant


def held(merchant: Merchant, member) -> int:
    with acting_for(merchant, by=MARA):
        assert verify() == []
        return balance(member.pk).available


def test_who_joins_is_welcomed_given_points_and_asked_back_a_week_later(luna: Merchant):
    with acting_for(luna, by=MARA):
        at_work(points(50), HELLO, wait(7), {"type": "check", "test": BUYERS, "yes": [], "no": [points(20)]})
        ana, ben = joined("ana"), joined("ben")
    carry_out(luna)
    assert held(luna, ana) == held(luna, ben) == 50
    with acting_for(luna, by=MARA):
        assert Message.objects.filter(kind="automation", member=ana).count() == 1
        buy(ben, 100, at=clock.now())
    assert states(luna) == [("active", ""), ("active", "")], "they wait"
    carry_out(luna, at=later(6))
    assert told(luna, ana.pk) == [("points", "done"), ("message", "done"), ("wait", "waited")]
    carry_out(luna, at=later(7, minutes=1))
    assert held(luna, ana) == 70, "who did not buy is asked back"
    assert held(luna, ben) == 150, "who bought is not"
    assert told(luna, ben.pk)[-1] == ("check", "yes")
    assert states(luna) == [("done", ""), ("done", "")]


def test_everything_it_can_do_is_done_by_the_operations_of_everybody(luna: Merchant):
    with acting_for(luna, by=MARA):
        reward = create_reward(
            at=clock.now(), details={"kind": "free_product", "name": {"en": "Bun"}, "cost_points": 90}
        )
        endpoint, _secret = add_endpoint(
            url="https://till.example/hook", kinds=["member.erased"], at=clock.now()
        )
        where = ids.encode("whe", endpoint.pk)
        at_work(
            {"type": "reward", "reward": reward.handle},
            {"type": "offer", "offer": "bun"},
            {"type": "offer", "offer": "tea", "active": True},
            {"type": "webhook", "endpoint": where, "label": "new guest"},
            {"type": "remove", "segment": "guests"},
        )
        ana = joined("ana")
    carry_out(luna)
    assert [outcome for _kind, outcome in told(luna)] == ["done"] * 5
    with acting_for(luna, by=MARA):
        given = Redemption.objects.get(member=ana)
        assert (given.reward_id, given.cost_points, given.source_kind) == (reward.pk, 0, "automation")
        places = set(SegmentPlace.objects.filter(member=ana).values_list("segment", flat=True))
        assert places == {"offer-tea"}, "on the list for the offer, and off it again"
        assert Delivery.objects.get().kind == "automation.called"
    assert held(luna, ana) == 0


def test_what_cannot_be_done_is_noted_and_the_way_goes_on(luna: Merchant):
    with acting_for(luna, by=MARA):
        reward = create_reward(
            at=clock.now(), details={"kind": "custom", "name": {"en": "x"}, "cost_points": 9, "stock": 0}
        )
        endpoint, _secret = add_endpoint(url="https://till.example/hook", kinds=["*"], at=clock.now())
        step = {"type": "webhook", "endpoint": ids.encode("whe", endpoint.pk)}
        at_work({"type": "reward", "reward": reward.handle}, step, points(5))
        pause_endpoint(endpoint=endpoint.pk, at=clock.now())
        ana = joined("ana")
    carry_out(luna)
    assert told(luna) == [("reward", "skipped"), ("webhook", "skipped"), ("points", "done")]
    with acting_for(luna, by=MARA):
        rows = AutomationStep.objects.order_by("id").values_list("data__why", flat=True)
        assert list(rows)[:2] == ["none_left", "webhook_off"]
    assert held(luna, ana) == 5


def test_a_budget_ends_what_is_given_in_all_and_on_a_day(luna: Merchant):
    with acting_for(luna, by=MARA):
        at_work(points(10), budget={"points": 25, "points_a_day": 10})
        people = [joined(f"m{number}") for number in range(4)]
    carry_out(luna)
    assert sum(held(luna, one) for one in people) == 10, "a day's share"
    with acting_for(luna, by=MARA):
        more = [joined(f"n{number}") for number in range(1)]
    carry_out(luna, at=later(1))
    assert held(luna, more[0]) == 10, "the next day's"
    with acting_for(luna, by=MARA):
        last = joined("last")
    carry_out(luna, at=later(2))
    assert held(luna, last) == 0, "what is left of 25 is less than ten"


def test_who_has_ordered_leaves_even_when_the_outbox_is_behind(luna: Merchant):
    with acting_for(luna, by=MARA):
        at_work(wait(3), points(10), exit_on=["order.recorded"])
        ana, ben = joined("ana"), joined("ben")
    carry_out(luna)
    with acting_for(luna, by=MARA):
        buy(ana, 10, at=clock.now())
    running.work(seconds=60, at=later(4))  # the order still lies in the outbox
    assert states(luna, ana.pk) == [("left", "order.recorded")]
    assert states(luna, ben.pk) == [("done", "")]
    assert held(luna, ana) == 10 and held(luna, ben) == 10, "one for the order, one for waiting"


def test_who_has_ordered_leaves_at_once_where_nothing_is_due(luna: Merchant):
    with acting_for(luna, by=MARA):
        at_work(wait(30), points(10), exit_on=["order.recorded"])
        ana = joined("ana")
    carry_out(luna)
    with acting_for(luna, by=MARA):
        buy(ana, 10, at=clock.now())
    carry_out(luna)
    assert states(luna) == [("left", "order.recorded")]


def test_what_let_somebody_in_does_not_put_them_out(luna: Merchant):
    with acting_for(luna, by=MARA):
        at_work(wait(1), points(10), start=ORDERS, again="outside", exit_on=["order.recorded"])
        ana = joined("ana")
        buy(ana, 10, at=clock.now())
    carry_out(luna)
    assert states(luna) == [("active", "")]
    carry_out(luna, at=later(2))
    assert states(luna) == [("done", "")]


def test_who_fits_the_way_out_leaves_before_the_next_step(luna: Merchant):
    with acting_for(luna, by=MARA):
        at_work(wait(1), points(10), exit_when=BUYERS)
        ana = joined("ana")
    carry_out(luna)
    with acting_for(luna, by=MARA):
        buy(ana, 10, at=clock.now())
    carry_out(luna, at=later(2))
    assert states(luna) == [("left", "exit_when")]


@pytest.mark.parametrize(
    ("again", "came"),
    [({"again": "once"}, 1), ({"again": "days", "again_days": 30}, 3), ({"again": "outside"}, 4)],
)
def test_how_often_a_member_goes_through(luna: Merchant, again: dict, came: int):
    with acting_for(luna, by=MARA):
        row = at_work(points(1), start=ORDERS, **again)
        ana = joined("ana")
    for day in (40, 39, 5, 0):  # each time that was so many days ago
        with acting_for(luna, by=MARA):
            buy(ana, 10, at=clock.now())
        carry_out(luna)
        with acting_for(luna, by=MARA):  # that was so many days ago
            last = AutomationRun.objects.filter(automation=row).order_by("id").last()
            if last is not None and last.entered_at > clock.now() - timedelta(minutes=1):
                AutomationRun.objects.filter(pk=last.pk).update(entered_at=clock.now() - timedelta(days=day))
    assert len(states(luna)) == came


def test_nobody_is_in_the_same_automation_twice_at_a_time(luna: Merchant):
    with acting_for(luna, by=MARA):
        at_work(wait(1), points(1), start=ORDERS, again="outside")
        ana = joined("ana")
        for _time in range(3):
            buy(ana, 10, at=clock.now())
    carry_out(luna)
    assert states(luna) == [("active", "")]


def test_a_paused_automation_holds_and_goes_on_without_doing_anything_twice(luna: Merchant):
    with acting_for(luna, by=MARA):
        row = at_work(points(1), wait(1), points(10))
        ana = joined("ana")
    carry_out(luna)
    with acting_for(luna, by=MARA):
        pause_automation(automation=row.pk, at=clock.now())
        late = joined("late")
    carry_out(luna, at=later(2))
    assert held(luna, ana) == 1 and states(luna) == [("held", "")]
    assert held(luna, late) == 0, "nobody comes in meanwhile"
    with acting_for(luna, by=MARA):
        resume_automation(automation=row.pk, at=clock.now())
    carry_out(luna, at=later(2))
    carry_out(luna, at=later(2))
    assert held(luna, ana) == 11
    assert told(luna) == [("points", "done"), ("wait", "waited"), ("points", "done")]


def test_a_worker_that_had_claimed_when_it_was_paused_does_nothing(luna: Merchant):
    with acting_for(luna, by=MARA):
        row = at_work(wait(1), points(10))
        ana = joined("ana")
    carry_out(luna)
    claims = running.claim(at=later(2))
    assert len(claims) == 1
    with acting_for(luna, by=MARA):
        pause_automation(automation=row.pk, at=clock.now())
    running.carry_on(claim=claims[0], at=later(2))
    assert held(luna, ana) == 0
    with acting_for(luna, by=MARA):
        resume_automation(automation=row.pk, at=clock.now())
    running.carry_on(claim=claims[0], at=later(2))
    running.work(seconds=60, at=later(3))
    assert held(luna, ana) == 10, "once, whoever does it"


def test_a_change_counts_for_who_comes_in_afterwards(luna: Merchant):
    with acting_for(luna, by=MARA):
        row = at_work(wait(1), points(10))
        ana = joined("ana")
    carry_out(luna)
    with acting_for(luna, by=MARA):
        changed = flow(points(3), wait(1), points(10))
        edit_automation(automation=row.pk, changes={"flow": changed}, at=clock.now())
        ben = joined("ben")
    carry_out(luna)
    assert held(luna, ben) == 0, "what is being written does nothing"
    with acting_for(luna, by=MARA):
        start_automation(automation=row.pk, at=clock.now())
        cleo = joined("cleo")
    carry_out(luna)
    carry_out(luna, at=later(2))
    assert [held(luna, one) for one in (ana, ben, cleo)] == [10, 10, 13]


def test_what_is_ended_lets_everybody_go(luna: Merchant):
    with acting_for(luna, by=MARA):
        row = at_work(wait(1), points(10))
        ana = joined("ana")
    carry_out(luna)
    with acting_for(luna, by=MARA):
        end_automation(automation=row.pk, at=clock.now())
    carry_out(luna, at=later(2))
    assert states(luna) == [("left", "ended")] and held(luna, ana) == 0


def test_what_an_automation_does_never_begins_it_again(luna: Merchant):
    adjusted = {"type": "event", "kind": "points.adjusted"}
    with acting_for(luna, by=MARA):
        at_work(points(1), start=adjusted, again="outside", name="Own tail")
        at_work(points(1), start=adjusted, again="outside", name="Each other")
        at_work(points(1), name="First")
        ana = joined("ana")
    for _time in range(5):
        carry_out(luna)
    assert held(luna, ana) == 1


def test_two_members_who_become_one_are_not_given_it_twice(luna: Merchant):
    with acting_for(luna, by=MARA):
        at_work(wait(1), points(10))
        ana, second, third = joined("ana"), joined("second"), joined("third")
    carry_out(luna)
    with acting_for(luna, by=MARA):
        merge(keep=ana.pk, remove=second.pk, at=clock.now())
        erase_member(member=third.pk, at=clock.now())
    carry_out(luna, at=later(2))
    assert held(luna, ana) == 10
    assert sorted(states(luna)) == [("done", ""), ("left", "erased"), ("left", "merged")]


def test_one_way_goes_on_for_whom_a_member_was_merged_into(luna: Merchant):
    with acting_for(luna, by=MARA):
        ana = joined("ana")
        at_work(wait(1), points(10))
        second = joined("second")
    carry_out(luna)
    with acting_for(luna, by=MARA):
        merge(keep=ana.pk, remove=second.pk, at=clock.now())
    carry_out(luna, at=later(2))
    assert held(luna, ana) == 10 and states(luna, ana.pk) == [("done", "")]


def test_who_is_blocked_gets_nothing(luna: Merchant):
    with acting_for(luna, by=MARA):
        at_work(wait(1), points(10))
        ana = joined("ana")
    carry_out(luna)
    with acting_for(luna, by=MARA):
        block(member=ana.pk, at=clock.now(), reason="test")
    carry_out(luna, at=later(2))
    assert states(luna) == [("left", "no_member")] and held(luna, ana) == 0


def test_a_fault_is_one_members_own_and_given_up_after_a_few_times(luna: Merchant, monkeypatch):
    with acting_for(luna, by=MARA):
        at_work(points(10))
        ana, ben = joined("ana"), joined("ben")
    usual = running.act

    def faulty(acting):
        if acting.member.pk == ana.pk:
            raise RuntimeError("a bug")
        return usual(acting)

    monkeypatch.setattr(running, "act", faulty)
    carry_out(luna)
    assert held(luna, ben) == 10 and held(luna, ana) == 0
    assert states(luna, ana.pk) == [("active", "")]
    at = later(1)
    for _time in range(8):
        running.work(seconds=10, at=at)
        at += timedelta(days=2)
    assert states(luna, ana.pk) == [("failed", "fault")]
