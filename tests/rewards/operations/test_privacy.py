"""What the rewards tell about a member, and what they forget."""

from loyalty.core.ledger.queries import balance
from members.operations.points import adjust_points
from rewards.models import Redemption, Voucher
from rewards.operations.privacy import holder
from rewards.operations.redemption import redeem_reward, reserve_reward, reverse_redemption
from tests.cast import AT
from tests.rewards.operations.test_redemption import coffee


def test_everything_they_took_is_told_with_its_code_and_what_was_written(ana, ben):
    adjust_points(member=ana.pk, amount=500, reason="Welcome", at=AT)
    reward = coffee(stock=9)
    redeem_reward(member=ana.pk, reward=reward.pk, key="used", at=AT)
    undone = redeem_reward(member=ana.pk, reward=reward.pk, key="undone", at=AT)
    reverse_redemption(redemption=undone.pk, at=AT, reason="Ana did not want it")
    told = holder.export(ana.pk)
    assert [(row["status"], row["reason"]) for row in told] == [
        ("committed", ""), ("reversed", "Ana did not want it"),
    ]  # fmt: skip
    codes = Voucher.objects.order_by("redemption_id").values_list("code", flat=True)
    assert [row["codes"] for row in told] == [[code] for code in codes]
    assert holder.export(ben.pk) == []


def test_codes_reasons_and_what_was_set_aside_go_and_nobody_elses(ana, ben):
    reward = coffee(stock=9)
    for member in (ana, ben):
        adjust_points(member=member.pk, amount=500, reason="Welcome", at=AT)
        undone = redeem_reward(member=member.pk, reward=reward.pk, key=f"undone-{member.pk}", at=AT)
        reverse_redemption(redemption=undone.pk, at=AT, reason="Changed their mind")
        reserve_reward(member=member.pk, reward=reward.pk, key=f"open-{member.pk}", at=AT)
    holder.erase(ana.pk)
    assert (balance(ana.pk).available, balance(ana.pk).reserved) == (500, 0)
    mine = Redemption.objects.filter(member=ana)
    assert set(mine.values_list("status", "reason")) == {("reversed", ""), ("released", "")}
    assert set(Voucher.objects.filter(redemption__in=mine).values_list("code", "status")) == {("", "void")}
    theirs = Redemption.objects.filter(member=ben)
    assert set(theirs.values_list("status", "reason")) == {
        ("reversed", "Changed their mind"),
        ("reserved", ""),
    }
    assert "" not in Voucher.objects.filter(redemption__in=theirs).values_list("code", flat=True)
