"""Members of one household and givers of the same points at the same moment, on connections of their own."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError, transaction

from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from loyalty.core.tenancy.scope import acting_for
from members.models import HouseholdPlace, Member, PointsTransfer
from members.operations import households, transfers
from members.operations.households import accept_invitation, invite, leave_household, open_household
from members.operations.merging import merge
from members.operations.transfers import give_points
from rewards.operations.redemption import redeem_reward
from tests.cast import AT, MARA, publish
from tests.rewards.operations.test_redemption import coffee
from tests.rewards.test_races import at_once, rich

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
ON = {"transfers": {"on": True}, "household": {"on": True, "largest": 20}}


def at_home(merchant: Any, members: list[Any]) -> Any:
    """All members in one household; the first owns it."""
    with acting_for(merchant, by=MARA):
        publish(sharing=ON)
        household = open_household(member=members[0].pk, at=AT)
        code = invite(household=household.pk, by=members[0].pk, at=AT).code
        for member in members[1:]:
            accept_invitation(member=member.pk, code=code, at=AT)
        return household


def the_last_points(merchant: Any, count: int = 8) -> Any:
    """`count` members of a household with ten points each all redeem for everything there is, each another reward."""
    members = rich(merchant, [f"m{number}" for number in range(count)], points=10)
    at_home(merchant, members)
    with acting_for(merchant, by=MARA):
        rewards = [coffee(cost_points=10 * count) for _member in members]
    return members, at_once(
        merchant,
        [
            lambda member=member, reward=reward: (
                redeem_reward(member=member.pk, reward=reward.pk, key=f"k{member.pk}", at=AT).status
            )
            for member, reward in zip(members, rewards, strict=True)
        ],
    )


def test_of_a_household_one_gets_the_last_points(luna_open):
    members, answers = the_last_points(luna_open)
    assert answers == {"committed": 1, "not_eligible": 7}
    with acting_for(luna_open, by=MARA):
        assert [balance(member.pk).available for member in members] == [0] * 8
        assert PointsTransfer.objects.count() == 7
        assert verify() == []


def test_twin_without_locking_the_household_first_they_wait_for_each_other_in_a_ring(luna_open, monkeypatch):
    def unlocked(member: Any) -> list[Any]:
        return list(HouseholdPlace.objects.values_list("member_id", flat=True))

    monkeypatch.setattr(households, "hold", unlocked)
    with pytest.raises(OperationalError, match="deadlock"):
        the_last_points(luna_open)


def test_redeeming_giving_leaving_and_merging_of_one_household_never_lock_in_a_ring(luna_open):
    members = rich(luna_open, [f"m{number}" for number in range(8)], points=100)
    household = at_home(luna_open, members)
    with acting_for(luna_open, by=MARA):
        reward = coffee(cost_points=150)
    attempts: list[Any] = []
    for turn, member in enumerate(members):
        other = members[(turn + 3) % 8]
        attempts += [
            lambda m=member, n=turn: redeem_reward(member=m.pk, reward=reward.pk, key=f"r{n}", at=AT).status,
            lambda m=member, o=other, n=turn: (
                give_points(giver=m.pk, receiver=o.pk, amount=5, key=f"g{n}", at=AT) and "given"
            ),
            lambda m=member, o=other, n=turn: (
                give_points(giver=o.pk, receiver=m.pk, amount=5, key=f"h{n}", at=AT) and "given"
            ),
        ]
    attempts.insert(4, lambda: leave_household(household=household.pk, member=members[5].pk, at=AT) or "left")
    attempts.insert(9, lambda: merge(keep=members[0].pk, remove=members[7].pk, at=AT).status)
    answers = at_once(luna_open, attempts)
    assert answers["left"] == 1
    assert answers["committed"] >= 3
    with acting_for(luna_open, by=MARA):
        spent = 150 * answers["committed"]
        assert sum(balance(member.pk).available for member in members) == 800 - spent
        assert verify() == []


def free_after_a_merger(merchant: Any, monkeypatch: pytest.MonkeyPatch) -> bool:
    """While one waits for a member that member is merged: may others still lock who was merged, when the one who
    waited has found whoever they are now? Who holds both has locked them out of order."""
    keep, gone = rich(merchant, ["keeps", "goes"])
    wait_for = transfers.locked

    def merged_just_now(member: Any) -> Any:
        if member == gone.pk:
            at_once(merchant, [lambda: merge(keep=keep.pk, remove=gone.pk, at=AT).status])
        return wait_for(member)

    def lock_without_waiting() -> str:
        Member.objects.select_for_update(nowait=True, no_key=True).get(pk=gone.pk)
        return "free"

    monkeypatch.setattr(transfers, "locked", merged_just_now)
    with acting_for(merchant, by=MARA), transaction.atomic():
        assert transfers.lock_current([gone.pk])[gone.pk].pk == keep.pk
        return at_once(merchant, [lock_without_waiting]) == {"free": 1}


def test_who_finds_a_member_merged_lets_go_before_locking_whoever_they_are_now(luna_open, monkeypatch):
    assert free_after_a_merger(luna_open, monkeypatch)


def test_twin_without_letting_go_the_merged_member_stays_locked(luna_open, monkeypatch):
    monkeypatch.setattr(transfers, "transaction", SimpleNamespace(atomic=nullcontext))
    with pytest.raises(OperationalError, match="could not obtain lock"):
        free_after_a_merger(luna_open, monkeypatch)


def given_at_once(merchant: Any) -> Any:
    """One member with a hundred points gives sixty to each of ten others, of whom one may have them."""
    members = rich(merchant, ["giver", *(f"m{number}" for number in range(10))], points=100)
    with acting_for(merchant, by=MARA):
        publish(sharing={"transfers": {"on": True, "maximum_per_period": 60}})
    giver, *others = members
    return giver, at_once(
        merchant,
        [
            lambda other=other, n=number: (
                give_points(giver=giver.pk, receiver=other.pk, amount=10, key=f"g{n}", at=AT) and "given"
            )
            for number, other in enumerate(others)
        ],
    )


def test_a_limit_holds_for_gifts_at_the_same_moment(luna_open):
    giver, answers = given_at_once(luna_open)
    assert answers == {"given": 6, "transfer_limit_reached": 4}
    with acting_for(luna_open, by=MARA):
        assert balance(giver.pk).available == 40
        assert verify() == []


def test_twin_without_the_members_locks_the_limit_is_passed(luna_open, monkeypatch):
    import time

    from members.models import Member

    refuse = transfers._refuse_by_terms

    def slowly(*asked: Any) -> None:
        refuse(*asked)
        time.sleep(0.2)  # others look before this one writes

    monkeypatch.setattr(transfers, "locked", lambda member: Member.objects.get(pk=member))
    monkeypatch.setattr(transfers, "_refuse_by_terms", slowly)
    _giver, answers = given_at_once(luna_open)
    assert answers["given"] > 6


def test_the_same_gift_at_once_is_given_once(luna_open):
    one, other = rich(luna_open, ["one", "other"], points=100)
    with acting_for(luna_open, by=MARA):
        publish(sharing=ON)

    def again() -> str:
        found = give_points(giver=one.pk, receiver=other.pk, amount=30, key="same", at=AT)
        return "replayed" if found.replayed else "given"

    assert at_once(luna_open, [again] * 16) == {"given": 1, "replayed": 15}
    with acting_for(luna_open, by=MARA):
        assert [balance(member.pk).available for member in (one, other)] == [70, 130]
