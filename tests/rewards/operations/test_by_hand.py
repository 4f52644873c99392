"""A reward that staff give for nothing."""

import pytest

from loyalty.core import ids
from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.events.models import Event
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import totals
from members.operations.membership import NotActive, block
from members.operations.privacy import erase_member
from members.queries.story import Kind, story
from rewards.models import Fulfilment, Redemption, Reward
from rewards.operations.by_hand import NotAGift, NothingLeftToGive, give_reward
from rewards.operations.catalogue import create_reward, retire_reward
from rewards.operations.redemption import reverse_redemption
from tests.cast import AT, days


@pytest.fixture(autouse=True)
def _books(cafe):
    yield
    assert verify() == []


def reward(**details):
    return create_reward(
        at=AT, details={"kind": "free_product", "name": {"en": "Mug"}, "cost_points": 100, **details}
    )


def give(member, of, key="k", reason="A late parcel"):
    return give_reward(member=member.pk, reward=of.pk, reason=reason, key=key, at=AT)


def test_it_costs_the_member_nothing_and_its_code_is_good(ana):
    mug = reward(stock=2, delivery="shipped")
    row = give(ana, mug)
    assert (row.status, row.cost_points, row.reason, row.voucher.status) == (
        "committed", 0, "A late parcel", "active",
    )  # fmt: skip
    assert (Reward.objects.get(pk=mug.pk).taken, totals()) == (1, {})
    assert Fulfilment.objects.get().state == "open"
    assert Event.objects.get(kind="reward.given_by_hand").data["reason"] == "A late parcel"
    (told,) = story(ana.pk).rows
    assert (told.kind, told.title, told.sentence) == (Kind.GIFT, "Mug", "A gift: From the shop")


def test_the_same_key_gives_once_and_another_gives_another(ana):
    mug = reward()
    assert give(ana, mug).pk == give(ana, mug).pk
    assert give(ana, mug, key="other").pk != give(ana, mug).pk
    assert Redemption.objects.count() == 2


def test_what_is_gone_cannot_be_given_and_nothing_is_written(ana, ben):
    mug = reward(stock=1)
    give(ana, mug)
    with pytest.raises(NothingLeftToGive):
        give(ben, mug, key="2")
    assert Redemption.objects.count() == 1


def test_what_has_to_be_booked_or_is_retired_is_no_gift(ana):
    gone = reward()
    retire_reward(reward=gone.pk, at=AT)
    for one in (gone, reward(kind="workshop")):
        with pytest.raises(NotAGift):
            give(ana, one)
    with pytest.raises(NotFound):
        give_reward(member=ana.pk, reward=ids.new(), reason="x", key="k", at=AT)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 301])
def test_there_is_always_a_reason(ana, reason):
    with pytest.raises(InvalidInput):
        give(ana, reward(), reason=reason)


def test_only_who_takes_part_is_given_anything(ana):
    block(member=ana.pk, at=AT, reason="x")
    with pytest.raises(NotActive):
        give(ana, reward())


def test_it_can_be_taken_back_and_forgotten(ana):
    row = give(ana, reward(stock=1))
    reverse_redemption(redemption=row.pk, at=AT + days(1), reason="By mistake")
    assert Reward.objects.get().taken == 0
    assert "taken back" in story(ana.pk).rows[0].sentence
    erase_member(member=ana.pk, at=AT + days(2))
    assert Redemption.objects.get().reason == ""
    assert not Event.objects.filter(kind="reward.given_by_hand", data__has_key="reason").exists()
