"""Rows as CSV or XLSX. Texts are protected by the rule of `reading.cells`; numbers stay numbers."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from loyalty.exchange.reading.cells import protected

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MARK = "\ufeff"
"""What spreadsheets look for to know that a CSV file is UTF-8."""


def _cell(value: Any) -> str | int:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    return protected(str(value))


def csv_bytes(rows: Iterable[Sequence[Any]], *, first: bool = False) -> bytes:
    """Rows as CSV; `first` begins a file."""
    text = io.StringIO()
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
    return ((MARK if first else "") + text.getvalue()).encode()


def write_xlsx(head: Sequence[str], rows: Iterable[Sequence[Any]], into: IO[bytes], *, title: str) -> None:
    """A workbook with one sheet, written as the rows come. Numbers beyond 15 digits are texts: spreadsheets round
    them."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    names = []
    for name in head:
        cell = WriteOnlyCell(sheet, value=name)
        cell.font = Font(bold=True)
        names.append(cell)
    sheet.append(names)
    for row in rows:
        sheet.append([_kept(_cell(value)) for value in row])
    book.save(into)


def _kept(value: str | int) -> str | int:
    if isinstance(value, int):
        return value if abs(value) < 10**15 else str(value)
    return ILLEGAL_CHARACTERS_RE.sub("\ufffd", value)[:32_767]
