"""What happened is written with what happened; every consumer reacts to it exactly once, whatever breaks between."""

import threading
from datetime import timedelta

import pytest
from django.db import connections, transaction

from loyalty.core import clock
from loyalty.core.events import queries, tasks
from loyalty.core.events.models import Event, Reaction
from loyalty.core.events.operations import record
from loyalty.core.merchants.models import Location, Merchant
from loyalty.core.tenancy.scope import across_merchants, acting_for
from tests.cast import AT, MARA, shop
from tests.core.events.reactions import NAME, registered, remember

pytestmark = pytest.mark.django_db


def happen(merchant: Merchant, count: int = 1, kind: str = "test.happened", **data: object) -> None:
    """Record events of one merchant, in one transaction."""
    with acting_for(merchant, by=MARA):
        for _ in range(count):
            record(kind, subject=None, at=AT, data=data)


def reacted(merchant: Merchant) -> list[str]:
    """What `remember` left behind."""
    with acting_for(merchant, by=MARA):
        return sorted(Location.objects.filter(name__startswith="event").values_list("name", flat=True))


def expected(merchant: Merchant) -> list[str]:
    """One memory for each event of the tests."""
    with acting_for(merchant, by=MARA):
        return sorted(
            f"event {pk}" for pk in Event.objects.filter(kind="test.happened").values_list("pk", flat=True)
        )


# --- inside the transaction ---------------------------------------------------------------------------------


def test_an_event_says_who_did_what_when(luna: Merchant) -> None:
    happen(luna, fact=1)
    with acting_for(luna, by=MARA):
        event = Event.objects.get(kind="test.happened")
    assert (event.actor, event.data, event.happened_at) == ("staff:mara", {"fact": 1}, AT)
    assert clock.now() - event.recorded_at < timedelta(minutes=1)


def test_an_event_of_what_was_undone_never_happened(luna: Merchant) -> None:
    def undone() -> None:
        with acting_for(luna, by=MARA):
            record("test.happened", subject=None, at=AT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undone()
    assert expected(luna) == []


def test_a_consumer_inside_the_transaction_shares_its_fate(luna: Merchant) -> None:
    def refuse(event: Event) -> None:
        raise ZeroDivisionError

    with registered(now=(remember,)):
        happen(luna, kind="test.now")
    assert len(reacted(luna)) == 1
    with registered(now=(remember, refuse)), pytest.raises(ZeroDivisionError):
        happen(luna, kind="test.now")
    assert len(reacted(luna)) == 1


def test_the_feed_tells_in_order_and_never_anothers(luna: Merchant, other_shop: Merchant) -> None:
    happen(luna, 3)
    happen(other_shop)
    with acting_for(luna, by=MARA):
        told = list(queries.feed(kinds=["test.happened"]))
        assert [event.pk for event in told] == sorted(event.pk for event in told)
        assert len(told) == 3
        assert [event.pk for event in queries.feed(after=(told[1].written_by, told[1].pk))] == [told[2].pk]


# --- after commit -------------------------------------------------------------------------------------------


def test_every_consumer_reacts_once_to_every_event(luna: Merchant, other_shop: Merchant) -> None:
    with registered(remember):
        happen(luna, 5)
        happen(other_shop, 2)
        tasks.dispatch_waiting()
        tasks.dispatch_waiting()
    assert reacted(luna) == expected(luna)
    assert reacted(other_shop) == expected(other_shop)
    assert (len(expected(luna)), len(expected(other_shop))) == (5, 2)


def test_an_event_nobody_waits_for_is_done_at_once(luna: Merchant) -> None:
    happen(luna)
    tasks.dispatch_waiting()
    with across_merchants("look at the outbox"):
        assert not Event.objects.filter(dispatched_at=None).exists()
        assert not Reaction.objects.exists()


def test_a_consumer_that_fails_is_asked_again_later_and_later_then_parked(luna: Merchant) -> None:
    asked = []

    def broken(event: Event) -> None:
        Location.objects.create(code="half done", name="event half done")
        asked.append(event.pk)
        raise ValueError("no \x00 luck")

    with registered(broken, remember):
        happen(luna)
        at, waits = clock.now(), []
        tasks.spread(limit=10)
        at = clock.now()
        for _ in range(len(tasks.PAUSES) + 3):
            while tasks.run_due(at=at, limit=10):
                pass
            with acting_for(luna, by=MARA):
                reaction = Reaction.objects.get(consumer__endswith="broken")
            if reaction.parked_at:
                break
            waits.append(reaction.due_at - at)
            assert tasks.run_due(at=reaction.due_at - timedelta(microseconds=1), limit=10) == 0
            at = reaction.due_at
    assert waits == tasks.PAUSES
    assert len(asked) == reaction.attempts == len(tasks.PAUSES) + 1
    assert reaction.error == "ValueError: no  luck"
    assert reacted(luna) == expected(luna), "what the broken one wrote is undone, the other one worked"


def test_a_consumer_whose_code_is_gone_is_told_as_done(luna: Merchant) -> None:
    with registered(remember):
        happen(luna)
        tasks.spread(limit=10)
    tasks.run_due(at=clock.now(), limit=10)
    with acting_for(luna, by=MARA):
        reaction = Reaction.objects.get()
    assert reaction.done_at
    assert reaction.error == "this consumer no longer exists"


def test_a_consumer_that_takes_its_worker_down_is_parked_in_the_end(luna: Merchant) -> None:
    """It never comes back to say that it failed: the attempt was counted before it began."""

    class Killed(BaseException):
        pass

    def deadly(event: Event) -> None:
        raise Killed

    with registered(deadly):
        happen(luna)
        tasks.spread(limit=10)
        at = clock.now()
        for _ in range(len(tasks.PAUSES) + 1):
            with pytest.raises(Killed):
                tasks.run_due(at=at, limit=10)
            at += timedelta(days=2)
        assert tasks.run_due(at=at, limit=10) == 0
    with acting_for(luna, by=MARA):
        reaction = Reaction.objects.get()
    assert reaction.parked_at == at
    assert "ended each time" in reaction.error


def test_the_bell_rings_after_commit_and_a_deaf_broker_harms_nothing(
    luna: Merchant, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: object
) -> None:
    rung = []

    def ring(name: str, **_options: object) -> None:
        rung.append(name)
        raise ConnectionError("no broker")

    monkeypatch.setattr("loyalty.core.events.consumers.current_app.send_task", ring)
    with registered(remember):
        with django_capture_on_commit_callbacks(execute=True):
            happen(luna)
            assert rung == []
        assert set(rung) == {tasks.dispatch_waiting.name}
        assert reacted(luna) == []
        tasks.dispatch_waiting()  # the sweeper
    assert reacted(luna) == expected(luna)


# --- several workers ----------------------------------------------------------------------------------------


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_react_once_to_each_event() -> None:
    luna = shop()
    together = threading.Barrier(4)

    def work() -> None:
        try:
            together.wait(10)
            for _ in range(3):
                tasks.dispatch_waiting()
        finally:
            connections.close_all()

    with registered(remember):
        for _ in range(20):
            happen(luna, 5)
        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
        tasks.dispatch_waiting()
    assert reacted(luna) == expected(luna)
    assert len(expected(luna)) == 100


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_an_event_that_another_worker_holds_is_left_to_it() -> None:
    luna = shop()
    with registered(remember):
        happen(luna)
        tasks.spread(limit=10)
        with across_merchants("hold the row as another worker would"):
            list(Reaction.objects.select_for_update())
            done = []

            def other() -> None:
                done.append(tasks.run_due(at=clock.now(), limit=10))
                connections.close_all()

            thread = threading.Thread(target=other)
            thread.start()
            thread.join(10)
            assert done == [0]
        assert tasks.run_due(at=clock.now(), limit=10) == 1
    assert reacted(luna) == expected(luna)


def test_a_second_reaction_of_the_same_consumer_cannot_be_written(luna: Merchant) -> None:
    with acting_for(luna, by=MARA):
        wish = {"event_number": 1, "consumer": NAME, "due_at": AT}
        Reaction.objects.create(**wish)
        with pytest.raises(Exception, match="events_reaction_once"), transaction.atomic():
            Reaction.objects.create(**wish)
