"""A real Celery worker on a real broker: rung, killed, started again; nothing is lost and nothing is done twice."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from celery import Celery
from django.db import connection

from loyalty.core.events.models import Reaction
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import across_merchants
from tests.cast import shop
from tests.core.events.reactions import registered, remember
from tests.core.events.test_outbox import expected, happen, reacted

BROKER = os.environ.get("CELERY_BROKER_URL", "")
ROOT = Path(__file__).resolve().parents[3]

pytestmark = [
    pytest.mark.race,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("broker"),
]


@contextmanager
def worker(queue: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process on a queue of this test, on the test's database."""
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "tests.core.events.worker", "worker", "--pool", "solo",
         "--queues", queue, "--loglevel", "ERROR", "--without-gossip", "--without-mingle", "--without-heartbeat"],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "DATABASE_URL": os.environ["TEST_DATABASE_URL"], **environment},
    )  # fmt: skip
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(20)


def until(true: Callable[[], bool], seconds: float = 40) -> bool:
    """Wait until something is true; whether it came true in time."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


@pytest.fixture
def queue() -> Iterator[str]:
    """A queue of this test alone, emptied afterwards."""
    name = f"test-{uuid.uuid4().hex}"
    yield name
    with Celery(broker=BROKER) as app, app.connection() as broker:
        broker.default_channel.queue_purge(name)


def ring(queue: str) -> None:
    """Ring the bell as the product does, on the test's own queue."""
    with Celery(broker=BROKER) as app:
        app.send_task("loyalty.core.events.tasks.dispatch_waiting", queue=queue, ignore_result=True)


def make_due() -> None:
    """Let time pass for what is put off."""
    with across_merchants("let time pass"), connection.cursor() as cursor:
        cursor.execute("UPDATE events_reaction SET due_at = now() - interval '1 hour' WHERE done_at IS NULL")


def all_done(merchant: Merchant) -> bool:
    return reacted(merchant) == expected(merchant)


def test_a_rung_worker_reacts_once_to_every_event(queue: str) -> None:
    luna = shop()
    with registered(remember):
        happen(luna, 20)
    with worker(queue):
        ring(queue)
        ring(queue)
        assert until(lambda: all_done(luna))
        ring(queue)
        time.sleep(1)
    assert all_done(luna)


def test_a_worker_killed_in_the_middle_loses_nothing_and_does_nothing_twice(queue: str) -> None:
    luna = shop()
    with registered(remember):
        happen(luna, 10)
        happen(luna, deadly=True)
        happen(luna, 10)
    with worker(queue, DEADLY="1") as first:
        ring(queue)
        assert until(lambda: first.poll() is not None), "it kills itself while it reacts"
        assert first.returncode == -signal.SIGKILL
    assert 0 < len(reacted(luna)) < 21, "it died in the middle"
    with across_merchants("look at the outbox"):
        assert Reaction.objects.filter(done_at=None, attempts=1).count() == 1
    make_due()
    with worker(queue):
        ring(queue)
        assert until(lambda: all_done(luna))
    assert all_done(luna)
    assert len(expected(luna)) == 21
