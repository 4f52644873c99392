"""What happens with nearly every order is told once a day, and planning it can hold nothing else up."""

from typing import Any

import pytest

from campaigns.models import Message
from campaigns.operations.digests import plan_digests
from campaigns.operations.privacy import move
from loyalty.core import clock, ids
from loyalty.core.events import tasks as events
from loyalty.core.events.models import Event
from loyalty.core.events.operations import record
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import across_merchants, acting_for
from tests.campaigns.hand import joined, messages
from tests.cast import MARA, OTTO, buy, days

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "data",
    [{}, {"unit": "points"}, {"unit": "points", "amount": "many"}, {"unit": "credits", "amount": 5}, {"unit": "points", "amount": 0}],
)  # fmt: skip
def test_an_event_without_the_figures_is_passed_over(luna: Merchant, data: dict[str, Any]):
    with acting_for(luna, by=MARA):
        ana = joined("ana")
        record("points.earned", subject=ana.pk, at=clock.now(), data=data)
    events.dispatch_waiting()
    assert messages(luna, kind="points_earned") == []


def test_an_event_about_nobody_here_holds_nothing_up(luna: Merchant):
    with acting_for(luna, by=MARA):
        record("points.earned", subject=ids.new(), at=clock.now(), data={"unit": "points", "amount": 5})
        ana = joined("ana")
        record("points.earned", subject=ana.pk, at=clock.now(), data={"unit": "points", "amount": 5})
    events.dispatch_waiting()
    assert [row.member_id for row in messages(luna, kind="points_earned")] == [ana.pk]
    with across_merchants("nothing waits in the outbox"):
        assert not Event.objects.filter(dispatched_at=None).exists()


def test_each_shops_events_are_told_in_that_shop(luna: Merchant, other_shop: Merchant):
    found = {}
    for shop, by in ((luna, MARA), (other_shop, OTTO)):
        with acting_for(shop, by=by):
            found[shop.pk] = joined("ana").pk
            record(
                "points.earned", subject=found[shop.pk], at=clock.now(), data={"unit": "points", "amount": 5}
            )
    events.dispatch_waiting()
    for shop in (luna, other_shop):
        assert [row.member_id for row in messages(shop, kind="points_earned")] == [found[shop.pk]]


def test_the_same_batch_again_plans_nothing_more(cafe: Merchant):
    ana = joined("ana")
    buy(ana, 50, at=clock.now())
    batch = list(Event.objects.filter(kind="points.earned"))
    assert plan_digests(events=batch, at=clock.now()) == 1
    assert plan_digests(events=batch, at=clock.now()) == 0
    assert plan_digests(events=batch, at=clock.now() + days(3)) == 0  # history by then


def test_what_waits_for_who_goes_is_not_sent_to_who_stays(cafe: Merchant):
    ana, double = joined("ana"), joined("double")
    buy(double, 50, at=clock.now())
    plan_digests(events=list(Event.objects.filter(kind="points.earned")), at=clock.now())
    move(to=ana.pk, of=double.pk)
    assert [row.reason for row in Message.objects.filter(kind="points_earned")] == ["merged"]
