"""Stamp cards: the tenth coffee is free, at once; the next card begins; a refund takes the stamp back."""

import pytest

from loyalty.core.errors import InvalidInput
from loyalty.core.events.models import Event
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from members.models import FullCard
from members.operations import following
from members.operations.activities import record_activity
from members.operations.cards import fill
from members.operations.merging import merge
from members.operations.orders import record_orders
from members.operations.points import adjust_points, live_through
from members.operations.refunds import cancel_order
from members.queries.cards import cards_of
from members.queries.story import story
from members.rules.doing import NewActivity
from members.rules.shopping import MemberRef
from rewards.models import Redemption, Voucher
from rewards.operations.catalogue import create_reward
from rewards.operations.redemption import use_voucher
from tests.cast import AT, ONE_POINT_PER_KRONA, buy, days, order, publish

STAMP = {"type": "fixed", "id": "stamp", "unit": "stamps", "amount": 1}
HOURLY = {**STAMP, "when": [{"type": "cool_down", "minutes": 60}]}
OWN_CUP = {**STAMP, "id": "cup", "only": {"tags": ["own-cup"]}}
CARD = {"id": "coffee", "needed": 3, "reward": "free-coffee", "name": {"en": "Coffee card"}}


@pytest.fixture
def coffee(cafe):
    """Three stamps are a free coffee."""
    create_reward(
        at=AT, details={"kind": "free_product", "name": {"en": "Free coffee"},  "cost_points": 1}
    )  # fmt: skip
    return publish(STAMP, side_units={"cards": [CARD]})


def stamps(member) -> int:
    return balance(member.pk, unit="stamps").available


def codes() -> list[str]:
    """The codes that can be used, oldest first."""
    return list(Voucher.objects.filter(status="active").order_by("id").values_list("code", flat=True))


def test_the_last_stamp_gives_the_reward_at_once_and_the_next_card_begins(coffee, ana):
    for _cup in range(4):
        buy(ana, 40)
    assert (stamps(ana), len(codes()), FullCard.objects.count()) == (1, 1, 1)
    assert Event.objects.filter(kind="card.filled", subject=ana.pk).count() == 1
    use_voucher(code=codes()[0], at=AT)
    assert codes() == []
    assert verify() == []


def test_one_purchase_can_fill_several_cards(coffee, ana):
    publish({**STAMP, "amount": 7}, side_units={"cards": [CARD]})
    buy(ana, 280)
    assert (stamps(ana), len(codes())) == (1, 2)
    assert verify() == []


def test_a_batch_fills_cards_as_one_by_one(coffee, ana, ben):
    record_orders(orders=[order(who, 40) for who in (ana, ben, ana, ben, ana, ben, ana)], at=AT)
    assert (stamps(ana), stamps(ben), len(codes())) == (1, 0, 2)
    assert verify() == []


def test_no_second_stamp_within_the_hour_and_one_more_for_an_own_cup(coffee, ana):
    publish(HOURLY, OWN_CUP, side_units={"cards": [{**CARD, "needed": 10}]})
    buy(ana, 40)
    buy(ana, 40, at=AT + days(1 / 48))
    assert stamps(ana) == 1
    cup = order(ana, 40, at=AT + days(1 / 12))
    line = cup.lines[0].__class__(sku="latte", amount_minor=40_00, tags=("own-cup",))
    record_orders(orders=[cup.__class__(cup.external_id, "SEK", cup.placed_at, (line,), cup.member)], at=AT)
    assert stamps(ana) == 3
    assert verify() == []


def test_a_refund_takes_the_stamp_back(coffee, ana):
    buy(ana, 40, external_id="first")
    buy(ana, 40)
    cancel_order(source="api", order_external_id="first", cancelled_at=AT, at=AT)
    assert stamps(ana) == 1
    assert verify() == []


def test_a_full_card_opens_again_when_its_stamp_is_refunded_before_the_reward_was_used(coffee, ana):
    for number in range(3):
        buy(ana, 40, external_id=f"o{number}")
    cancel_order(source="api", order_external_id="o1", cancelled_at=AT, at=AT)
    assert (stamps(ana), codes()) == (2, [])
    assert FullCard.objects.get().reopened_at == AT
    assert Redemption.objects.get().status == Redemption.Status.REVERSED
    buy(ana, 40)
    assert (stamps(ana), len(codes())) == (0, 1)
    assert verify() == []


def test_stamps_of_the_next_card_pay_for_a_refund_before_a_full_one_is_opened(coffee, ana):
    for number in range(4):
        buy(ana, 40, external_id=f"o{number}")
    cancel_order(source="api", order_external_id="o0", cancelled_at=AT, at=AT)
    assert (stamps(ana), len(codes())) == (0, 1)
    assert verify() == []


@pytest.mark.parametrize(("policy", "left"), [("to_zero", 0), ("debt", -1)])
def test_a_reward_that_was_used_stays_used_and_the_policy_says_who_bears_it(coffee, ana, policy, left):
    life = {"units": [{"id": "stamps", "life": {"on_shortfall": policy}}]}
    publish(STAMP, side_units={"cards": [CARD], **life})
    for number in range(3):
        buy(ana, 40, external_id=f"o{number}")
    use_voucher(code=codes()[0], at=AT)
    cancel_order(source="api", order_external_id="o1", cancelled_at=AT, at=AT)
    assert stamps(ana) == left
    assert FullCard.objects.get().reopened_at is None
    assert verify() == []


def test_stamps_from_activities_and_by_hand_fill_a_card_too(coffee, ana):
    when = [{"type": "activity", "kinds": ["review"]}]
    publish(STAMP, {**STAMP, "id": "rev", "when": when}, side_units={"cards": [CARD]})
    buy(ana, 40)
    adjust_points(member=ana.pk, amount=1, unit="stamps", reason="Forgot her card", at=AT)
    record_activity(activity=NewActivity("r", "review", AT, MemberRef(external_id="ana")), at=AT)
    assert (stamps(ana), len(codes())) == (0, 1)
    adjust_points(member=ana.pk, amount=3, unit="stamps", reason="From the old paper card", at=AT)
    assert (stamps(ana), len(codes())) == (0, 2)
    assert verify() == []


def test_two_half_cards_become_a_full_one_when_members_are_merged(coffee, ana, ben):
    buy(ana, 40)
    buy(ana, 40)
    buy(ben, 40)
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    assert (stamps(ana), len(codes())) == (0, 1)
    assert verify() == []


def test_stamps_that_waited_fill_the_card_when_they_count(coffee, ana):
    held = {"units": [{"id": "stamps", "life": {"hold_days": 14}}]}
    publish(STAMP, side_units={"cards": [CARD], **held})
    for _cup in range(3):
        buy(ana, 40)
    assert codes() == []
    live_through(at=AT + days(15))
    assert (stamps(ana), len(codes())) == (0, 1)
    assert verify() == []


def test_a_card_without_full_stamps_is_left_alone(coffee, ana):
    buy(ana, 40)
    programme = following.programmes.version(coffee.pk).programme
    assert fill(member=ana.pk, programme=programme, at=AT) == 0
    assert stamps(ana) == 1


def test_the_card_shows_its_progress_and_which_purchases_counted(coffee, ana):
    for number in range(4):
        buy(ana, 40, at=AT + days(number), external_id=f"o{number}")
    (card,) = cards_of(ana.pk)
    assert (card.name, card.stamps, card.needed, card.filled) == ("Coffee card", 1, 3, 1)
    assert [one.at for one in card.marks] == [AT + days(3)]
    titles = [(row.title, row.change) for row in story(ana.pk, unit="stamps").rows]
    assert ("Stamp card full", -3) in titles


def test_a_card_whose_reward_the_shop_does_not_offer_is_not_published(cafe):
    with pytest.raises(InvalidInput) as refusal:
        publish(ONE_POINT_PER_KRONA, STAMP, side_units={"cards": [{**CARD, "reward": "unicorn"}]})
    assert [error["field"] for error in refusal.value.errors] == ["side_units.cards[0].reward"]
