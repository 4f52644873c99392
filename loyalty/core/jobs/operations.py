"""Ask for work in the background, do its next chunk, cancel it, forget it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from loyalty.core.errors import DomainError
from loyalty.core.events.operations import record
from loyalty.core.jobs import kinds, queries, storing
from loyalty.core.jobs.models import File, Job
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.scope import Actor

PAUSES = [timedelta(seconds=seconds) for seconds in (1, 10, 60, 300)]
"""How long a chunk that failed waits before it is tried again; after the last one the job has failed."""


class AlreadyOver(DomainError):
    code = "job_over"
    status = 409
    message = gettext_lazy("This has already ended; there is nothing left to stop.")


@transaction.atomic
def ask_for(
    *, kind: str, at: datetime, options: Mapping[str, Any] = {}, about: UUID | None = None, total: int | None = None
) -> Job:  # fmt: skip
    """Have something done in the background, by whoever acts now and in the language they read."""
    if kinds.named(kind) is None:
        raise ValueError(f"no kind of job is called {kind!r}")
    who = scope.actor()
    made = Job.objects.create(
        kind=kind, about=about, options=dict(options), total=total, due_at=at, asked_at=at, asked_by=str(who),
        asked_role=who.role, language=(get_language() or "")[:8],
    )  # fmt: skip
    record("job.asked", subject=made.pk, at=at, data={"kind": kind})
    return made


@transaction.atomic
def cancel(*, job: UUID, at: datetime) -> Job:
    """Stop a job before its next chunk; what is done stays done. Raises `AlreadyOver`."""
    found = queries.job(job)
    if not Job.objects.filter(pk=found.pk, finished_at=None).update(cancel_asked_at=at):
        raise AlreadyOver()
    record("job.cancelled", subject=found.pk, at=at, data={"kind": found.kind})
    # Nobody may be working on it now: then it ends here and not when somebody comes by.
    if _held(job):
        _end(job, Job.State.CANCELLED, at)
    return queries.job(job)


_NAME = "hashtextextended(concat_ws('|', %s::bigint, %s::uuid), 12)"
_TRY, _WAIT = f"SELECT pg_try_advisory_xact_lock({_NAME})", f"SELECT pg_advisory_xact_lock({_NAME})"


def _held(job: UUID, *, waiting: bool = False) -> bool:
    """True when the job is ours until this transaction ends, False while another worker has it and we are not
    `waiting`. The lock goes with the connection: a worker that dies leaves nothing behind."""
    with connection.cursor() as cursor:
        cursor.execute(_WAIT if waiting else _TRY, [scope.merchant_id(), job])
        return waiting or bool(cursor.fetchone()[0])


def begin_chunk(*, job: UUID, at: datetime) -> Job | None:
    """Count that a chunk is begun, before and apart from it: one that takes its worker down would otherwise never be
    seen to fail. Until the pause after a failure is over it is ours: no colleague counts another try meanwhile. None
    when there is nothing to do here."""
    if not _held(job):
        return None
    row = queries.job(job)
    if not row.is_open or row.due_at > at:
        return None
    if row.cancel_asked_at is not None:
        _end(job, Job.State.CANCELLED, at)
        return None
    if row.attempts > len(PAUSES) or kinds.named(row.kind) is None:
        ended = _("The server stopped each time while this was being done.")
        _end(job, Job.State.FAILED, at, code="gave_up", error=row.error or ended)
        return None
    Job.objects.filter(pk=job).update(
        attempts=F("attempts") + 1, state=Job.State.RUNNING, started_at=row.started_at or at,
        due_at=at + _pause(row.attempts + 1),
    )  # fmt: skip
    return row


def do_chunk(*, job: UUID, at: datetime) -> bool:
    """Do the next chunk and note where it ended, in the caller's transaction; True when there is more to do."""
    _held(job, waiting=True)  # for a colleague who only looks
    row = queries.job(job)
    kind = kinds.named(row.kind)
    if not row.is_open or kind is None:
        return False
    step = kind.step(row, at)
    row.cursor, row.attempts, row.error, row.due_at = step.cursor, 0, "", at
    row.done += step.done
    row.total = step.total if step.total is not None else row.total
    row.result = step.result if step.result is not None else row.result
    row.file_id = step.file or row.file_id
    if step.over:
        row.state, row.finished_at = Job.State.DONE, at
    # What somebody else writes meanwhile, that it be stopped, is left alone.
    row.save(update_fields=[
        "cursor", "attempts", "error", "due_at", "done", "total", "result", "file", "state", "finished_at"
    ])  # fmt: skip
    if step.over:
        record("job.finished", subject=row.pk, at=at, data={"kind": row.kind, **row.result})
    return not step.over


def fail(*, job: UUID, refusal: DomainError, at: datetime) -> None:
    """The job was refused, with a reason that people understand: trying again would change nothing."""
    _end(job, Job.State.FAILED, at, code=refusal.code, error=str(refusal))


def stumble(*, job: UUID, trouble: str, at: datetime) -> None:
    """A chunk failed for a reason that may pass: it is tried again later."""
    row = queries.job(job)
    if row.attempts > len(PAUSES):
        _end(job, Job.State.FAILED, at, code="gave_up", error=trouble.replace("\x00", ""))
        return
    Job.objects.filter(pk=job, finished_at=None).update(
        due_at=at + _pause(row.attempts), error=trouble.replace("\x00", "")[:500]
    )


def _pause(attempts: int) -> timedelta:
    """How long a chunk waits after so many tries in vain."""
    return PAUSES[min(max(attempts, 1), len(PAUSES)) - 1]


def _end(job: UUID, state: Job.State, at: datetime, *, code: str = "", error: str = "") -> None:
    Job.objects.filter(pk=job, finished_at=None).update(
        state=state, finished_at=at, error_code=code[:60], error=error[:500]
    )


def asker(job: Job) -> Actor:
    """Who asked: what is done is done in their name."""
    kind, _separator, key = job.asked_by.partition(":")
    return Actor(kind, key, job.asked_role)


@transaction.atomic
def forget_old(*, at: datetime, most: int = 500) -> int:
    """Delete the content of files whose time is over, and jobs that ended so long ago; how many of both."""
    over = list(File.objects.filter(forget_at__lte=at, gone_at=None).values_list("pk", flat=True)[:most])
    for file in over:
        storing.forget(file, at=at)
    ended = Job.objects.filter(finished_at__lte=at - storing.KEEP).values_list("pk", flat=True)[:most]
    gone, _kinds = Job.objects.filter(pk__in=list(ended)).delete()
    return len(over) + gone
