"""What redeeming asks and writes: the whole answer in one round trip, and nothing half written."""

import pytest
from django.db import IntegrityError, transaction

from loyalty.core import ids
from loyalty.core.errors import NotFound
from loyalty.core.events.models import Event
from loyalty.core.ledger.chart import Do
from loyalty.core.ledger.operations import NotEnoughPoints, Posting, post
from loyalty.core.ledger.queries import balance
from members.models import Member
from members.operations.merging import merge
from members.operations.points import adjust_points
from rewards.models import Redemption, Reward, Voucher
from rewards.operations import written
from rewards.operations.redemption import redeem_reward, reserve_reward
from tests.cast import AT, days, person
from tests.rewards.operations.test_redemption import coffee


@pytest.fixture
def rich(cafe):
    member = person("rich")
    adjust_points(member=member.pk, amount=1000, reason="test", at=AT)
    return member


def test_everything_is_asked_at_once(rich, django_assert_num_queries):
    reward = coffee(stock=7, limit_per_member=3, channels=["web"], available_from=AT)
    reserve_reward(member=rich.pk, reward=reward.pk, key="first", at=AT)
    with django_assert_num_queries(1):
        who, asked = written.ask(member=rich.pk, reward=reward.pk, key="first", at=AT)
    assert (who, asked.asker.standing) == (rich.pk, Member.Status.ACTIVE)
    assert asked.earlier == Redemption.objects.get().pk
    assert asked.asker.had == {reward.pk: [1, 1, 1, 1, 1]}
    assert asked.asker.points == balance(rich.pk).available
    terms = asked.reward
    assert (terms.stock, terms.taken, terms.limit_per_member) == (7, 1, 3)
    assert (terms.channels, terms.available_from, terms.retired) == (("web",), AT, False)


def test_a_merged_member_is_whoever_they_are_now_with_what_both_had(rich, cafe):
    twin = person("twin")
    adjust_points(member=twin.pk, amount=1000, reason="test", at=AT)
    reward = coffee()
    for member in (rich, twin):
        redeem_reward(member=member.pk, reward=reward.pk, key=f"by {member.pk}", at=AT)
    merge(keep=rich.pk, remove=twin.pk, at=AT)
    who, asked = written.ask(member=twin.pk, reward=reward.pk, key="new", at=AT)
    assert (who, asked.asker.had[reward.pk][0], asked.earlier) == (rich.pk, 2, None)


@pytest.mark.parametrize("missing", ["member", "reward", "redemption"])
def test_what_is_not_there_is_said(rich, missing):
    reward = coffee()
    if missing == "member":
        with pytest.raises(NotFound):
            written.ask(member=ids.new(), reward=reward.pk, key="k", at=AT)
    elif missing == "reward":
        assert written.ask(member=rich.pk, reward=ids.new(), key="k", at=AT)[1].reward is None
    else:
        with pytest.raises(NotFound):
            written.held(redemption=ids.new())


def test_a_held_redemption_brings_its_code_and_is_saved_where_it_was(rich, django_assert_num_queries):
    made = reserve_reward(member=rich.pk, reward=coffee().pk, key="k", at=AT)
    with django_assert_num_queries(1):
        row = written.held(redemption=made.pk)
    assert row.voucher.code == made.voucher.code
    row.reason = "seen"
    row.save(update_fields=["reason"])
    assert Redemption.objects.get().reason == "seen"


def test_points_whose_time_is_over_cannot_be_set_aside_though_they_are_still_counted(cafe):
    """Nobody has swept them yet: the books refuse what the balance still shows, and nothing is written."""
    member = person("late")
    post(Posting(do=Do.GRANT, key="short", kind="gift", event="points.earned", owner=member.pk, actor="test", at=AT,
                 now=AT, amount=500, expires_at=AT + days(10)))  # fmt: skip
    reward = coffee()
    assert balance(member.pk).available == 500

    def written_so_far() -> tuple[int, ...]:
        return (
            Redemption.objects.count(),
            Voucher.objects.count(),
            Event.objects.count(),
            Reward.objects.get().taken,
        )

    before = written_so_far()
    with pytest.raises(NotEnoughPoints):
        reserve_reward(member=member.pk, reward=reward.pk, key="k", at=AT + days(10))
    assert written_so_far() == before


def test_another_broken_rule_of_the_table_is_not_taken_for_a_used_key(rich):
    reward = coffee()
    made = reserve_reward(member=rich.pk, reward=reward.pk, key="k", at=AT)
    again = Redemption(
        **{field.attname: getattr(made, field.attname) for field in Redemption._meta.concrete_fields}
    )
    again.pk, again.key = ids.new(), "another"
    twice = Voucher(redemption=again, code="X", digest=made.voucher.digest, expires_at=AT)
    with pytest.raises(IntegrityError, match="rewards_voucher_digest"), transaction.atomic():
        written.take(row=again, vouchers=[twice])
    assert Redemption.objects.count() == 1
