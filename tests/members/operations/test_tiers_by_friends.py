"""Tiers by friends who bought: up when a friend's purchase counts, down when it is undone, whoever the member is by
then."""

from zoneinfo import ZoneInfo

import pytest

from loyalty.core.ledger.checks import verify
from members.models import Referral, TierChange, TierStanding
from members.operations.inviting import Invitation, code_of
from members.operations.membership import join
from members.operations.merging import merge
from members.operations.privacy import erase_member
from members.operations.refunds import cancel_order
from members.operations.tiers import follow_referral
from members.queries import tiers as asking
from members.rules.tiers import projection
from tests.cast import AT, buy, days, publish

LADDER = [{"id": "friend", "at_least": 1}, {"id": "ambassador", "at_least": 3}]
TERMS = {"by": "referrals", "window": "rolling", "months": 12, "valid": "months", "on_refund": "review"}
REFERRALS = {"on": True, "referrer": {"units": [{"amount": 10}]}}
_counter = iter(range(1, 10**9))


@pytest.fixture(autouse=True)
def _books(cafe):
    """Friends make tiers; after each test the books hold."""
    publish(referrals=REFERRALS, tiers={"ladder": LADDER, **TERMS})
    yield
    assert verify() == []


def friend(member, *, at=AT):
    """Somebody who joins by a member's code."""
    name = f"friend-{next(_counter)}"
    return join(
        at=at, identities={"external": name}, invitation=Invitation(code_of(member=member.pk, at=at))
    ).member


def friends_buy(member, count, *, at=AT):
    """So many friends of a member's join and buy; the names of their orders."""
    names = [f"friends-order-{next(_counter)}" for _friend in range(count)]
    for name in names:
        buy(friend(member, at=at), 100, at=at, external_id=name)
    return names


def tier(member):
    row = TierStanding.objects.filter(member=member).first()
    return row.tier if row else ""


def test_a_member_rises_when_it_is_looked_at_and_looking_again_changes_nothing(ana, ben):
    friends_buy(ana, 3)
    friend(ben)
    assert (tier(ana), tier(ben)) == ("", ""), "not inside the friend's order"
    assert follow_referral(referrer=ana.pk, at=AT) == 1
    assert follow_referral(referrer=ana.pk, at=AT) == 0
    assert follow_referral(referrer=ben.pk, at=AT) == 0
    assert (tier(ana), tier(ben)) == ("ambassador", "")
    change = TierChange.objects.get()
    assert (change.reason, change.values["by"], change.values["amount"]) == ("reached", "referrals", 3)


def test_what_a_friend_brings_back_is_undone(ana):
    names = friends_buy(ana, 3)
    follow_referral(referrer=ana.pk, at=AT)
    cancel_order(source="api", order_external_id=names[0], cancelled_at=AT + days(1), at=AT + days(1))
    assert follow_referral(referrer=ana.pk, at=AT + days(1), undone=True) == 1
    assert tier(ana) == "friend"
    assert TierChange.objects.order_by("-id").first().reason == "refunded"


def test_a_referral_that_is_held_does_not_count(ana):
    friends_buy(ana, 1)
    Referral.objects.update(status=Referral.Status.HELD)
    assert follow_referral(referrer=ana.pk, at=AT) == 0
    Referral.objects.update(status=Referral.Status.QUALIFIED)
    assert follow_referral(referrer=ana.pk, at=AT) == 1


def test_friends_count_for_as_long_as_the_window_reaches_back(ana):
    friends_buy(ana, 2)
    friends_buy(ana, 1, at=AT + days(300))
    ladder, zone = asking.ladder_in_force(), ZoneInfo("Europe/Stockholm")
    for passed, amount in ((300, 3), (364, 3), (367, 1), (670, 0)):
        at = AT + days(passed)
        one = asking.one(ana.pk, tiers=ladder, at=at, zone=zone)
        found = projection(ladder, one.days, one.now, joined_at=one.joined_at, at=at, zone=zone)
        assert found.amount == amount, passed


def test_a_member_who_was_merged_meanwhile_is_looked_at_as_who_they_are(ana, ben):
    friends_buy(ana, 2)
    friends_buy(ben, 1)
    merge(keep=ben.pk, remove=ana.pk, at=AT)
    follow_referral(referrer=ana.pk, at=AT)
    assert (tier(ana), tier(ben)) == ("", "ambassador")


def test_who_was_erased_meanwhile_is_not_looked_at(ana):
    friends_buy(ana, 3)
    erase_member(member=ana.pk, at=AT)
    assert follow_referral(referrer=ana.pk, at=AT) == 0
    assert tier(ana) == ""


def test_where_tiers_hang_on_something_else_friends_change_nothing(ana):
    publish(referrals=REFERRALS, tiers={"ladder": LADDER, **TERMS, "by": "orders"}, at=AT)
    friends_buy(ana, 3)
    assert follow_referral(referrer=ana.pk, at=AT) == 0
    assert tier(ana) == ""
