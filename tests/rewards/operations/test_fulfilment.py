"""What staff do for rewards that are shipped, collected or served."""

import pytest

from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.events.models import Event
from loyalty.core.ids import new
from loyalty.core.ledger.checks import verify
from members.operations.gifts import Occasion
from members.operations.privacy import erase_member
from rewards.models import Fulfilment
from rewards.operations.fulfilment import WrongStep, move_fulfilment
from rewards.operations.issuing import issue_reward
from rewards.operations.redemption import (
    redeem_reward,
    release_redemption,
    reserve_reward,
    reverse_redemption,
)
from rewards.queries.fulfilments import queue
from tests.cast import AT, buy, days
from tests.rewards.operations.test_redemption import coffee


@pytest.fixture
def rich(ana):
    buy(ana, 1000)
    return ana


def taken(member, key="k", **details):
    return redeem_reward(member=member.pk, reward=coffee(delivery="shipped", **details).pk, key=key, at=AT)


def move(row, to, **more):
    return move_fulfilment(fulfilment=row.pk, to=to, at=AT, **more)


def test_a_reward_that_is_sent_waits_in_the_queue_from_when_it_is_used(rich):
    reward = coffee(delivery="shipped")
    reserve_reward(member=rich.pk, reward=reward.pk, key="open", at=AT)
    assert queue().count() == 0
    redeem_reward(member=rich.pk, reward=reward.pk, key="k", at=AT)
    redeem_reward(member=rich.pk, reward=coffee().pk, key="a code is enough", at=AT)
    [row] = queue()
    assert (row.state, row.delivery) == ("open", "shipped")


def test_each_step_is_in_the_history(rich):
    taken(rich)
    [row] = queue()
    for state in ("prepared", "sent", "done"):
        move(row, state, reference=f"at {state}")
    assert queue().count() == 0
    assert [row.reference for row in queue(state="done")] == ["at done"]
    assert [(event.data["was"], event.data["state"]) for event in Event.objects.filter(kind="fulfilment.changed")] == [
        ("open", "prepared"), ("prepared", "sent"), ("sent", "done"),
    ]  # fmt: skip
    assert Event.objects.filter(kind="fulfilment.opened").count() == 1


@pytest.mark.parametrize(
    ("first", "then"), [("done", "open"), ("cancelled", "sent"), ("sent", "open"), ("collected", "cancelled")]
)
def test_what_is_over_stays_over(rich, first, then):
    taken(rich)
    [row] = queue()
    move(row, first)
    with pytest.raises(WrongStep):
        move(row, then)
    assert Fulfilment.objects.get().state == first


def test_the_same_step_twice_is_once(rich):
    taken(rich)
    [row] = queue()
    assert [move(row, "prepared").state, move(row, "prepared").state] == ["prepared", "prepared"]
    assert Event.objects.filter(kind="fulfilment.changed").count() == 1


def test_what_makes_no_sense_is_refused(rich):
    taken(rich)
    [row] = queue()
    with pytest.raises(InvalidInput):
        move(row, "lost")
    with pytest.raises(InvalidInput):
        move(row, "sent", reference="a\x00")
    with pytest.raises(NotFound):
        move_fulfilment(fulfilment=new(), to="sent", at=AT)
    assert Fulfilment.objects.get().state == "open"


def test_giving_the_reward_back_stops_it_unless_it_is_on_its_way(rich):
    stopped, sent = taken(rich, "a"), taken(rich, "b")
    move(Fulfilment.objects.get(redemption=sent), "sent")
    for row in (stopped, sent):
        reverse_redemption(redemption=row.pk, at=AT, reason="r")
    assert Fulfilment.objects.get(redemption=stopped).state == "cancelled"
    assert Fulfilment.objects.get(redemption=sent).state == "sent"
    assert verify() == []


def test_a_gift_is_sent_too(rich):
    reward = coffee(delivery="collected")
    occasion = Occasion("referral", new(), rich.pk, AT - days(1))
    issue_reward(reward=reward.handle, quantity=1, key="k", occasion=occasion)
    assert [row.delivery for row in queue()] == ["collected"]


def test_what_was_let_go_is_not_prepared_and_references_are_forgotten(rich):
    reward = coffee(delivery="shipped")
    row = reserve_reward(member=rich.pk, reward=reward.pk, key="open", at=AT)
    release_redemption(redemption=row.pk, at=AT)
    assert queue().count() == 0
    taken(rich)
    move(queue().get(), "sent", reference="Ana's parcel")
    erase_member(member=rich.pk, at=AT)
    assert Fulfilment.objects.get().reference == ""
