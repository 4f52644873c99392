"""Write a list into a file, a stretch of rows at a time. Each row is as it was when its turn came."""

import tempfile
from collections.abc import Iterable, Iterator
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
from loyalty.core.money import exponent
from loyalty.exchange.lists import LISTS, Table
from loyalty.exchange.lists.base import NEVER
from loyalty.exchange.writing import FORMS, Kind, csv_bytes, write_parquet, write_xlsx

MOST_IN_A_SHEET = 1_048_575
_PIECE = 1 << 20


class TooLongForASheet(DomainError):
    code = "too_long_for_a_sheet"
    message = _("A spreadsheet holds 1,048,575 rows, and this list has more. Export it as CSV.")


def write_list(job: Job, at: datetime) -> Step:
    """The next stretch; at the end of a file that cannot be added to, the whole of it out of what was gathered."""
    table, form = LISTS[job.options["list"]], job.options["format"]
    if job.cursor.get("gathered"):
        return _as_whole(job, table, at)
    rows, following = table.read(job.cursor.get("after"))
    file = job.file_id or _begun(table, form, at)
    result = {"rows": job.result.get("rows", 0) + len(rows)}
    if form == "csv":
        content = csv_bytes([table.head, *rows] if not job.cursor else rows, first=not job.cursor)
        storing.append(file, content)
    else:
        if form == "xlsx" and result["rows"] > MOST_IN_A_SHEET:
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
    return storing.begin(name=name, content_type=FORMS[form], at=at).pk


def _as_whole(job: Job, table: Table, at: datetime) -> Step:
    gathered = jobs.file(job.file_id) if job.file_id else None
    if gathered is None:
        raise jobs.FileGone()

    def rows() -> Iterator[list[Any]]:
        for number in range(gathered.parts):
            yield from msgspec.json.decode(jobs.part(gathered.pk, number) or b"[]")

    with tempfile.TemporaryFile() as whole:
        if job.options["format"] == "xlsx":
            write_xlsx(table.head, rows(), whole, title=table.name)
        else:
            places = _places(table, rows())
            write_parquet(table.head, _ending(table, rows()), whole, kinds=table.kinds, places=places)
        whole.seek(0)
        made = storing.store(
            name=gathered.name, content_type=gathered.content_type,
            chunks=iter(lambda: whole.read(_PIECE), b""), at=at,
        )  # fmt: skip
    storing.forget(gathered.pk, at=at)
    return Step(result=job.result, file=made.pk, over=True)


def _places(table: Table, rows: Iterable[list[Any]]) -> int:
    """Digits after the point in which every amount has room: a product may have another currency than the shop."""
    currencies = {shop_of_scope().currency}
    if "currency" in table.head:
        place = table.head.index("currency")
        currencies |= {row[place] for row in rows if row[place]}
    return max(map(exponent, currencies))


def _ending(table: Table, rows: Iterable[list[Any]]) -> Iterator[list[Any]]:
    """The same rows; where an instant is a word for no end, there is none."""
    ends = [kind is Kind.INSTANT for kind in (table.kinds[name] for name in table.head)]
    for row in rows:
        yield [None if is_end and cell == NEVER else cell for cell, is_end in zip(row, ends, strict=True)]
