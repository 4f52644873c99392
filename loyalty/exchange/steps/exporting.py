"""Write a list into a file, a stretch of rows at a time. Each row is as it was when its turn came."""

import tempfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError
from loyalty.core.jobs import queries as jobs
from loyalty.core.jobs import storing
from loyalty.core.jobs.kinds import Step
from loyalty.core.jobs.models import Job
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.exchange.lists import LISTS, Table
from loyalty.exchange.writing import CSV_TYPE, XLSX_TYPE, csv_bytes, write_xlsx

MOST_IN_A_SHEET = 1_048_575
_PIECE = 1 << 20


class TooLongForASheet(DomainError):
    code = "too_long_for_a_sheet"
    message = _("A spreadsheet holds 1,048,575 rows, and this list has more. Export it as CSV.")


def write_list(job: Job, at: datetime) -> Step:
    """The next stretch; at the end of a spreadsheet, the whole of it out of what was gathered."""
    table, form = LISTS[job.options["list"]], job.options["format"]
    if job.cursor.get("gathered"):
        return _as_sheet(job, table, at)
    rows, following = table.read(job.cursor.get("after"))
    file = job.file_id or _begun(table, form, at)
    result = {"rows": job.result.get("rows", 0) + len(rows)}
    if form == "csv":
        content = csv_bytes([table.head, *rows] if not job.cursor else rows, first=not job.cursor)
        storing.append(file, content)
    else:
        if result["rows"] > MOST_IN_A_SHEET:
            raise TooLongForASheet()
        storing.append_part(file, msgspec.json.encode(rows, enc_hook=str))
    if following is not None:
        total = job.total if job.total is not None else table.count()
        return Step(cursor={"after": following}, done=len(rows), total=total, result=result, file=file)
    if form == "csv":
        return Step(
            done=len(rows), total=result["rows"], result=result, file=storing.close(file).pk, over=True
        )
    return Step(cursor={"gathered": True}, done=len(rows), total=result["rows"], result=result, file=file)


def _begun(table: Table, form: str, at: datetime) -> Any:
    slug = shop_of_scope().slug
    name = f"{slug}-{table.name}-{at:%Y-%m-%d}.{form}"
    return storing.begin(name=name, content_type=CSV_TYPE if form == "csv" else XLSX_TYPE, at=at).pk


def _as_sheet(job: Job, table: Table, at: datetime) -> Step:
    gathered = jobs.file(job.file_id) if job.file_id else None
    if gathered is None:
        raise jobs.FileGone()

    def rows() -> Iterator[list[Any]]:
        for number in range(gathered.parts):
            yield from msgspec.json.decode(jobs.part(gathered.pk, number) or b"[]")

    with tempfile.TemporaryFile() as book:
        write_xlsx(table.head, rows(), book, title=table.name)
        book.seek(0)
        made = storing.store(
            name=gathered.name, content_type=XLSX_TYPE, chunks=iter(lambda: book.read(_PIECE), b""), at=at
        )
    storing.forget(gathered.pk, at=at)
    return Step(result=job.result, file=made.pk, over=True)
