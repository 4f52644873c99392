"""Workers side by side, and one killed in the middle: every event arrives, and what arrives twice has one id."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from loyalty.core import clock
from loyalty.core.events import tasks as events
from loyalty.core.events.operations import record
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from loyalty.core.webhooks import delivering, tasks
from loyalty.core.webhooks.models import Delivery
from loyalty.core.webhooks.sending import Result
from tests.cast import AT, MARA, shop
from tests.core.webhooks.hand import listen, make_due, statuses
from tests.core.webhooks.receiver import Receiver, receiving

ROOT = Path(__file__).resolve().parents[3]
pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def happen(merchant: Merchant, count: int) -> None:
    """Things happen, each in its own words."""
    with acting_for(merchant, by=MARA):
        for number in range(count):
            record("member.edited", subject=None, at=AT, data={"fields": [f"f{number}"]})


def told(receiver: Receiver) -> Counter[str]:
    """How often each thing was told."""
    with receiver.lock:
        return Counter(event["data"]["fields"][0] for event in receiver.events("member.edited"))


def started(**environment: str) -> subprocess.Popen[bytes]:
    """A worker process on the test's database."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.core.webhooks.worker"], cwd=ROOT,
        env={**os.environ, "DATABASE_URL": os.environ["TEST_DATABASE_URL"], **environment},
    )  # fmt: skip


@pytest.mark.slow
def test_two_thousand_events_through_a_worker_killed_in_the_middle_all_arrive(transactional_db: None):
    luna = shop()
    with receiving() as receiver:
        listen(luna, receiver.url, "member.edited")
        happen(luna, 2000)
        first = started(HOLD="0.05")
        end = time.monotonic() + 120
        while sum(told(receiver).values()) < 600:
            assert time.monotonic() < end and first.poll() is None, "it should still be at work"
            time.sleep(0.02)
        first.send_signal(signal.SIGKILL)
        first.wait(20)
        counted = Counter(statuses(luna))
        assert 0 < counted["delivered"] < 2000, "it died in the middle"
        make_due(luna, clock.now() - timedelta(seconds=1))  # its leases are over
        second = started()
        assert second.wait(180) == 0
        found = told(receiver)
        ids = {(one.event["data"]["fields"][0], one.name) for one in receiver.told}
    assert set(found) == {f"f{number}" for number in range(2000)}, "none is lost"
    assert len(ids) == 2000, "what came twice came with the same id"
    assert set(statuses(luna)) == {"delivered"}
    assert 2000 <= sum(found.values()) <= 2000 + tasks.THREADS + 4


def test_twin_a_worker_that_notes_before_it_sends_loses_what_it_had(transactional_db: None, monkeypatch):
    """What the lease is for: were a delivery done when it is claimed, a kill would lose it."""
    luna = shop()
    with receiving() as receiver:
        listen(luna, receiver.url, "member.edited")
        happen(luna, 8)
        events.dispatch_waiting()
        claimed = delivering.claim(at=clock.now(), most=4)
        delivering.settle([(one, Result(200, "", 1)) for one in claimed], at=clock.now())
        # ... and it is killed before it sends
        tasks.deliver(seconds=10)
        assert len(told(receiver)) == 8 - len(claimed)


def test_workers_side_by_side_never_send_the_same(transactional_db: None):
    luna = shop()
    with receiving(waits=0.01) as receiver:
        listen(luna, receiver.url, "member.edited")
        happen(luna, 120)
        events.dispatch_waiting()
        start = threading.Barrier(4)

        def work(_number: int) -> int:
            try:
                connection.ensure_connection()
                start.wait(timeout=30)
                return tasks.deliver(seconds=20)[0]
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as workers:
            done = list(workers.map(work, range(4)))
        while tasks.deliver(seconds=20)[0]:
            pass
        assert set(told(receiver).values()) == {1} and len(told(receiver)) == 120
    assert sum(1 for count in done if count) > 1, "several of them had something to do"


def test_twin_without_skipping_what_another_holds_the_same_is_sent_twice(transactional_db: None, monkeypatch):
    """A claim that only reads: two workers that look at the same moment take the same."""
    luna = shop()
    reads = delivering._CLAIM.rpartition("UPDATE webhooks_delivery")[0].replace("FOR UPDATE SKIP LOCKED", "")
    reads += "SELECT w.merchant_id, w.id, w.endpoint_id, w.event_number, w.attempts FROM webhooks_delivery w JOIN due"
    monkeypatch.setattr(delivering, "_CLAIM", f"{reads} ON due.merchant_id = w.merchant_id AND due.id = w.id")
    with receiving() as receiver:
        listen(luna, receiver.url, "member.edited")
        happen(luna, 4)
        events.dispatch_waiting()
        one, other = (delivering.claim(at=clock.now(), most=4, busy=()) for _each in range(2))
    assert {each.delivery for each in one} & {each.delivery for each in other}


def test_removing_an_endpoint_while_events_are_planned_leaves_nothing_behind(transactional_db: None):
    from loyalty.core.errors import NotFound
    from loyalty.core.webhooks.operations import remove_endpoint

    luna = shop()
    endpoints = [listen(luna, f"http://127.0.0.1:9/{number}")[0] for number in range(6)]
    happen(luna, 60)

    def plan(_number: int) -> None:
        try:
            while events.spread(limit=5):
                pass
        finally:
            connection.close()

    def remove(key: object) -> None:
        try:
            with suppress(NotFound), acting_for(luna, by=MARA):
                remove_endpoint(endpoint=key, at=clock.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as workers:
        jobs = [workers.submit(plan, 0), workers.submit(plan, 1)]
        jobs += [workers.submit(remove, one.pk) for one in endpoints]
        assert [job.result(60) for job in jobs] == [None] * 8
    while events.spread(limit=50):
        pass
    assert tasks.deliver(seconds=5)[0] == 0
    with acting_for(luna, by=MARA):
        assert not Delivery.objects.filter(status="waiting").exists()
