"""Rows as CSV or XLSX. Texts are protected by the rule of `reading.cells`; numbers stay numbers."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
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
type Sheet = tuple[str, Sequence[str], Iterable[Sequence[Any]]]
"""Its name, its heads and its rows."""


def _cell(value: Any) -> str | int | float | Decimal:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        return value
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return protected(str(value))


def _written(value: Any) -> str | int | float:
    """A cell of CSV: a decimal number never with an exponent."""
    cell = _cell(value)
    return f"{cell:f}" if isinstance(cell, Decimal) else cell


def csv_bytes(rows: Iterable[Sequence[Any]], *, first: bool = False) -> bytes:
    """Rows as CSV; `first` begins a file."""
    text = io.StringIO()
    csv.writer(text).writerows([_written(value) for value in row] for row in rows)
    return ((MARK if first else "") + text.getvalue()).encode()


def write_csv(head: Sequence[str], rows: Iterable[Sequence[Any]], into: IO[bytes]) -> None:
    """A whole file of CSV, written as the rows come."""
    into.write(csv_bytes([head], first=True))
    text = io.TextIOWrapper(into, encoding="utf-8", newline="")
    csv.writer(text).writerows([_written(value) for value in row] for row in rows)
    text.flush()
    text.detach()


def write_xlsx(head: Sequence[str], rows: Iterable[Sequence[Any]], into: IO[bytes], *, title: str) -> None:
    """A workbook with one sheet, written as the rows come."""
    write_book([(title, head, rows)], into)


def write_book(sheets: Iterable[Sheet], into: IO[bytes]) -> None:
    """A workbook, written as the rows come. Numbers beyond 15 digits are texts: spreadsheets round them."""
    book = Workbook(write_only=True)
    for title, head, rows in sheets:
        sheet = book.create_sheet("".join(" " if letter in "[]:*?/\\" else letter for letter in title)[:31])
        sheet.freeze_panes = "A2"
        names = []
        for name in head:
            cell = WriteOnlyCell(sheet, value=_kept(_cell(name)))
            cell.font = Font(bold=True)
            names.append(cell)
        sheet.append(names)
        for row in rows:
            sheet.append([_kept(_cell(value)) for value in row])
    book.save(into)


def _kept(value: str | int | float | Decimal) -> str | int | float:
    if isinstance(value, str):
        return ILLEGAL_CHARACTERS_RE.sub("\ufffd", value)[:32_767]
    number = float(value) if isinstance(value, Decimal) else value
    return str(value) if abs(number) >= 10**15 else number
