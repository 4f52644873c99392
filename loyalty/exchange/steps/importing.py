"""The three jobs of an import. Each chunk is one stretch of rows, read and done in one transaction with the note of
where the next begins: a worker that dies in between has done a stretch or has not."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import batched
from uuid import UUID

import msgspec

from loyalty.core.jobs import queries as jobs
from loyalty.core.jobs import storing
from loyalty.core.jobs.kinds import Step
from loyalty.core.jobs.models import Job
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.exchange import kinds, queries
from loyalty.exchange.kinds import Context, Kind, Line, Verdict
from loyalty.exchange.kinds.base import BAD
from loyalty.exchange.models import WHICH, Import, Made
from loyalty.exchange.reading import NotReadable

STRETCH = 500
"""Rows of a chunk: a second of work, so that progress moves and no member waits for long."""
_JSON = "application/json"
_encode = msgspec.json.encode
type _Row = tuple[int, int, int, list[str]]
type _Noted = tuple[int, list[str], list[tuple[str, str, str]], str]


def check(job: Job, at: datetime) -> Step:
    """First cut the file into stretches; then look at one stretch at a time."""
    imported = _about(job)
    if "part" not in job.cursor:
        return _cut(imported, at)
    return _stretch(job, imported, at, kinds.kind(imported.kind).judge)


def run(job: Job, at: datetime) -> Step:
    """Import one stretch at a time. What has become wrong since it was checked is listed, as it was then."""
    imported = _about(job)
    return _stretch(job, imported, at, kinds.kind(imported.kind).carry_out)


def undo(job: Job, at: datetime) -> Step:
    """Undo one stretch of what was made at a time, in the order it was made."""
    imported = _about(job)
    after = UUID(job.cursor["after"]) if job.cursor else None
    rows = list(queries.made(imported.pk, after=after)[: STRETCH // 5])
    result = {"undone": 0, "kept": 0, **job.result}
    if not rows:
        return Step(over=True, result=result, file=job.file_id)
    answers = kinds.kind(imported.kind).undo([row.subject for row in rows], at)
    stays = [(row, why) for row, why in zip(rows, answers, strict=True) if why]
    gone = [row.pk for row, why in zip(rows, answers, strict=True) if not why]
    Made.objects.filter(pk__in=gone).update(undone_at=at)
    result = {**result, "undone": result["undone"] + len(gone), "kept": result["kept"] + len(stays)}
    file = _note(job, at, "kept.json", [(row.number, [], [("", "", why)], "") for row, why in stays],
                 personal=False)  # fmt: skip
    return Step(cursor={"after": str(rows[-1].pk)}, done=len(rows), result=result, file=file)


def _about(job: Job) -> Import:
    if job.about is None:
        raise ValueError("this job is about no import")
    return queries.one(job.about)


# --- the file, cut into stretches ------------------------------------------------------------------------------


def _cut(imported: Import, at: datetime) -> Step:
    """Keep the rows in stretches. Of each the stretch says how many of the same name came before it in the file:
    that is known only now, when all of it is read."""
    of = kinds.kind(imported.kind)
    file = storing.begin(name="rows.json", content_type=_JSON, at=at)
    total = 0
    for stretch in _stretches(of, imported, _context(imported, at)):
        total += len(stretch)
        storing.append_part(file.pk, _encode(stretch))
    if not total:
        raise NotReadable("no_rows")
    imported.rows = storing.close(file.pk)
    imported.save(update_fields=["rows"])
    return Step(cursor={"part": 0}, total=total, result={"ready": 0, "known": 0, "bad": 0})


def _stretches(of: Kind, imported: Import, context: Context) -> Iterator[list[_Row]]:
    seen: dict[str, int] = {}
    times: dict[str, int] = {}
    stretch: list[_Row] = []
    group = ""
    for line, cells, names in _named(of, imported, context):
        number = line.number
        of_group = of.group(line)
        together = bool(of_group) and of_group == group
        if len(stretch) >= STRETCH and not together:  # what belongs together is done together
            yield stretch
            stretch = []
        nth, first = 0, number if names else 0
        for name in names:
            if together and name == of_group:  # the group's own name, in each of its rows
                continue
            if name in seen:
                nth, first = max(nth, times[name]), min(first, seen[name])
            times[name] = times.get(name, 0) + 1
            seen.setdefault(name, number)
        stretch.append((number, nth, first, cells))
        group = of_group
    if stretch:
        yield stretch


def _named(of: Kind, imported: Import, context: Context) -> Iterator[tuple[Line, list[str], Sequence[str]]]:
    """The rows of the file, each with what it is known by."""
    for some in batched(queries.table_of(imported).rows, STRETCH):
        lines = [Line(number, _values(imported, cells)) for number, cells in some]
        for line, (_number, cells), names in zip(lines, some, of.names(lines, context), strict=True):
            yield line, cells, names


def _context(imported: Import, at: datetime) -> Context:
    return Context(shop_of_scope(), at, imported.options, str(imported.pk))


def _values(imported: Import, cells: Sequence[str]) -> dict[str, str]:
    return {name: cell for name, cell in zip(imported.fields, cells, strict=False) if name and cell}


# --- one stretch ------------------------------------------------------------------------------------------------


def _stretch(
    job: Job, imported: Import, at: datetime, do: Callable[[Sequence[Line], Context], list[Verdict]]
) -> Step:
    part = job.cursor.get("part", 0)
    if imported.rows_id is None:
        raise jobs.FileGone()
    jobs.file(imported.rows_id)  # it may have been forgotten since
    rows = queries.rows_of_part(imported.rows_id, part)
    result = {"ready": 0, "known": 0, "bad": 0, "made": 0, **job.result}
    if rows is None:
        return Step(over=True, result=result, file=job.file_id)
    lines = [Line(number, _values(imported, cells), nth, first) for number, nth, first, cells in rows]
    verdicts = do(lines, _context(imported, at))
    for verdict in verdicts:
        result[verdict.state] += 1
    Made.objects.bulk_create(
        [Made(source=imported, number=row.number, subject=row.subject) for row in verdicts if row.subject]
    )
    labels = _labels(imported)
    found = [
        (
            line.number,
            row[3],
            [(labels.get(p.field, ""), p.value, p.reason) for p in verdict.problems],
            _which(imported, line),
        )
        for row, line, verdict in zip(rows, lines, verdicts, strict=True)
        if verdict.state == BAD
    ]
    return Step(
        cursor={"part": part + 1}, done=len(rows), result=result, file=_note(job, at, "bad.json", found)
    )


def _which(imported: Import, line: Line) -> str:
    """Which of those of its name a row is, for a file in which the others will be missing."""
    if not any(field.name == WHICH for field in kinds.kind(imported.kind).fields):
        return ""
    return line.get(WHICH) or (str(line.nth + 1) if line.first else "?")


def _labels(imported: Import) -> dict[str, str]:
    """The headings of the file by field: what is wrong is told by the name the column has there."""
    return {name: head for name, head in zip(imported.fields, imported.head, strict=True) if name}


def _note(job: Job, at: datetime, name: str, rows: list[_Noted], *, personal: bool = True) -> UUID | None:
    """Add to the list of rows that were not taken; the list's file, made when the first is found."""
    if not rows:
        return job.file_id
    file = job.file_id or storing.begin(name=name, content_type=_JSON, at=at, personal=personal).pk
    storing.append_part(file, _encode(rows))
    return file
