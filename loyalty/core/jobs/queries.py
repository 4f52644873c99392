"""Reading jobs and their files."""

from datetime import datetime
from typing import IO
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError, NotFound
from loyalty.core.jobs.models import File, FilePart, Job
from loyalty.core.tenancy.plans import Fixed


class FileGone(DomainError):
    code = "file_gone"
    status = 410
    message = _(
        "This file is no longer kept: its time was over, or a member it may name was erased. Make it again if you"
        " need it."
    )


def jobs(*, before: UUID | None = None) -> QuerySet[Job]:
    """The shop's jobs, newest first; the caller slices."""
    found = Job.objects.order_by("-id")
    return found.filter(pk__lt=before) if before else found


def job(key: UUID) -> Job:
    """One job; `NotFound` otherwise."""
    found = Job.objects.filter(pk=key).first()
    if found is None:
        raise NotFound("job")
    return found


def by_ids(keys: list[UUID]) -> dict[UUID, Job]:
    """Jobs by their ids; unknown ones are missing."""
    return {row.pk: row for row in Job.objects.filter(pk__in=keys)} if keys else {}


def waiting(*, at: datetime, most: int = 100) -> list[tuple[int, UUID]]:
    """`(merchant, job)` of what is due, in a scope that spans merchants; what has waited longest first."""
    open_ = [Fixed(Job.State.WAITING.value), Fixed(Job.State.RUNNING.value)]
    rows = Job.objects.filter(state__in=open_, due_at__lte=at).order_by("due_at")
    return list(rows.values_list("merchant_id", "id")[:most])


def file(key: UUID) -> File:
    """A file's row; `NotFound` otherwise, `FileGone` when its content is no longer kept."""
    found = File.objects.filter(pk=key).first()
    if found is None:
        raise NotFound("file")
    if found.gone_at is not None:
        raise FileGone()
    return found


def part(key: UUID, number: int) -> bytes | None:
    """One part of a file; None after the last."""
    found = FilePart.objects.filter(file=key, number=number).values_list("content", flat=True).first()
    return None if found is None else bytes(found)


def pour(key: UUID, into: IO[bytes]) -> File:
    """Write a whole file somewhere; its row. A part at a time: a large file is never in memory at once."""
    found = file(key)
    for number in range(found.parts):
        content = part(key, number)
        if content is None:
            raise FileGone()
        into.write(content)
    return found
