"""Work in the background: done chunk by chunk, gone on with after a crash, stopped when somebody says so."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from loyalty.core import clock, ids
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.events.models import Event
from loyalty.core.jobs import kinds, operations, queries, storing, tasks
from loyalty.core.jobs.kinds import Kind, Step
from loyalty.core.jobs.models import FilePart, Job
from loyalty.core.merchants.models import Location, Merchant
from loyalty.core.merchants.operations import add_location
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from members.operations.privacy import erase_member
from tests.cast import AT, MARA, days

CHUNKS = 3


class NotToday(DomainError):
    code = "not_today"
    message = "Not today, {name}."


class Counting:
    """A kind of job that opens a location in each chunk, and fails where it is told to."""

    def __init__(self) -> None:
        self.calls = 0
        self.breaks_at: set[int] = set()
        self.refuses_at = -1

    def step(self, job: Job, _at: object) -> Step:
        self.calls += 1
        number = job.cursor.get("next", 0)
        add_location(code=f"place-{number}", name="x")
        if self.calls in self.breaks_at:
            raise RuntimeError("the power went")
        if number == self.refuses_at:
            raise NotToday(name="Mara")
        over = number + 1 == CHUNKS
        return Step(cursor={"next": number + 1}, done=1, total=CHUNKS, result={"last": number}, over=over)


@pytest.fixture
def counting() -> Iterator[Counting]:
    made = Counting()
    kinds.register(Kind(name="count", label="Count", permission="data.export", step=made.step))
    yield made
    kinds._kinds.pop("count")


def places() -> list[str]:
    return sorted(Location.objects.exclude(code="main").values_list("code", flat=True))


def asked() -> Job:
    return operations.ask_for(kind="count", at=clock.now())


def test_a_job_is_done_chunk_by_chunk_in_the_name_of_who_asked(cafe: Merchant, counting: Counting):
    job = asked()
    assert (job.state, job.done, job.total) == ("waiting", 0, None)
    assert tasks.run_waiting() == CHUNKS
    job = queries.job(job.pk)
    assert (job.state, job.done, job.total, job.result) == ("done", CHUNKS, CHUNKS, {"last": 2})
    assert job.started_at is not None and job.finished_at is not None
    assert places() == ["place-0", "place-1", "place-2"]
    assert Event.objects.get(kind="job.finished").actor == str(MARA)


def test_what_a_broken_chunk_did_is_undone_and_only_it_is_done_again(cafe: Merchant, counting: Counting):
    counting.breaks_at = {2}
    job = asked()
    tasks.run_waiting()
    halted = queries.job(job.pk)
    assert (halted.state, halted.done, places()) == ("running", 1, ["place-0"])
    assert "the power went" in halted.error and halted.due_at > clock.now()
    Job.objects.filter(pk=job.pk).update(due_at=AT)
    tasks.run_waiting()
    assert (queries.job(job.pk).state, counting.calls) == ("done", CHUNKS + 1)
    assert places() == ["place-0", "place-1", "place-2"]


def test_one_that_fails_each_time_is_given_up_with_the_reason(cafe: Merchant, counting: Counting):
    counting.breaks_at = set(range(100))
    job = asked()
    for _attempt in range(10):
        Job.objects.filter(pk=job.pk).update(due_at=AT)
        tasks.run_waiting()
    failed = queries.job(job.pk)
    assert (failed.state, failed.error_code, counting.calls) == (
        "failed",
        "gave_up",
        len(operations.PAUSES) + 1,
    )
    assert "the power went" in failed.error and places() == []


def test_one_that_takes_its_worker_down_is_given_up_too(cafe: Merchant, counting: Counting):
    """A worker that is killed says nothing: only that it began was written."""
    job, now = asked(), clock.now()
    for attempt in range(len(operations.PAUSES) + 1):
        assert operations.begin_chunk(job=job.pk, at=now + timedelta(hours=attempt)) is not None
    assert operations.begin_chunk(job=job.pk, at=now + timedelta(days=1)) is None
    assert (queries.job(job.pk).state, queries.job(job.pk).error_code) == ("failed", "gave_up")


def test_a_refusal_ends_it_at_once_in_words(cafe: Merchant, counting: Counting):
    counting.refuses_at = 1
    job = asked()
    tasks.run_waiting()
    failed = queries.job(job.pk)
    assert (failed.state, failed.error_code, failed.error) == ("failed", "not_today", "Not today, Mara.")
    assert (places(), counting.calls) == (["place-0"], 2)


def test_it_stops_before_its_next_chunk_when_somebody_says_so(cafe: Merchant, counting: Counting):
    job = asked()
    tasks.run_chunk(cafe.pk, job.pk)
    assert operations.cancel(job=job.pk, at=clock.now()).state == "cancelled"
    assert tasks.run_waiting() == 0
    assert places() == ["place-0"]
    with pytest.raises(operations.AlreadyOver):
        operations.cancel(job=job.pk, at=clock.now())


def test_another_shop_sees_nothing_of_it(cafe: Merchant, counting: Counting, other_shop: Merchant):
    job = asked()
    file = storing.store(name="a.csv", content_type="text/csv", chunks=[b"x"], at=AT)
    with acting_for(other_shop, by=MARA):
        assert list(queries.jobs()) == []
        for look in (lambda: queries.job(job.pk), lambda: queries.file(file.pk)):
            with pytest.raises(NotFound):
                look()
        assert queries.part(file.pk, 0) is None


def test_a_file_comes_back_byte_for_byte_however_it_came(cafe: Merchant, tmp_path):
    content = bytes(range(256)) * 12_000  # three parts and a bit
    chunks = (content[start : start + 700_001] for start in range(0, len(content), 700_001))
    made = storing.store(name="x\x00\n.bin", content_type="text/plain", chunks=chunks, at=AT)
    with (tmp_path / "out").open("w+b") as out:
        found = queries.pour(made.pk, out)
        out.seek(0)
        assert out.read() == content
    assert (found.size, found.parts, found.name) == (len(content), 3, "x.bin")
    assert len(found.digest) == 64


def test_files_and_jobs_are_forgotten_when_their_time_is_over(cafe: Merchant, counting: Counting):
    job = asked()
    tasks.run_waiting()
    now = clock.now()
    file = storing.store(name="a", content_type="x", chunks=[b"x"], at=now)
    assert operations.forget_old(at=now + days(29)) == 0
    assert operations.forget_old(at=now + days(31)) == 2
    with pytest.raises(queries.FileGone):
        queries.file(file.pk)
    assert not Job.objects.filter(pk=job.pk).exists() and not FilePart.objects.exists()


def test_who_is_erased_is_in_no_file_any_more(cafe: Merchant, ana: Member):
    named = storing.store(name="a", content_type="x", chunks=[b"ana@example.org"], at=AT)
    plain = storing.begin(name="b", content_type="x", at=AT, personal=False)
    storing.append(plain.pk, b"17 rows")
    erase_member(member=ana.pk, at=AT)
    with pytest.raises(queries.FileGone):
        queries.file(named.pk)
    assert queries.part(plain.pk, 0) == b"17 rows"


def test_what_is_not_a_kind_is_a_bug(cafe: Merchant):
    with pytest.raises(ValueError, match="no kind"):
        operations.ask_for(kind=f"x-{ids.new()}", at=AT)
