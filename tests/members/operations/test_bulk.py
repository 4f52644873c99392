"""Many members at once: all or the ones it can be done for, never more than was said."""

import pytest

from loyalty.core.errors import InvalidInput
from loyalty.core.events.models import Event
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance, totals
from loyalty.core.tenancy.scope import Actor, acting_for
from members.models import SegmentPlace
from members.operations import bulk
from members.operations.allowances import NeedsApproval, set_limits
from members.operations.membership import block
from members.operations.merging import merge
from members.operations.points import adjust_points
from members.operations.privacy import erase_member
from members.rules.adjusting import Limit, Limits
from tests.cast import AT, person

MIA = Actor("staff", "mia", "manager")


@pytest.fixture(autouse=True)
def _books(cafe):
    yield
    assert verify() == []


@pytest.fixture
def five(cafe):
    return [person(f"p{number}") for number in range(5)]


def give(people, amount=10, key="k"):
    return bulk.adjust_members(
        members=[one.pk for one in people], amount=amount, reason="Christmas", key=key, at=AT
    )


def has(member):
    return balance(member.pk).available


def test_everybody_gets_it_once_however_often_it_is_sent(five):
    assert (give(five).done, give(five[::-1]).done) == (5, 5)
    assert [has(one) for one in five] == [10] * 5
    assert totals()["adjusted"] == 50


def test_who_has_too_few_or_has_left_is_passed_over_and_named(five):
    adjust_points(member=five[0].pk, amount=30, reason="x", at=AT)
    erase_member(member=five[1].pk, at=AT)
    block(
        member=five[0].pk, at=AT, reason="x"
    )  # blocked members keep what they have; staff may still take it
    found = give(five, -20)
    assert (found.done, found.units) == (1, -20)
    assert found.skipped == {
        five[1].pk: "member_not_active",
        **{one.pk: "not_enough_points" for one in five[2:]},
    }
    assert has(five[0]) == 10


def test_all_of_it_counts_against_the_day(cafe, five):
    set_limits(limits=Limits(manager=Limit(each=10, day=45)), at=AT)
    with acting_for(cafe, by=MIA):
        with pytest.raises(NeedsApproval):
            give(five)
        assert [has(one) for one in five] == [0] * 5
        give(five[:4])
        give(five[:4])
    assert [has(one) for one in five] == [10, 10, 10, 10, 0]


def test_a_member_who_was_merged_gets_what_both_names_stand_for(five):
    merge(keep=five[0].pk, remove=five[1].pk, at=AT)
    give(five[:2])
    assert has(five[0]) == 20


@pytest.mark.parametrize(("amount", "reason"), [(0, "x"), (1, " "), (1, "x" * 301), (10**13, "x")])
def test_what_makes_no_sense_is_refused_before_anything(five, amount, reason):
    with pytest.raises(InvalidInput):
        bulk.adjust_members(members=[five[0].pk], amount=amount, reason=reason, key="k", at=AT)
    assert totals() == {}


def test_members_are_put_into_a_segment_and_taken_out_again(five):
    wanted = [one.pk for one in five[:3]]
    assert bulk.put_into_segment(members=wanted, segment="vip", at=AT).done == 3
    assert bulk.put_into_segment(members=[one.pk for one in five], segment="vip", at=AT).done == 5 - 3
    assert SegmentPlace.objects.filter(segment="vip", until=None).count() == 5
    assert bulk.take_out_of_segment(members=wanted, segment="vip", at=AT).done == 3
    assert bulk.take_out_of_segment(members=wanted, segment="vip", at=AT).done == 0
    assert Event.objects.filter(kind="segment.entered").count() == 5
    assert Event.objects.filter(kind="segment.left").count() == 3


@pytest.mark.parametrize("name", ["", "VIP", "a b", "plan-gold", "offer-x", "-x", "x" * 61, "é"])
def test_segments_that_are_none_or_follow_from_something_else_are_refused(five, name):
    with pytest.raises(InvalidInput):
        bulk.put_into_segment(members=[five[0].pk], segment=name, at=AT)
    assert not SegmentPlace.objects.exists()
