"""Personal offers: who may take them up, for how long they count, and how often."""

import pytest

from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.events.models import Event
from loyalty.core.programme import operations as programmes
from members.models import OfferActivation, SegmentPlace, TierStanding
from members.operations.membership import NotActive, block
from members.operations.merging import merge
from members.operations.offers import OfferNotReady, activate_offer
from members.queries.offers import offers_of
from tests.cast import AT, ONE_POINT_PER_KRONA, buy, days, publish

WEEK = {"id": "week", "name": {"en": "A week of double"}, "days": 7}
DOUBLE = {**ONE_POINT_PER_KRONA, "id": "more", "when": [{"type": "segment", "any_of": ["offer-week"]}]}


def offer(**fields):
    gold = {"ladder": [{"id": "gold", "at_least": 900_000_00}]}
    publish(ONE_POINT_PER_KRONA, DOUBLE, offers={"offers": [{**WEEK, **fields}]}, tiers=gold)


def states(member, at=AT) -> list[str]:
    return [one.state for one in offers_of(member.pk, at=at)]


def test_it_counts_from_activation_until_its_time_is_over(cafe, ana):
    offer()
    assert buy(ana, 10).points == 10
    taken = activate_offer(member=ana.pk, offer="week", at=AT, channel="app")
    assert taken.active_until == AT + days(7)
    assert buy(ana, 10, at=AT + days(6)).points == 20
    assert buy(ana, 10, at=AT + days(7)).points == 10
    assert (states(ana), states(ana, AT + days(7))) == (["active"], ["done"])


def test_it_can_come_again_after_a_while(cafe, ana):
    offer(again_after_days=30)
    activate_offer(member=ana.pk, offer="week", at=AT)
    with pytest.raises(OfferNotReady):
        activate_offer(member=ana.pk, offer="week", at=AT + days(29))
    activate_offer(member=ana.pk, offer="week", at=AT + days(30))
    assert OfferActivation.objects.count() == 2
    assert buy(ana, 10, at=AT + days(31)).points == 20


def test_it_ends_with_its_window_at_the_latest(cafe, ana):
    ends = AT + days(3)
    offer(window={"from": (AT + days(1)).isoformat(), "until": ends.isoformat()})
    assert states(ana) == ["not_yet"]
    assert activate_offer(member=ana.pk, offer="week", at=AT + days(1)).active_until == ends
    assert states(ana, ends) == ["over"]


def test_it_is_for_those_it_is_meant_for(cafe, ana, ben):
    SegmentPlace.objects.create(member=ana, segment="tea", since=AT)
    offer(tiers=["gold"], segments=["tea"])
    TierStanding.objects.create(member=ana, tier="gold", since=AT)
    TierStanding.objects.create(member=ben, tier="gold", since=AT)
    assert (states(ana), states(ben)) == (["ready"], ["not_for_you"])
    with pytest.raises(OfferNotReady):
        activate_offer(member=ben.pk, offer="week", at=AT)
    assert not OfferActivation.objects.exists()


def test_twice_at_once_is_once_and_nobody_else_is_told(cafe, ana):
    offer()
    for _again in range(2):
        activate_offer(member=ana.pk, offer="week", at=AT)
    assert OfferActivation.objects.count() == 1
    assert Event.objects.filter(kind="offer.activated").count() == 1


def test_who_is_blocked_or_asks_for_what_is_not_there_gets_nothing(cafe, ana):
    offer()
    with pytest.raises(NotFound):
        activate_offer(member=ana.pk, offer="other", at=AT)
    block(member=ana.pk, at=AT, reason="Fraud")
    with pytest.raises(NotActive):
        activate_offer(member=ana.pk, offer="week", at=AT)
    assert not SegmentPlace.objects.exists()


def test_it_moves_with_a_merge(cafe, ana, ben):
    offer()
    activate_offer(member=ben.pk, offer="week", at=AT)
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    assert states(ana) == ["active"]
    assert buy(ana, 10).points == 20


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"id": "a b"}, "id"), ({"name": {}}, "name"), ({"name": {"xx": "Hej"}}, "name.xx"), ({"days": 0}, "days"),
        ({"text": {"en": "x" * 601}}, "text.en"), ({"again_after_days": 0}, "again_after_days"),
        ({"tiers": [" "]}, "tiers"), ({"reward": "x" * 61}, "reward"),
        ({"window": {"from": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}}, "window.until"),
    ],
)  # fmt: skip
def test_offers_that_make_no_sense_are_refused_by_name(cafe, fields, field):
    with pytest.raises(InvalidInput) as refusal:
        programmes.save_draft(content={"offers": {"offers": [{**WEEK, **fields}]}}, at=AT)
    assert [error["field"] for error in refusal.value.errors] == [f"offers.offers[0].{field}"]
