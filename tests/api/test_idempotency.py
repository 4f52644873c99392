"""The same request twice is done once and answered the same: also at the same moment, and after a crash."""

import json
import threading

import pytest
from django.db import OperationalError, connection, connections

from loyalty.core.api import base, idempotency
from loyalty.core.api.models import Answer
from loyalty.core.ledger.queries import outstanding
from loyalty.core.tenancy.scope import acting_for
from members.models import Order
from tests.api.caller import Caller, an_order, key_for
from tests.cast import MARA, person


@pytest.fixture
def member(call, shopfront):
    return call.post("members", {"external_id": "ana"}).json()["id"]


def give(call, member, amount=50, **kwargs):
    return call.post(f"members/{member}/adjustments", {"amount": amount, "reason": "Sorry"}, **kwargs)


def points(merchant):
    with acting_for(merchant, by=MARA):
        return outstanding()


def test_a_repetition_gets_the_same_answer_and_says_so(call, member, shopfront):
    first, second = give(call, member, key="k-1"), give(call, member, key="k-1")
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert points(shopfront) == 50


def test_without_the_same_key_it_is_done_again(call, member, shopfront):
    """The twin: what the key prevents does happen without it."""
    give(call, member, key="k-1")
    give(call, member, key="k-2")
    assert points(shopfront) == 100


def test_another_request_under_the_same_key_is_refused(call, member, shopfront):
    give(call, member, 50, key="k-1")
    other = give(call, member, 51, key="k-1")
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    elsewhere = call.post(f"members/{member}/erase", key="k-1")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "key_reused")
    assert points(shopfront) == 50


def test_how_the_body_is_written_does_not_matter(call, member, shopfront):
    body = {"amount": 50, "reason": "Sorry"}
    give(call, member, key="k-1")
    spaced = json.dumps(dict(reversed(body.items())), indent=4).encode()
    again = call.post(f"members/{member}/adjustments", raw=spaced, key="k-1")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert points(shopfront) == 50


def test_a_key_belongs_to_one_credential(call, member, shopfront):
    give(call, member, key="k-1")
    other = Caller(key_for(shopfront))
    assert give(other, member, key="k-1").status_code == 201
    assert points(shopfront) == 100


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "idempotency_key_missing"),
        ("", ""),
        ("é", "idempotency_key_malformed"),
        ("x" * 256, "idempotency_key_malformed"),
    ],
)
def test_the_key_must_be_there_and_be_plain(call, member, shopfront, key, code):
    answer = (
        give(call, member, key=key)
        if key != ""
        else give(call, member, headers={"Idempotency-Key": ""}, key=None)
    )
    assert answer.status_code == 400
    assert answer.json()["code"] == (code or "idempotency_key_malformed")
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
    assert points(shopfront) == 0


def test_a_refusal_of_the_business_is_kept(call, member, shopfront):
    refused = give(call, member, -10, key="k-1")
    assert (refused.status_code, refused.json()["code"]) == (422, "not_enough_points")
    give(call, member, 50)
    again = give(call, member, -10, key="k-1")
    assert again.content == refused.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Content-Type"] == "application/problem+json"
    assert points(shopfront) == 50


def test_bad_input_is_not_kept_so_the_key_can_be_used_for_the_corrected_request(call, member, shopfront):
    assert (
        call.post(f"members/{member}/adjustments", {"amount": "x", "reason": "y"}, key="k-1").status_code
        == 400
    )
    assert give(call, member, 0, key="k-1").status_code == 400
    assert give(call, member, 50, key="k-1").status_code == 201
    assert points(shopfront) == 50


def test_a_rehearsal_uses_up_no_key(call, member, shopfront):
    body = {"amount": 50, "reason": "Sorry"}
    rehearsed = call.post(f"members/{member}/adjustments?dry_run=true", body, key="k-1")
    assert (rehearsed.status_code, rehearsed.json()["balance"], rehearsed.json()["id"]) == (200, 50, None)
    assert points(shopfront) == 0
    assert give(call, member, key="k-1").status_code == 201


def test_no_personal_data_is_kept_in_answers(call, shopfront):
    """Erasing a member must not leave them in a stored answer."""
    made = call.post(
        "members", {"external_id": "ida", "email": "ida@example.com", "given_name": "Idaline"}, key="k-9"
    )
    one = made.json()["id"]
    call.post("orders", an_order("ida"))
    give(call, one)
    call.post(f"members/{one}/erase")
    with acting_for(shopfront, by=MARA):
        kept = " ".join(Answer.objects.values_list("body", flat=True))
    assert one in kept
    assert "ida@example.com" not in kept
    assert "Idaline" not in kept


# ------------------------------------------------------------------------------------------------- at the
# same moment


def together(count, work):
    """Run `work(n)` in `count` threads that start at once; their results in order."""
    results: list = [None] * count
    barrier = threading.Barrier(count)

    def run(number):
        barrier.wait()
        try:
            results[number] = work(number)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


@pytest.mark.race
def test_of_many_at_once_one_does_it_and_all_agree(luna_open):
    call = Caller(key_for(luna_open))
    member = call.post("members", {"external_id": "ana"}).json()["id"]

    def work(_number):
        caller = Caller(call.secret)
        for _attempt in range(200):
            answer = give(caller, member, key="one")
            if answer.status_code != 409:
                return answer
            assert answer.json()["code"] == "in_flight"
            assert answer.headers["Retry-After"] == "1"
        raise AssertionError("it never finished")

    answers = together(6, work)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert points(luna_open) == 50


@pytest.mark.race
def test_without_the_guard_many_at_once_do_it_many_times(luna_open, monkeypatch):
    """The twin: with the look-up blinded and the operation's own key gone, the race above would be seen."""
    call = Caller(key_for(luna_open))
    member = call.post("members", {"external_id": "ana"}).json()["id"]
    monkeypatch.setattr(idempotency, "earlier", lambda key: None)
    monkeypatch.setattr(idempotency, "store", lambda *_args, **_kwargs: None)
    monkeypatch.setattr(
        base.Call, "natural_key", property(lambda self: f"{threading.get_ident()}-{id(self)}")
    )
    together(6, lambda _number: give(Caller(call.secret), member, key="one"))
    assert points(luna_open) == 300


@pytest.mark.race
def test_while_one_is_at_work_the_other_is_told_to_wait(luna_open, monkeypatch):
    call = Caller(key_for(luna_open))
    member = call.post("members", {"external_id": "ana"}).json()["id"]
    inside, go_on = threading.Event(), threading.Event()
    real = idempotency.store

    def slow(*args, **kwargs):
        inside.set()
        assert go_on.wait(20)
        real(*args, **kwargs)

    monkeypatch.setattr(idempotency, "store", slow)
    answers = {}

    def first():
        try:
            answers["first"] = give(Caller(call.secret), member, key="one")
        finally:
            connections.close_all()

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(20)
    second = give(call, member, key="one")
    go_on.set()
    thread.join(20)
    assert (second.status_code, second.json()["code"]) == (409, "in_flight")
    assert answers["first"].status_code == 201
    assert give(call, member, key="one").headers["Idempotent-Replayed"] == "true"
    assert points(luna_open) == 50


@pytest.mark.race
def test_an_answer_that_was_committed_while_we_looked_is_found_on_the_second_look(luna_open, monkeypatch):
    """`earlier` sees the state of when its statement began; the lock may be free a moment later."""
    call = Caller(key_for(luna_open))
    member = call.post("members", {"external_id": "ana"}).json()["id"]
    first = give(call, member, key="one")
    real, blind = idempotency.earlier, [True]
    monkeypatch.setattr(idempotency, "earlier", lambda key: None if blind and blind.pop() else real(key))
    second = give(call, member, key="one")
    assert second.content == first.content
    assert second.headers["Idempotent-Replayed"] == "true"
    assert points(luna_open) == 50


# ------------------------------------------------------------------------------------------------------
# when it breaks


@pytest.mark.race
def test_after_a_crash_before_the_commit_nothing_is_there_and_the_key_is_free(luna_open, monkeypatch):
    call = Caller(key_for(luna_open))
    bad = Caller(call.secret, raise_bugs=False)
    member = call.post("members", {"external_id": "ana"}).json()["id"]
    real = idempotency.store

    def dies(*args, **kwargs):
        real(*args, **kwargs)
        connection.connection.close()  # as when the process or the server is killed
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    monkeypatch.setattr(idempotency, "store", dies)
    assert give(bad, member, key="one").status_code == 503
    monkeypatch.setattr(idempotency, "store", real)
    assert points(luna_open) == 0
    again = give(call, member, key="one")
    assert (again.status_code, "Idempotent-Replayed" in again.headers) == (201, False)
    assert points(luna_open) == 50


class Killed(BaseException):
    """Nothing in the server catches it: the process is gone."""


@pytest.mark.race
def test_after_a_crash_between_commit_and_answer_the_answer_is_there(luna_open, monkeypatch):
    call = Caller(key_for(luna_open))
    bad = Caller(call.secret, raise_bugs=False)
    member = call.post("members", {"external_id": "ana"}).json()["id"]
    real = base._response

    def killed(*_args):
        raise Killed

    monkeypatch.setattr(base, "_response", killed)
    with pytest.raises(Killed):
        give(call, member, key="one")
    monkeypatch.setattr(base, "_response", real)
    again = give(bad, member, key="one")
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
    assert points(luna_open) == 50


class Deadlock(Exception):
    sqlstate = "40P01"


@pytest.mark.parametrize(("failures", "status"), [(1, 201), (3, 201), (4, 503)])
def test_a_deadlock_is_tried_again_a_few_times(call, member, shopfront, monkeypatch, failures, status):
    left = [failures]
    real = idempotency.store

    def sometimes(*args, **kwargs):
        if left[0]:
            left[0] -= 1
            raise OperationalError("deadlock detected") from Deadlock()
        real(*args, **kwargs)

    monkeypatch.setattr(idempotency, "store", sometimes)
    answer = give(call, member)
    assert answer.status_code == status
    assert points(shopfront) == (50 if status == 201 else 0)


@pytest.mark.race
def test_two_merges_that_lock_each_other_both_get_an_answer(luna_open):
    """A real deadlock can be made by hand only; here two opposite merges must end without a 500."""
    with acting_for(luna_open, by=MARA):
        people = [person(f"p{number}") for number in range(2)]
    from loyalty.core import ids

    names = [ids.encode("mbr", one.pk) for one in people]
    secret = key_for(luna_open)
    answers = together(
        2, lambda n: Caller(secret).post(f"members/{names[n]}/merge", {"remove": names[1 - n]}, key=f"m{n}")
    )
    assert sorted(answer.status_code for answer in answers) == [200, 422]


def test_the_same_order_under_two_keys_is_one_order(call, member, shopfront):
    body = an_order("ana", external_id="r-1", kronor=70)
    first, second = call.post("orders", body, key="a"), call.post("orders", body, key="b")
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["replayed"] is True
    assert second.json()["id"] == first.json()["id"]
    assert points(shopfront) == 70
    with acting_for(shopfront, by=MARA):
        assert Order.objects.count() == 1
    other = call.post("orders", an_order("ana", external_id="r-1", kronor=71))
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
