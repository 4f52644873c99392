"""Who comes in: those it is for, by what they do, by coming into a segment; and what happened before begins nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from campaigns import tasks
from campaigns.models import AutomationRun
from campaigns.operations.experiments.holding import MOST, set_holdout
from campaigns.operations.segments.shaping import create_segment
from campaigns.queries.automations.reading import edition_in_force, flow_of
from campaigns.queries.automations.trying import try_on
from campaigns.queries.experiments.assigned import held_out
from loyalty.core import clock
from loyalty.core.ledger.queries import balance
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from tests.campaigns.automations.hand import ORDERS, at_work, carry_out, points, states
from tests.campaigns.hand import joined
from tests.cast import MARA, buy, publish, shop

pytestmark = pytest.mark.django_db(transaction=True)
BUYERS = {"match": "all", "of": [{"type": "orders", "at_least": 1}]}


@pytest.fixture
def luna(transactional_db: None) -> Merchant:
    """Café Luna with a programme; committed, for workers commit, too."""
    merchant = shop()
    with acting_for(merchant, by=MARA):
        publish()
    return merchant


def held(merchant: Merchant, member) -> int:
    with acting_for(merchant, by=MARA):
        return balance(member.pk).available


def test_what_lay_in_the_outbox_before_it_was_put_to_work_begins_nothing(luna: Merchant):
    with acting_for(luna, by=MARA):
        ana = joined("ana")
        at_work(points(10))
        ben = joined("ben")
    carry_out(luna)
    assert held(luna, ana) == 0 and held(luna, ben) == 10


def test_only_those_it_is_for_come_in(luna: Merchant):
    dark = {"match": "all", "of": [{"type": "language", "any_of": ["sv"]}]}
    with acting_for(luna, by=MARA):
        at_work(points(10), only=dark)
        ana, ben = joined("ana", language="sv"), joined("ben")
    carry_out(luna)
    assert held(luna, ana) == 10 and held(luna, ben) == 0


def test_who_is_held_out_does_not_come_in(luna: Merchant):
    with acting_for(luna, by=MARA):
        set_holdout(share=MOST, at=clock.now() - timedelta(days=1))
        row = at_work(points(10))
        people = [joined(f"m{n}") for n in range(40)]
    carry_out(luna)
    with acting_for(luna, by=MARA):
        out = held_out([one.pk for one in people], clock.now())
        assert 0 < len(out) < 20
        assert {one.pk for one in people if balance(one.pk).available == 0} == out
        flow = flow_of(edition_in_force(row).pk)
        tried = {one.pk: try_on(flow, member=one.pk, automation=row.pk, at=clock.now()) for one in people}
        assert {key for key, trial in tried.items() if trial.why_not == "held_out"} == out


def test_figures_of_an_event_are_compared(luna: Merchant):
    birthday = {"type": "event", "kind": "order.recorded", "facts": [{"name": "total_minor", "test": "at_least", "value": "50000"}]}  # fmt: skip
    with acting_for(luna, by=MARA):
        row = at_work(points(1), start=birthday, again="outside")
        ana, ben = joined("ana"), joined("ben")
        buy(ana, 499, at=clock.now())
        buy(ben, 500, at=clock.now())
    carry_out(luna)
    with acting_for(luna, by=MARA):
        found = AutomationRun.objects.filter(automation=row).values_list("member", flat=True)
        assert list(found) == [ben.pk]


def test_a_segment_begins_it_when_somebody_comes_in(luna: Merchant):
    with acting_for(luna, by=MARA):
        create_segment(name="Buyers", handle="buyers", conditions=BUYERS, at=clock.now())
        at_work(points(10), start={"type": "enters", "segment": "buyers"})
        ana = joined("ana")
        buy(ana, 10, at=clock.now())
    carry_out(luna)
    tasks.refresh_segments()
    carry_out(luna)
    assert held(luna, ana) == 20


def test_history_that_somebody_loads_begins_nothing(luna: Merchant):
    with acting_for(luna, by=MARA):
        at_work(points(10), start=ORDERS)
        ana = joined("ana", at=datetime(2026, 1, 1, tzinfo=UTC))
        buy(ana, 10, at=datetime(2026, 1, 2, tzinfo=UTC))
    carry_out(luna)
    assert states(luna) == []
