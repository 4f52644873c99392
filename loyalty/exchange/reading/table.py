"""What kind of file it is, by its content, and its rows under their headings."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from loyalty.exchange.reading import sheet, text
from loyalty.exchange.reading.cells import plain
from loyalty.exchange.reading.refusals import NotReadable

MOST_BYTES = 50 * 1024 * 1024
MOST_ROWS = 500_000
MOST_COLUMNS = 200
# How files begin that are often sent by mistake, or under a name they have no right to.
_OTHERS = (
    (b"%PDF", "PDF"), (b"\x89PNG", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF"), (b"RIFF", "WebP"),
    (b"\x1f\x8b", "GZIP"), (b"7z\xbc\xaf", "7-Zip"), (b"Rar!", "RAR"), (b"\x7fELF", "program"), (b"MZ", "program"),
    (b"{\\rtf", "RTF"), (b"SQLite format 3", "SQLite"),
)  # fmt: skip
_MARKUP = (b"<!doctype", b"<html", b"<?xml", b"<svg", b"<table")


@dataclass(slots=True)
class Table:
    """`head` names the columns; `rows` gives the number a spreadsheet shows beside a row, and as many cells as there
    are columns. Rows without any text are left out. Reading on may raise `NotReadable`."""

    head: list[str]
    rows: Iterator[tuple[int, list[str]]]
    form: str
    encoding: str = ""
    separator: str = ""


def open_table(file: IO[bytes]) -> Table:
    """Read a file that can be searched. Raises `NotReadable`."""
    file.seek(0, 2)
    size = file.tell()
    if size > MOST_BYTES:
        raise NotReadable("too_large", most=MOST_BYTES // 2**20)
    file.seek(0)
    beginning = file.read(512)
    if not beginning.strip():
        raise NotReadable("empty")
    if beginning.startswith(b"PK"):
        return _under_heading(sheet.rows_of(file), "xlsx")
    _refuse_other(beginning)
    encoding, separator, rows = text.rows_of(file)
    table = _under_heading(rows, "csv")
    table.encoding, table.separator = encoding, separator
    return table


def _refuse_other(beginning: bytes) -> None:
    if beginning.startswith(b"\xd0\xcf\x11\xe0"):
        raise NotReadable("old_excel")
    for mark, what in _OTHERS:
        if beginning.startswith(mark):
            raise NotReadable("not_a_table", what=what)
    if beginning.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_MARKUP):
        raise NotReadable("not_a_table", what="HTML")
    if beginning.lstrip()[:1] in (b"{", b"["):
        raise NotReadable("not_a_table", what="JSON")


def _under_heading(rows: Iterator[list[str]], form: str) -> Table:
    numbered = _numbered(rows)
    found = next(numbered, None)
    if found is None:
        raise NotReadable("empty")
    head = [plain(cell).strip()[:200] for cell in found[1]]
    if not any(head):
        raise NotReadable("no_heading")
    return Table(head, _fitted(numbered, len(head)), form)


def _numbered(rows: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Rows with anything in them, within the limits."""
    taken = 0
    for number, cells in enumerate(rows, start=1):
        if len(cells) > MOST_COLUMNS:
            raise NotReadable("too_many_columns", most=MOST_COLUMNS)
        if not any(cell.strip() for cell in cells):
            continue
        taken += 1
        if taken > MOST_ROWS + 1:
            raise NotReadable("too_many_rows", most=f"{MOST_ROWS:,}")
        if max(map(len, cells)) > text.LONGEST_CELL:
            raise NotReadable("long_cell", row=number, most=text.LONGEST_CELL)
        yield number, cells


def _fitted(rows: Iterator[tuple[int, list[str]]], width: int) -> Iterator[tuple[int, list[str]]]:
    """Each with as many cells as there are headings. What stands right of the last heading belongs to nothing."""
    for number, cells in rows:
        yield number, [plain(cell).strip() for cell in cells[:width]] + [""] * (width - len(cells))
