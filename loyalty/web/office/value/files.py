"""Tables as files: CSV for anybody, XLSX where numbers should stay numbers."""

import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.http import FileResponse, HttpRequest
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from loyalty.web.office.lists import spreadsheet

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_RISKY = ("=", "+", "-", "@", "\t", "\r")
type Sheet = tuple[str, Sequence[str], Iterable[Sequence[Any]]]
"""Its name, its heads and its rows."""


def asked_for(
    request: HttpRequest, name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]
) -> FileResponse:
    """One table in the form that the address asks for: `?as=xlsx`, else CSV. `name` is without an ending."""
    if request.GET.get("as") == "xlsx":
        return workbook(f"{name}.xlsx", [(name, head, rows)])
    return spreadsheet(f"{name}.csv", head, rows)


def workbook(name: str, sheets: Sequence[Sheet]) -> FileResponse:
    """Several tables in one file, a sheet each. Text that a spreadsheet would run gets an apostrophe before it."""
    book = Workbook(write_only=True)
    for title, head, rows in sheets:
        sheet = book.create_sheet(_title(title))
        sheet.freeze_panes = "A2"
        heads = []
        for text in head:
            cell = WriteOnlyCell(sheet, value=_cell(text))
            cell.font = Font(bold=True)
            heads.append(cell)
        sheet.append(heads)
        for row in rows:
            sheet.append([_cell(value) for value in row])
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)


def _title(text: str) -> str:
    return "".join(" " if letter in "[]:*?/\\" else letter for letter in text)[:31]


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, Decimal):
        return float(value)
    text = str(value)
    return f"'{text}" if text.startswith(_RISKY) else text
