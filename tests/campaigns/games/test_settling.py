"""Challenges: what was reached is given once, what came back takes it back, and two who become one are one."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.models import ChallengeAward, ChallengeScore
from campaigns.operations.games.challenges import end_challenge
from campaigns.operations.games.moving import holder
from campaigns.queries.games.progress import standing
from campaigns.tasks import settle_games_of
from loyalty.core import ids, privacy
from loyalty.core.events.models import Event
from loyalty.core.events.tasks import dispatch_waiting
from loyalty.core.ledger.checks import verify
from loyalty.core.tenancy.scope import acting_for
from members.models import DrawEntry, EarnedBadge, Member
from members.operations.activities import record_activity
from members.operations.membership import block
from members.operations.merging import merge
from members.operations.moderation import approve_activity, undo_activity
from members.operations.points import adjust_points
from members.operations.refunds import cancel_order, refund_order
from members.rules.doing import NewActivity
from members.rules.shopping import MemberRef, NewRefund, RefundedLine
from rewards.models import Redemption, Voucher
from rewards.operations.catalogue import create_reward
from rewards.operations.redemption import use_voucher
from tests.campaigns.games.playing import line, opened, points, settle
from tests.cast import AT, MARA, ONE_POINT_PER_KRONA, buy, days, person, publish, shop

LATER = AT + days(5)


def cancel(name: str, *, at: Any = LATER) -> None:
    """An order is called off."""
    cancel_order(source="api", order_external_id=name, cancelled_at=at, at=at)


def did(member: Member, kind: str, *, at: Any = AT) -> Any:
    """A member did something besides buying."""
    name = f"{kind}-{ids.new()}"
    made = NewActivity(
        external_id=name, kind=kind, happened_at=at, member=MemberRef(id=ids.encode("mbr", member.pk))
    )
    return record_activity(activity=made, at=at)


def reward(**more: Any) -> str:
    """A cup, by its handle."""
    details = {"kind": "free_product", "name": {"en": "Cup"}, "cost_points": 500, **more}
    return create_reward(at=AT, details=details).handle


def test_the_third_purchase_is_paid_for_once(ana: Member, ben: Member) -> None:
    opened()
    for day in range(1, 5):
        buy(ana, 10, at=AT + days(day))
        settle(member=ana.pk, at=AT + days(day))
    for _again in range(3):
        assert settle(member=ana.pk, at=LATER) == 0
    assert points(ana) == 4 * 10 + 50
    assert settle(member=ben.pk, at=LATER) == 0 and points(ben) == 0
    assert Event.objects.filter(kind="challenge.reached", subject=ana.pk).count() == 1
    assert verify() == []


def test_three_different_kinds_of_goods_count_and_it_shows_which(ana: Member) -> None:
    row = opened("categories", {"needed": 3, "points": 50})
    buy(ana, lines=(line("a", category="tea"), line("b", category="tea")), at=AT + days(1))
    buy(ana, lines=(line("c", category="tea"),), at=AT + days(2))
    second = buy(ana, lines=(line("d", category="cakes"), line("e", category="")), at=AT + days(3))
    now = standing(row, member=ana.pk, at=LATER)
    assert (now.progress.value, now.next.needed if now.next else 0) == (2, 3)
    assert [one.new for one in now.progress.counted] == [("tea",), ("cakes",)]
    assert now.progress.counted[1].id == second.order
    settle(member=ana.pk, at=LATER)
    assert ChallengeAward.objects.count() == 0
    buy(ana, lines=(line("f", category="bread"),), at=AT + days(4))
    settle(member=ana.pk, at=LATER)
    assert ChallengeAward.objects.get().needed == 3
    assert verify() == []


def test_what_happened_before_after_or_below_the_least_does_not_count(ana: Member) -> None:
    row = opened(at_least_minor=5_000, ends_at=AT + days(3))
    buy(ana, 60, at=AT - timedelta(seconds=1))
    buy(ana, 49.99, at=AT + days(1))
    buy(ana, 50, at=AT + days(2))
    buy(ana, 60, at=AT + days(3))
    assert standing(row, member=ana.pk, at=LATER).progress.value == 1


def test_a_refund_takes_progress_back_and_what_was_given_for_it(ana: Member) -> None:
    cup = reward()
    opened(
        "purchases", {"needed": 2, "points": 50, "reward": cup, "badge": "fan", "draw": "may", "entries": 4}
    )
    buy(ana, 10, at=AT, external_id="one")
    buy(ana, 10, at=AT, external_id="two")
    settle(member=ana.pk, at=AT)
    assert points(ana) == 20 + 50
    assert (EarnedBadge.objects.get().badge, DrawEntry.objects.get().entries) == ("fan", 4)
    cancel("two")
    assert settle(member=ana.pk, at=LATER) == 1
    assert points(ana) == 10
    assert not EarnedBadge.objects.exists() and DrawEntry.objects.get().entries == 0
    assert Redemption.objects.get().status == Redemption.Status.REVERSED
    award = ChallengeAward.objects.get()
    assert (award.withdrawn_at, award.points_taken, award.shortfall) == (LATER, 50, 0)
    buy(ana, 10, at=LATER)
    settle(member=ana.pk, at=LATER)
    assert points(ana) == 20 + 50
    assert Redemption.objects.filter(status=Redemption.Status.COMMITTED).count() == 1
    assert verify() == []


def test_what_was_used_is_not_given_a_second_time(ana: Member) -> None:
    opened("purchases", {"needed": 1, "points": 50, "reward": reward()})
    for turn in range(3):
        buy(ana, 10, at=AT, external_id=f"turn-{turn}")
        settle(member=ana.pk, at=AT)
        if turn == 0:
            use_voucher(code=Voucher.objects.get().code, at=AT)
            adjust_points(member=ana.pk, amount=-60, reason="spent", at=AT)
        cancel(f"turn-{turn}", at=AT)
        settle(member=ana.pk, at=AT)
    buy(ana, 10, at=LATER)
    settle(member=ana.pk, at=LATER)
    assert Redemption.objects.count() == 1, "one cup, however often it is tried"
    given = sum(ChallengeAward.objects.values_list("points", flat=True))
    taken = sum(ChallengeAward.objects.values_list("points_taken", flat=True))
    assert given - taken == 50
    assert verify() == []


def test_a_part_that_comes_back_takes_its_part_of_an_amount(ana: Member) -> None:
    row = opened("amount", {"needed": 10_000, "points": 5})
    buy(ana, lines=(line("a", 60), line("b", 60)), at=AT, external_id="one")
    settle(member=ana.pk, at=AT)
    assert points(ana) == 125
    back = NewRefund("r1", AT, (RefundedLine(1, 3_000),))
    refund_order(source="api", order_external_id="one", refund=back, at=LATER)
    settle(member=ana.pk, at=LATER)
    assert standing(row, member=ana.pk, at=LATER).progress.value == 9_000
    assert points(ana) == 90
    assert verify() == []


def test_each_month_begins_anew_and_a_late_receipt_still_counts_for_its_own(ana: Member) -> None:
    opened("purchases", {"needed": 2, "points": 50}, per="month")
    march, april = AT + days(1), AT + days(31)
    buy(ana, 10, at=march)
    buy(ana, 10, at=april)
    settle(member=ana.pk, at=april)
    assert ChallengeAward.objects.count() == 0
    buy(ana, 10, at=april)
    buy(ana, 10, at=march + days(2))
    settle(member=ana.pk, at=april)
    found = ChallengeAward.objects.order_by("period").values_list("period", flat=True)
    assert list(found) == ["2026-03-01", "2026-04-01"]
    assert verify() == []


def test_weeks_in_a_row_forgive_one_and_not_two(ana: Member) -> None:
    row = opened("streak", {"needed": 3, "points": 50}, grace=1)
    for week in (0, 2, 3):
        buy(ana, 10, at=AT + days(7 * week))
        buy(ana, 10, at=AT + days(7 * week + 1))
    now = standing(row, member=ana.pk, at=AT + days(7 * 5))
    assert (now.progress.value, now.progress.best) == (3, 3)
    settle(member=ana.pk, at=AT + days(22))
    assert points(ana) == 60 + 50
    broken = standing(row, member=ana.pk, at=AT + days(7 * 6))
    assert (broken.progress.value, broken.progress.best) == (0, 3), "what was reached stays"
    assert settle(member=ana.pk, at=AT + days(7 * 6)) == 0
    assert verify() == []


def test_a_contest_counts_tasks_that_staff_have_let_through(ana: Member) -> None:
    publish(ONE_POINT_PER_KRONA, activities={"kinds": [{"kind": "photo", "needs": "approval"}]}, at=AT)
    tasks = [{"gives": 1}, {"activity": "photo", "gives": 5, "at_most": 1}]
    row = opened("score", {"needed": 6, "points": 30}, tasks=tasks, board=True)
    buy(ana, 10, at=AT)
    first, second = did(ana, "photo"), did(ana, "photo")
    settle(member=ana.pk, at=AT)
    assert standing(row, member=ana.pk, at=AT).progress.value == 1
    for one in (first, second):
        approve_activity(activity=one.activity, at=AT)
    settle(member=ana.pk, at=AT)
    assert standing(row, member=ana.pk, at=AT).progress.value == 6
    assert points(ana) == 10 + 30
    for one in (first, second):
        undo_activity(activity=one.activity, at=AT, note="not yours")
    settle(member=ana.pk, at=AT)
    assert (points(ana), ChallengeScore.objects.get().best) == (10, 1)
    assert verify() == []


def test_two_who_become_one_are_paid_for_what_both_did_and_not_twice(ana: Member, ben: Member) -> None:
    opened("purchases", {"needed": 1, "points": 50}, {"needed": 2, "points": 70})
    for member in (ana, ben):
        buy(member, 10, at=AT)
        settle(member=member.pk, at=AT)
    merge(keep=ana.pk, remove=ben.pk, at=LATER)
    settle(member=ana.pk, at=LATER)
    assert settle(member=ben.pk, at=LATER) == 0
    assert points(ana) == 2 * (10 + 50) + 70
    standing_awards = ChallengeAward.objects.filter(withdrawn_at=None)
    assert sorted(standing_awards.values_list("needed", flat=True)) == [1, 2]
    assert set(ChallengeAward.objects.values_list("member", flat=True)) == {ana.pk}
    assert verify() == []


def test_who_is_blocked_gets_nothing_more(ana: Member) -> None:
    opened("purchases", {"needed": 1, "points": 50})
    buy(ana, 10, at=AT)
    block(member=ana.pk, at=AT, reason="asked")
    assert settle(member=ana.pk, at=AT) == 0


def test_after_the_end_nothing_counts_and_refunds_still_do(ana: Member) -> None:
    row = opened("purchases", {"needed": 1, "points": 50}, {"needed": 2, "points": 50})
    buy(ana, 10, at=AT, external_id="one")
    settle(member=ana.pk, at=AT)
    end_challenge(challenge=row.pk, at=AT + days(1))
    buy(ana, 10, at=AT + days(2))
    assert settle(member=ana.pk, at=LATER) == 0
    cancel("one")
    assert settle(member=ana.pk, at=LATER) == 1
    assert points(ana) == 10
    assert verify() == []


def test_what_is_known_of_somebody_is_told_and_forgotten(ana: Member) -> None:
    opened("purchases", {"needed": 1, "points": 50})
    buy(ana, 10, at=AT)
    settle(member=ana.pk, at=AT)
    assert [one["milestone"] for one in privacy.export(ana.pk)["games"]["reached"]] == [1]
    holder.erase(ana.pk)
    assert not ChallengeAward.objects.exists() and not ChallengeScore.objects.exists()
    assert verify() == []


@pytest.mark.django_db(transaction=True)
def test_a_worker_settles_what_happened_within_moments() -> None:
    merchant = shop()
    with acting_for(merchant, by=MARA):
        publish()
        ana = person("ana")
        opened("purchases", {"needed": 2, "points": 50})
        buy(ana, 10, 10, at=AT)
    dispatch_waiting()
    settle_games_of(merchant, at=LATER)
    with acting_for(merchant, by=MARA):
        assert points(ana) == 20
        buy(ana, 10, at=AT)
    dispatch_waiting()
    for _twice in range(2):
        settle_games_of(merchant, at=LATER)
    with acting_for(merchant, by=MARA):
        assert points(ana) == 30 + 50
        assert verify() == []
