"""What happened arrives: signed, with the same id in every attempt, later and later while nobody takes it, and at least
once whatever breaks between."""

from datetime import datetime, timedelta

import pytest

from loyalty.core import clock
from loyalty.core.events.models import Event
from loyalty.core.events.public import told as public_form
from loyalty.core.events.tasks import dispatch_waiting
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from loyalty.core.webhooks import delivering, operations, queries, schedule, tasks
from loyalty.core.webhooks.models import Delivery, Endpoint
from loyalty.core.webhooks.sending import Result
from tests.cast import AT, MARA, days, person
from tests.core.webhooks.hand import go_out, listen, make_due, of, row, statuses
from tests.core.webhooks.receiver import Receiver, receiving

pytestmark = pytest.mark.django_db
DEAD = "http://127.0.0.1:9/nobody"  # where nothing listens


def joined(merchant: Merchant, *names: str) -> None:
    with acting_for(merchant, by=MARA):
        for name in names:
            person(name)


def test_an_event_arrives_signed_as_the_feed_tells_it(quiet: Merchant, receiver: Receiver):
    _made, secret = listen(quiet, receiver.url, "member.*")
    joined(quiet, "ana")
    assert go_out() == 1
    (told,) = receiver.told
    with acting_for(quiet, by=MARA):
        event = Event.objects.get(kind="member.joined")
        feed = public_form(event)
    assert (told.name, told.event["number"], told.event["kind"]) == (
        f"evt_{event.pk}",
        event.pk,
        "member.joined",
    )
    assert told.event["subject"] == feed.subject and told.event["data"] == feed.data
    assert told.is_signed_with(secret) and not told.is_signed_with("whsec_" + "A" * 44)
    assert told.headers["content-type"] == "application/json"
    assert told.headers["user-agent"] == "Loyalty-Webhooks/1"
    assert "cookie" not in told.headers and "authorization" not in told.headers
    kept = row(quiet)
    assert (kept.status, kept.attempts, kept.status_code, kept.response) == ("delivered", 1, 200, "thank you")
    assert kept.log[0]["attempt"] == 1 and kept.duration_ms >= 0
    assert go_out() == 0


def test_a_body_that_was_changed_on_the_way_does_not_verify(quiet: Merchant, receiver: Receiver):
    _made, secret = listen(quiet, receiver.url, "member.*")
    joined(quiet, "ana")
    go_out()
    (told,) = receiver.told
    told.body += b" "
    assert not told.is_signed_with(secret)


def test_what_fails_comes_again_with_the_same_id_and_then_counts_once(quiet: Merchant, receiver: Receiver):
    made, _secret = listen(quiet, receiver.url, "member.*")
    receiver.answers = [500, 302, 429]
    joined(quiet, "ana")
    for attempt, code in enumerate((500, 302, 429), 1):
        before = clock.now()
        assert go_out() == 1
        kept = row(quiet)
        assert (kept.status, kept.attempts, kept.status_code) == ("waiting", attempt, code)
        wait = kept.due_at - before
        assert (
            schedule.PAUSES[attempt - 1] <= wait <= schedule.PAUSES[attempt - 1] * 1.1 + timedelta(seconds=5)
        )
        assert go_out() == 0
        make_due(quiet, clock.now())
    assert of(quiet, made).failures == 3
    assert go_out() == 1
    assert len({one.name for one in receiver.told}) == 1 and len(receiver.told) == 4
    assert (row(quiet).status, of(quiet, made).failures, of(quiet, made).failing_since) == (
        "delivered",
        0,
        None,
    )
    assert [entry["status_code"] for entry in row(quiet).log] == [500, 302, 429, 200]


def test_a_receiver_may_ask_for_more_time_but_not_for_less_and_not_for_ever(
    quiet: Merchant, receiver: Receiver
):
    listen(quiet, receiver.url, "member.*")
    joined(quiet, "ana")
    receiver.status, receiver.headers = 503, {"Retry-After": "3600"}
    go_out()
    assert timedelta(minutes=59) < row(quiet).due_at - clock.now() <= timedelta(hours=1)
    for wished in ("999999", "0", "-5", "soon"):
        make_due(quiet, clock.now())
        receiver.headers = {"Retry-After": wished}
        go_out()
        assert row(quiet).due_at - clock.now() < timedelta(hours=25)
        assert row(quiet).due_at - clock.now() > timedelta(minutes=4)


def played(quiet: Merchant, result: Result, *, most: int = 50) -> list[datetime]:
    """Attempt what is due, each time at the moment it is, with one answer; when the attempts were."""
    when = []
    at = clock.now()
    for _each in range(most):
        claimed = delivering.claim(at=at, most=10)
        if not claimed:
            break
        when.append(at)
        delivering.settle([(one, result) for one in claimed], at=at)
        with acting_for(quiet, by=MARA):
            waiting = Delivery.objects.filter(status="waiting").order_by("due_at").first()
        if waiting is None:
            break
        at = waiting.due_at
    return when


NO = Result(500, "status", 3, "no")


def test_after_ten_attempts_in_three_days_it_is_given_up_and_can_be_sent_again(
    quiet: Merchant, receiver: Receiver
):
    made, _secret = listen(quiet, receiver.url, "member.*")
    joined(quiet, "ana")
    dispatch_waiting()
    when = played(quiet, NO)
    assert len(when) == schedule.ATTEMPTS == 10
    assert days(3) < when[-1] - when[0] < days(3.6)
    assert statuses(quiet) == ["failed"] and of(quiet, made).status == "active"
    with acting_for(quiet, by=MARA):
        assert operations.resend_failed(endpoint=made.pk, since=clock.now(), at=clock.now()) == 0
        assert operations.resend_failed(endpoint=made.pk, since=made.created_at, at=clock.now()) == 1
    assert go_out() == 1
    assert (statuses(quiet), row(quiet).attempts, row(quiet).tries) == (["delivered"], 11, 1)


def test_one_that_arrived_can_be_sent_again_with_the_id_it_had(quiet: Merchant, receiver: Receiver):
    listen(quiet, receiver.url, "member.*")
    joined(quiet, "ana")
    go_out()
    with acting_for(quiet, by=MARA):
        operations.resend(delivery=Delivery.objects.get().pk, at=clock.now())
    assert go_out() == 1
    assert len(receiver.told) == 2 and receiver.told[0].name == receiver.told[1].name
    assert receiver.told[0].body == receiver.told[1].body


def test_a_test_goes_to_that_address_alone(quiet: Merchant, receiver: Receiver):
    made, secret = listen(quiet, receiver.url, "order.recorded")
    listen(quiet, f"{receiver.url}/other")
    go_out()
    receiver.told.clear()
    with acting_for(quiet, by=MARA):
        operations.send_test(endpoint=made.pk, at=clock.now())
    go_out()
    (told,) = receiver.told
    assert (told.path, told.event["kind"]) == ("/hooks/points", "webhook.test") and told.is_signed_with(
        secret
    )
    with acting_for(quiet, by=MARA):
        assert queries.last_success() is not None


def test_410_switches_it_off_at_once_and_tells_the_owner(quiet: Merchant, receiver: Receiver):
    made, _secret = listen(quiet, receiver.url, "member.*")
    receiver.status = 410
    joined(quiet, "ana")
    go_out()
    found = of(quiet, made)
    assert (found.status, found.why, statuses(quiet)) == ("disabled", "gone", ["failed"])
    joined(quiet, "ben")
    assert go_out() == 0
    with acting_for(quiet, by=MARA):
        assert [one.pk for one in queries.switched_off()] == [made.pk]
        assert Event.objects.get(kind="webhook.disabled").data == {"why": "gone"}
        operations.resume_endpoint(endpoint=made.pk, at=clock.now())
        assert queries.switched_off() == []


def test_an_address_that_fails_for_days_is_switched_off_and_a_quiet_one_is_not(quiet: Merchant):
    made, _secret = listen(quiet, DEAD, "member.*")
    joined(quiet, "ana", "ben")
    dispatch_waiting()
    when = played(quiet, NO)
    assert of(quiet, made).status == "active", "twenty attempts, but not five days"
    joined(quiet, "cleo")
    dispatch_waiting()
    with acting_for(quiet, by=MARA):
        Delivery.objects.filter(status="waiting").update(due_at=when[0] + days(6))
    claimed = delivering.claim(at=when[0] + days(6), most=10)
    delivering.settle([(one, NO) for one in claimed], at=when[0] + days(6))
    found = of(quiet, made)
    assert (found.status, found.why, set(statuses(quiet))) == ("disabled", "failing", {"failed"})


def test_nobody_is_switched_off_for_one_event_that_was_given_up_long_ago():
    first = AT
    assert not schedule.gives_up(failing_since=first, failures=11, at=first + days(30))
    assert not schedule.gives_up(failing_since=first, failures=500, at=first + days(4.9))
    assert schedule.gives_up(failing_since=first, failures=20, at=first + days(5))


def test_pauses_grow_and_chance_only_adds():
    for tries in range(1, schedule.ATTEMPTS):
        waits = [schedule.pause(tries) for _each in range(50)]
        assert all(schedule.PAUSES[tries - 1] <= wait <= schedule.PAUSES[tries - 1] * 1.1 for wait in waits)
        assert len(set(waits)) > 1
    assert schedule.pause(schedule.ATTEMPTS) is None
    assert list(schedule.PAUSES) == sorted(schedule.PAUSES)


# --- workers ------------------------------------------------------------------------------------------------


def test_what_a_dead_worker_had_in_its_hands_is_taken_over_after_a_while(quiet: Merchant, receiver: Receiver):
    listen(quiet, receiver.url, "member.*")
    joined(quiet, "ana")
    dispatch_waiting()
    at = clock.now()
    (lost,) = delivering.claim(at=at, most=10)  # and the worker dies here
    assert delivering.claim(at=at + delivering.LEASE - timedelta(seconds=1), most=10) == []
    (taken,) = delivering.claim(at=at + delivering.LEASE, most=10)
    assert (taken.delivery, taken.attempt) == (lost.delivery, 2)
    assert taken.headers["webhook-id"] == lost.headers["webhook-id"] and taken.body == lost.body


def test_a_worker_that_comes_back_too_late_does_not_undo_what_another_has_done(quiet: Merchant):
    made, _secret = listen(quiet, DEAD, "member.*")
    joined(quiet, "ana")
    dispatch_waiting()
    at = clock.now()
    (slow,) = delivering.claim(at=at, most=10)
    (quick,) = delivering.claim(at=at + delivering.LEASE, most=10)
    delivering.settle([(quick, Result(200, "", 5, "ok"))], at=at + delivering.LEASE)
    delivering.settle([(slow, NO)], at=at + delivering.LEASE * 2)
    assert (statuses(quiet), of(quiet, made).failures) == (["delivered"], 0)
    assert len(row(quiet).log) == 2


def test_one_that_arrived_late_arrived(quiet: Merchant):
    listen(quiet, DEAD, "member.*")
    joined(quiet, "ana")
    dispatch_waiting()
    at = clock.now()
    (slow,) = delivering.claim(at=at, most=10)
    (quick,) = delivering.claim(at=at + delivering.LEASE, most=10)
    delivering.settle([(quick, NO)], at=at + delivering.LEASE)
    delivering.settle([(slow, Result(200, "", 5, "ok"))], at=at + delivering.LEASE * 2)
    assert statuses(quiet) == ["delivered"]


def test_one_that_kills_its_worker_is_given_up_like_any_other(quiet: Merchant):
    made, _secret = listen(quiet, DEAD, "member.*")
    joined(quiet, "ana")
    dispatch_waiting()
    at = clock.now()
    for _each in range(schedule.ATTEMPTS):
        assert len(delivering.claim(at=at, most=10)) == 1
        at += delivering.LEASE
    (last,) = delivering.claim(at=at, most=10)
    delivering.settle([(last, NO)], at=at)
    assert statuses(quiet) == ["failed"] and of(quiet, made).status == "active"


def test_a_receiver_that_hangs_keeps_nobody_else_waiting(quiet: Merchant, receiver: Receiver, monkeypatch):
    monkeypatch.setattr("loyalty.core.webhooks.sending.DEADLINE_SECONDS", 3.0)
    with receiving(waits=30.0) as hanging:
        listen(quiet, hanging.url, "member.*")
        listen(quiet, receiver.url, "member.*")
        joined(quiet, *(f"m{number}" for number in range(60)))
        began = clock.now()
        dispatch_waiting()
        done, _more = tasks.deliver(seconds=2.0)
    assert len(receiver.told) == 60
    took = [
        datetime.fromisoformat(entry["at"]) - began for entry in _logs(quiet) if entry["status_code"] == 200
    ]
    assert max(took) < timedelta(seconds=3)
    assert hanging.most_at_once <= delivering.EACH
    assert done == 60 + len(hanging.told)


def _logs(merchant: Merchant) -> list[dict]:
    with acting_for(merchant, by=MARA):
        return [entry for one in Delivery.objects.all() for entry in one.log]


def test_one_that_keeps_failing_is_asked_one_at_a_time(quiet: Merchant):
    made, _secret = listen(quiet, DEAD, "member.*")
    joined(quiet, *(f"m{number}" for number in range(10)))
    dispatch_waiting()
    assert len(delivering.claim(at=clock.now(), most=16)) == delivering.EACH
    with acting_for(quiet, by=MARA):
        Endpoint.objects.update(failures=delivering.SHAKY)
    assert len(delivering.claim(at=clock.now(), most=16)) == 1
    assert delivering.claim(at=clock.now(), most=16, busy=[made.pk]) == []
