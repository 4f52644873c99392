"""Reading imports: their state, their rows, what became of them."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any
from uuid import UUID

import msgspec
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from loyalty.core.errors import NotFound
from loyalty.core.jobs import queries as jobs
from loyalty.core.jobs.models import Job
from loyalty.exchange.models import WHICH, Heading, Import, Made
from loyalty.exchange.reading import Table, open_table

_MEMORY = 4_000_000
_rows = msgspec.json.Decoder(list[tuple[int, int, int, list[str]]])


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not taken: its number, its cells as they were sent, `(column, value, sentence)` of each problem,
    and which of those of its name it was (see `WHICH`), "" where rows are not told apart by counting."""

    number: int
    cells: list[str]
    problems: list[tuple[str, str, str]]
    which: str


_bad_rows = msgspec.json.Decoder(list[tuple[int, list[str], list[tuple[str, str, str]], str]])


def imports(*, before: UUID | None = None) -> QuerySet[Import]:
    """The shop's imports, newest first, with their files; the caller slices."""
    found = Import.objects.select_related("file").order_by("-id")
    return found.filter(pk__lt=before) if before else found


def one(key: UUID) -> Import:
    """One import with its file; `NotFound` otherwise."""
    found = Import.objects.filter(pk=key).select_related("file").first()
    if found is None:
        raise NotFound("import")
    return found


def poured(file: UUID) -> IO[bytes]:
    """A kept file as one that can be searched; in memory while it is small. The caller closes it."""
    into = tempfile.SpooledTemporaryFile(max_size=_MEMORY)  # noqa: SIM115 - handed to the caller
    jobs.pour(file, into)
    into.seek(0)
    return into


def table_of(imported: Import) -> Table:
    """The file as it was sent, to be read once. Raises `NotReadable` and `FileGone`."""
    return open_table(poured(imported.file_id))


def first_rows(imported: Import, most: int = 5) -> list[list[str]]:
    """The first rows of the file, to be shown beside its headings."""
    found = []
    for _number, cells in table_of(imported).rows:
        found.append(cells)
        if len(found) == most:
            break
    return found


def rows_of_part(file: UUID, number: int) -> list[tuple[int, int, int, list[str]]] | None:
    """A stretch of an import's rows: number, how many of the same name came before, where the first is, cells. None
    after the last."""
    content = jobs.part(file, number)
    return None if content is None else _rows.decode(content)


def bad_rows(job: Job) -> Iterator[BadRow]:
    """The rows a job could not take, in the order of the file."""
    if job.file_id is None:
        return
    found = jobs.file(job.file_id)
    for number in range(found.parts):
        for row in _bad_rows.decode(jobs.part(found.pk, number) or b"[]"):
            yield BadRow(*row)


def to_fix(imported: Import, job: Job) -> tuple[list[str], list[list[str]]]:
    """Only the rows a job could not take, as a file to be fixed and sent: its head, and the cells as they were sent
    with the reasons at the end. Where rows without a number are told apart by counting, each says which it was."""
    rows = list(bad_rows(job))
    adds_which = WHICH not in imported.fields and any(found.which for found in rows)
    seen: dict[int, list[str]] = {}
    for found in rows:
        reason = "; ".join(f"{column}: {text}" if column else text for column, _value, text in found.problems)
        seen.setdefault(found.number, [*found.cells, *([found.which] if adds_which else []), reason])
    # Not "Reason": the next import would take that for what the points were given for.
    return [*imported.head, *([WHICH] if adds_which else []), _("What is wrong")], list(seen.values())


def remembered(kind: str) -> dict[str, str]:
    """What headings meant the last time, by heading."""
    return dict(Heading.objects.filter(kind=kind).values_list("heading", "field"))


def made(imported: UUID, *, after: UUID | None = None) -> QuerySet[Made]:
    """What an import made and was not undone, in the order of its rows' ids; the caller slices."""
    found = Made.objects.filter(source=imported, undone_at=None).order_by("id")
    return found.filter(pk__gt=after) if after else found


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an import is: `stage` is columns, checking, checked, running, done, undoing or undone."""

    stage: str
    checking: Job | None = None
    running: Job | None = None
    undoing: Job | None = None

    @property
    def job(self) -> Job | None:
        """The job that says most of it now."""
        return self.undoing or self.running or self.checking


def standing(imported: Import) -> Standing:
    """How far an import is, by its jobs. A job that is no longer kept ended long ago."""
    keys = [key for key in (imported.checking, imported.running, imported.undoing) if key]
    found = jobs.by_ids(keys)
    checking, running, undoing = (
        found.get(key) if key else None for key in (imported.checking, imported.running, imported.undoing)
    )
    if imported.undoing and (undoing is None or undoing.state == Job.State.DONE):
        stage = "undone"
    elif imported.undoing:
        stage = "undoing" if undoing and undoing.is_open else "done"
    elif imported.running:
        stage = "running" if running and running.is_open else "done"
    elif imported.checking and checking is not None:
        stage = (
            "checking" if checking.is_open else ("checked" if checking.state == Job.State.DONE else "columns")
        )
    else:
        stage = "columns"
    return Standing(stage, checking, running, undoing)


def counted(job: Job | None, name: str) -> int:
    """A figure of a job's result; 0 where there is none."""
    value: Any = job.result.get(name, 0) if job else 0
    return value if isinstance(value, int) else 0


def is_old(imported: Import, at: datetime) -> bool:
    """True when the file is no longer kept: then it can be looked at and undone, not imported again."""
    return imported.file.gone_at is not None or imported.file.forget_at <= at
