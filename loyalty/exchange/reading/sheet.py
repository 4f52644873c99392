"""XLSX: the first sheet of a workbook, read row by row. A workbook is a zip of XML and is trusted as little as both."""

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import IO, Any

from openpyxl import DEFUSEDXML, load_workbook

from loyalty.exchange.reading.refusals import NotReadable

MOST_UNPACKED = 400 * 1024 * 1024
MOST_FILES = 2000
MOST_TIMES = 200
"""A file in a real workbook shrinks to a tenth; one that grows more than this when it is unpacked is a trap."""
_SMALL = 2 * 1024 * 1024
_LONGEST_GAP = 1000

if not DEFUSEDXML:  # entities that grow without end, and those that read other files
    raise RuntimeError("openpyxl has to read XML with defusedxml")


def refuse_traps(file: IO[bytes]) -> None:
    """Look at the zip before anything is unpacked. Raises `NotReadable`."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as packed:
            entries = packed.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise NotReadable("damaged") from None
    names = {entry.filename for entry in entries}
    if "xl/workbook.xml" not in names:
        raise NotReadable("not_a_table", what="ZIP")
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise NotReadable("old_excel")
    sizes = [(entry.file_size, max(entry.compress_size, 1)) for entry in entries]
    too_dense = any(size > _SMALL and size > packed_size * MOST_TIMES for size, packed_size in sizes)
    if len(entries) > MOST_FILES or sum(size for size, _packed in sizes) > MOST_UNPACKED or too_dense:
        raise NotReadable("bomb")


def rows_of(file: IO[bytes]) -> Iterator[list[str]]:
    """The rows of the first sheet as texts. Raises `NotReadable`, also while they are read."""
    refuse_traps(file)
    file.seek(0)
    try:
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what a file says of its size is not believed
        empty = 0
        for row in sheet.iter_rows(values_only=True):
            cells = [_text(value) for value in row]
            while cells and not cells[-1]:
                cells.pop()
            empty = 0 if cells else empty + 1
            if empty > _LONGEST_GAP:  # a stray mark far below the table
                break
            yield cells
        book.close()
    except NotReadable:
        raise
    except MemoryError:
        raise NotReadable("bomb") from None
    except Exception:  # noqa: BLE001 - whatever a hostile or broken workbook makes the library raise
        raise NotReadable("damaged") from None


def _text(value: Any) -> str:
    """A cell as CSV would write it: dates as 2026-03-02, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else _decimal(repr(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _decimal(text: str) -> str:
    """A number as text. Three decimals get a fourth: nobody is to take the point for one that parts thousands."""
    return f"{text}0" if re.fullmatch(r"-?[1-9]\d{0,2}\.\d{3}", text) else text
