"""Tables as files for download: the one place where the form of a file is chosen, `?as=` csv, xlsx or parquet."""

import tempfile
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import FileResponse, HttpRequest

from analytics.charts.base import Chart
from loyalty.exchange.writing import FORMS, XLSX_TYPE, Sheet, write_book, write_csv, write_parquet, write_xlsx

_IN_MEMORY = 5_000_000


def download(
    request: HttpRequest, name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]
) -> FileResponse:
    """A table in the form that the address asks for; CSV where it asks for none that there is. `name` is without an
    ending. Cells are whole numbers, decimals (money), days and instants as such, not texts of them.

    Everything is written before the answer starts, while the scope is still open. Large files wait on disk.
    """
    asked = request.GET.get("as", "csv")
    form = asked if asked in FORMS else "csv"
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  (the response closes it)
    head = [str(text) for text in head]
    if form == "xlsx":
        write_xlsx(head, rows, file, title=name)
    elif form == "parquet":
        write_parquet(head, rows, file)
    else:
        write_csv(head, rows, file)
    return _sent(file, f"{name}.{form}", FORMS[form])


def chart_file(request: HttpRequest, name: str, chart: Chart) -> FileResponse:
    """The table of a chart: plain numbers, nothing where nothing is known."""
    return download(request, name, chart.heads, chart.rows)


def workbook(name: str, sheets: Sequence[Sheet]) -> FileResponse:
    """Several tables in one spreadsheet, a sheet each."""
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  (the response closes it)
    write_book(sheets, file)
    return _sent(file, name, XLSX_TYPE)


def _sent(file: Any, name: str, content_type: str) -> FileResponse:
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type=content_type)
