"""What no event announces: found in the shop's night, once, wherever the run stopped before."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from campaigns import tasks
from campaigns.models import Message
from campaigns.operations import sending, sweeping
from campaigns.operations.shaping import set_hours
from loyalty.core.events import tasks as events
from loyalty.core.events.models import JobRun
from loyalty.core.ledger.checks import verify
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from members.operations.points import adjust_points
from tests.campaigns.hand import joined
from tests.cast import MARA, buy, days, publish

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LIFE = {"expiry": "rolling", "months": 3}
HALF_A_DAY = timedelta(hours=12)  # what ends may end at midnight, and nobody is looked for in the night


def opened(merchant: Merchant, **sections: Any) -> Merchant:
    with acting_for(merchant, by=MARA):
        publish(at=START, **sections)
        set_hours(quiet_from=0, quiet_until=0, weekly_most=0, at=START)
    return merchant


def ana_buys(merchant: Merchant, kronor: float = 80) -> Member:
    with acting_for(merchant, by=MARA):
        ana = joined("ana", at=START)
        buy(ana, kronor, at=START)
        return ana


def ends_at(merchant: Merchant) -> datetime:
    """When what Ana earned ends."""
    from loyalty.core.ledger.queries import expiring

    with acting_for(merchant, by=MARA):
        ((end, _points),) = expiring(Member.objects.get().pk, until=START + days(400))
        return end


def found(merchant: Merchant, kind: str) -> list[Message]:
    with acting_for(merchant, by=MARA):
        return list(Message.objects.filter(kind=kind).order_by("id"))


def test_what_ends_is_told_thirty_and_seven_days_before_and_once_each(luna: Merchant):
    opened(luna, points_life=LIFE)
    ana_buys(luna)
    events.dispatch_waiting()
    end = ends_at(luna)
    for days_left in range(45, 0, -1):
        assert tasks.sweep_of(luna, at=end - days(days_left) + HALF_A_DAY)
        assert bool(found(luna, "expiring_30")) is (days_left <= 30)
        assert bool(found(luna, "expiring_7")) is (days_left <= 7)
    (far,), (near,) = found(luna, "expiring_30"), found(luna, "expiring_7")
    assert (end - far.due_at, end - near.due_at) == (days(30) - HALF_A_DAY, days(7) - HALF_A_DAY)
    assert far.occasion == near.occasion
    mail.outbox.clear()
    sending.deliver(seconds=60, at=far.due_at)
    assert "80 points end on" in mail.outbox[-1].subject
    with acting_for(luna, by=MARA):
        assert not verify()


def test_what_was_used_before_it_ended_is_not_told(luna: Merchant):
    opened(luna, points_life=LIFE)
    ana = ana_buys(luna)
    at = ends_at(luna) - days(6) + HALF_A_DAY
    tasks.sweep_of(luna, at=at)
    with acting_for(luna, by=MARA):
        adjust_points(member=ana.pk, amount=-80, reason="Taken", at=at, key="taken")
    sending.deliver(seconds=60, at=at)
    assert [row.reason for row in found(luna, "expiring_7")] == ["nothing_left"]


def test_a_day_is_looked_through_once_and_not_before_its_hour(luna: Merchant):
    opened(luna)
    night = datetime(2026, 3, 3, 0, 30, tzinfo=UTC)  # half past one in Stockholm
    assert not tasks.sweep_of(luna, at=night)
    assert tasks.sweep_of(luna, at=night + timedelta(hours=3))
    assert not tasks.sweep_of(luna, at=night + timedelta(hours=9))
    with acting_for(luna, by=MARA):
        assert [row.period for row in JobRun.objects.filter(job=sweeping.JOB)] == ["2026-03-03"]


def test_a_run_that_ends_in_the_middle_is_made_good_and_repeats_nothing(luna: Merchant, monkeypatch):
    opened(luna, points_life=LIFE)
    ana_buys(luna)
    at = ends_at(luna) - days(6) + HALF_A_DAY

    def ends(*_anything: object) -> None:
        raise KeyboardInterrupt

    kept = sweeping.STEPS
    monkeypatch.setattr(sweeping, "STEPS", (*kept[:2], ends))
    with pytest.raises(KeyboardInterrupt):
        tasks.sweep_of(luna, at=at)
    monkeypatch.setattr(sweeping, "STEPS", kept)
    assert len(found(luna, "expiring_7")) == 1
    assert tasks.sweep_of(luna, at=at)
    assert len(found(luna, "expiring_7")) == 1


def test_many_are_found_over_many_batches(luna: Merchant, monkeypatch):
    opened(luna, points_life=LIFE)
    monkeypatch.setattr(sweeping, "BATCH", 2)
    with acting_for(luna, by=MARA):
        people = [joined(f"m{number}", at=START) for number in range(7)]
        for one in people:
            buy(one, 50, at=START)
    events.dispatch_waiting()
    with acting_for(luna, by=MARA):
        from loyalty.core.ledger.queries import expiring

        end = expiring(people[0].pk, until=START + days(400))[0][0]
    tasks.sweep_of(luna, at=end - days(6) + HALF_A_DAY)
    assert {row.member_id for row in found(luna, "expiring_7")} == {one.pk for one in people}


def test_a_month_in_figures_comes_in_the_first_days_of_the_next(luna: Merchant):
    opened(luna)
    ana_buys(luna, 120)
    events.dispatch_waiting()
    assert tasks.sweep_of(luna, at=datetime(2026, 3, 20, 9, 0, tzinfo=UTC))
    assert found(luna, "statement") == []
    april = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
    for later in range(3):
        tasks.sweep_of(luna, at=april + days(later))
    (row,) = found(luna, "statement")
    assert row.occasion == "2026-03"
    mail.outbox.clear()
    sending.deliver(seconds=60, at=april)
    (sent,) = [one for one in mail.outbox if "March 2026" in one.subject]
    assert "Collected: 120 points" in sent.body.replace("\u00a0", " ")


def test_a_shop_that_opens_late_in_a_month_owes_nobody_a_statement(luna: Merchant):
    opened(luna)
    ana_buys(luna)
    tasks.sweep_of(luna, at=datetime(2026, 4, 9, 9, 0, tzinfo=UTC))
    assert found(luna, "statement") == []


@pytest.mark.parametrize("step", range(len(sweeping.STEPS)))
def test_every_step_is_quiet_where_there_is_nothing(luna: Merchant, step: int):
    opened(luna)
    with acting_for(luna, by=MARA):
        assert sweeping.sweep_step(step=step, after=None, at=START) is None
        assert not Message.objects.exists()
