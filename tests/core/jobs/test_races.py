"""Several workers at one job, and workers that die: every chunk is done once, and what was half done was not done."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest
from django.db import connection

from loyalty.core import clock
from loyalty.core.jobs import kinds, operations, queries, storing, tasks
from loyalty.core.jobs.kinds import Kind, Step
from loyalty.core.jobs.models import File, Job
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from tests.cast import MARA

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
CHUNKS, WORKERS = 12, 4


def slow_step(job: Job, at: object) -> Step:
    """Each chunk keeps a file named by its number, and takes its time."""
    number = job.cursor.get("next", 0)
    storing.begin(name=f"chunk-{number}", content_type="x", at=clock.now())
    time.sleep(0.02)
    return Step(cursor={"next": number + 1}, done=1, over=number + 1 == CHUNKS)


@pytest.fixture
def slow() -> Iterator[None]:
    kinds.register(Kind(name="slow", label="Slow", permission="data.export", step=slow_step))
    yield
    kinds._kinds.pop("slow")


def asked(luna: Merchant) -> Job:
    with acting_for(luna, by=MARA):
        return operations.ask_for(kind="slow", at=clock.now())


def chunks(luna: Merchant) -> list[str]:
    with acting_for(luna, by=MARA):
        return sorted(File.objects.values_list("name", flat=True))


def work_at_once(luna: Merchant, job: Job) -> None:
    def work() -> None:
        try:
            until = time.monotonic() + 60
            while time.monotonic() < until:
                tasks.run_chunk(luna.pk, job.pk)
                with acting_for(luna, by=MARA):
                    if not queries.job(job.pk).is_open:
                        return
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _worker in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_however_many_work_on_it_each_chunk_is_done_once(luna_open: Merchant, slow: None):
    job = asked(luna_open)
    work_at_once(luna_open, job)
    assert chunks(luna_open) == sorted(f"chunk-{number}" for number in range(CHUNKS))
    with acting_for(luna_open, by=MARA):
        assert (queries.job(job.pk).state, queries.job(job.pk).done) == ("done", CHUNKS)


def test_who_comes_between_two_steps_of_a_worker_counts_no_try_of_their_own(luna_open: Merchant, slow: None):
    job, at = asked(luna_open), clock.now()
    with acting_for(luna_open, by=MARA):
        begun = [operations.begin_chunk(job=job.pk, at=at) for _worker in range(9)]
        assert [row is not None for row in begun] == [True] + [False] * 8
        assert operations.do_chunk(job=job.pk, at=at)
        assert operations.begin_chunk(job=job.pk, at=at) is not None


def test_twin_without_the_lock_chunks_are_done_twice(
    luna_open: Merchant, slow: None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(operations, "_held", lambda job, waiting=False: True)
    work_at_once(luna_open, asked(luna_open))
    found = chunks(luna_open)
    assert len(found) > len(set(found))


def test_a_worker_that_is_killed_loses_its_chunk_and_the_next_goes_on(luna_open: Merchant, slow: None):
    job = asked(luna_open)
    connection.close()  # a child must not use its parent's connection
    forked = multiprocessing.get_context("fork")
    in_the_middle = forked.Event()

    def hanging_step(row: Job, at: object) -> Step:
        step = slow_step(row, at)
        if row.cursor.get("next", 0) == 3:
            in_the_middle.set()  # the fourth chunk is written and not committed
            time.sleep(600)
        return step

    def victim() -> None:
        kinds._kinds["slow"] = Kind(name="slow", label="Slow", permission="data.export", step=hanging_step)
        while tasks.run_chunk(luna_open.pk, job.pk):
            pass

    child = forked.Process(target=victim)
    child.start()
    assert in_the_middle.wait(60)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    assert len(chunks(luna_open)) == 3
    work_at_once(luna_open, job)
    assert chunks(luna_open) == sorted(f"chunk-{number}" for number in range(CHUNKS))
