"""Exports by API: ask for a list, see how far it is, fetch it part by part."""

from datetime import datetime
from typing import Annotated, Any

from django.urls import path
from msgspec import Meta, Struct

from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.spec import endpoint
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.jobs import queries
from loyalty.core.jobs.models import Job as Row
from loyalty.core.tenancy import scope
from loyalty.exchange.operations import ask_for_export

Word = Annotated[str, Meta(min_length=1, max_length=20, pattern=r"^[a-z_]+$(?!\n)")]


class NotReady(DomainError):
    code = "not_ready"
    message = "The file is not written yet, or there is none. Ask for the job until its state is “done”."


class NewExport(Struct, forbid_unknown_fields=True, frozen=True):
    """What to export. `list`: members, orders, refunds, products, lots, entries, rewards, redemptions, codes,
    activities, referrals, messages, segment_members or events; or whole, for an archive of everything. `format`: csv,
    xlsx or parquet, for a list."""

    list: Word
    format: Word = "csv"


class BackgroundJob(Struct):
    """Work in the background. `state`: waiting, running, done, failed or cancelled; `done` of `total` rows (null while
    nobody knows). `parts` is how many parts the file has, 0 where there is none yet."""

    id: str
    kind: str
    state: str
    done: int
    total: int | None
    result: dict[str, Any]
    error_code: str
    error: str
    file_name: str
    file_bytes: int
    file_sha256: str
    parts: int
    asked_at: datetime
    finished_at: datetime | None


class FilePart(Struct):
    """One part of a file, in base64. The parts after one another are the file, whose SHA-256 the job says."""

    name: str
    content_type: str
    part: int
    parts: int
    content: bytes


class WhichPart(Struct, forbid_unknown_fields=True, frozen=True):
    """Which part, counted from 0."""

    part: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


def _told(row: Row) -> BackgroundJob:
    file = row.file if row.state == Row.State.DONE else None
    return BackgroundJob(
        id=ids.encode("job", row.pk), kind=row.kind, state=row.state, done=row.done, total=row.total,
        result=row.result, error_code=row.error_code, error=row.error, file_name=file.name if file else "",
        file_bytes=file.size if file else 0, file_sha256=file.digest if file else "", parts=file.parts if file else 0,
        asked_at=row.asked_at, finished_at=row.finished_at,
    )  # fmt: skip


def _own(job_id: str) -> Row:
    """A job of the key that asks; those of people and other keys do not exist for it."""
    row = queries.job(ids.decode("job", job_id))
    if row.asked_by != str(scope.actor()):
        raise NotFound("job")
    return row


class Exports(Endpoint):
    @endpoint(
        summary="Export a list",
        scope="exports:write",
        body=NewExport,
        example={"list": "members", "format": "csv"},
        answers={202: BackgroundJob},
    )
    def post(self, call: Call) -> tuple[int, BackgroundJob]:
        """Has a list written in the background. Texts that a spreadsheet would run get an apostrophe before them; an
        import takes it off again."""
        job = ask_for_export(name=call.body.list, form=call.body.format, at=call.at)
        return 202, _told(job)


class OneJob(Endpoint):
    @endpoint(summary="Read a job", scope="exports:write", answers={200: BackgroundJob}, refuses=(NotFound,))
    def get(self, _call: Call, id: str) -> BackgroundJob:  # noqa: A002 - named as in the address
        """How far something is that this key has asked for."""
        return _told(_own(id))


class JobFile(Endpoint):
    @endpoint(
        summary="Fetch a part of a job’s file",
        scope="exports:write",
        query=WhichPart,
        answers={200: FilePart},
        refuses=(NotFound, NotReady, queries.FileGone),
    )
    def get(self, call: Call, id: str) -> FilePart:  # noqa: A002 - named as in the address
        """A part of at most one megabyte. Files are kept for 30 days."""
        row = _own(id)
        if row.state != Row.State.DONE or row.file_id is None:
            raise NotReady
        file = queries.file(row.file_id)
        content = queries.part(file.pk, call.query.part)
        if content is None:
            raise NotFound("part")
        return FilePart(file.name, file.content_type, call.query.part, file.parts, content)


urlpatterns = [
    path("exports", Exports.as_view()),
    path("jobs/<str:id>", OneJob.as_view()),
    path("jobs/<str:id>/file", JobFile.as_view()),
]
