"""CSV: which letters, which separator, which rows. Reads a stream, never the whole file at once."""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import IO

from loyalty.exchange.reading.refusals import NotReadable

SEPARATORS = (",", ";", "\t", "|")
LONGEST_CELL = 5000
_SAMPLE = 64 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Bytes that Windows' western alphabet leaves empty, and Latin-1 gives to controls that no text has.
_UNASSIGNED = (0x81, 0x8D, 0x8F, 0x90, 0x9D)


def encoding_of(file: IO[bytes]) -> str:
    """The name of the encoding: by its mark, by the zeros of UTF-16, UTF-8 when all of it is, else a western one."""
    file.seek(0)
    head = file.read(_SAMPLE)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if head.count(0):
        return _without_mark(head)
    decoder, western = codecs.getincrementaldecoder("utf-8")(), set(_UNASSIGNED)
    chunk, is_utf8, is_windows = head, True, True
    while chunk:
        if is_utf8:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                is_utf8 = False
        is_windows = is_windows and western.isdisjoint(chunk)
        chunk = file.read(_SAMPLE)
    if is_utf8:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8 = False
    return "utf-8" if is_utf8 else "cp1252" if is_windows else "latin-1"


def _without_mark(head: bytes) -> str:
    """UTF-16 whose writer left the mark out: of a western text every second byte is zero."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > len(head) // 4 > even:
        return "utf-16-le"
    if even > len(head) // 4 > odd:
        return "utf-16-be"
    raise NotReadable("nul")


def separator_of(sample: str) -> str:
    """The separator that cuts the first rows into the most equal number of columns, more than one."""
    best, found = (0, 0), ","
    for separator in SEPARATORS:
        try:
            rows = [row for row in csv.reader(io.StringIO(sample), delimiter=separator) if row][:20]
        except csv.Error:
            continue
        if not rows or len(rows[0]) < 2:
            continue
        alike = sum(len(row) == len(rows[0]) for row in rows)
        if (alike, len(rows[0])) > best:
            best, found = (alike, len(rows[0])), separator
    return found


def rows_of(file: IO[bytes]) -> tuple[str, str, Iterator[list[str]]]:
    """The encoding, the separator and the rows of a CSV file. Raises `NotReadable`, also while the rows are read."""
    encoding = encoding_of(file)
    file.seek(0)
    raw = file.read(_SAMPLE)
    sample = codecs.getincrementaldecoder(encoding)(errors="replace").decode(raw)
    complete = sample if len(raw) < _SAMPLE else sample.rpartition("\n")[0] or sample
    separator = separator_of(complete)
    return encoding, separator, _rows(file, encoding, separator)


def _rows(file: IO[bytes], encoding: str, separator: str) -> Iterator[list[str]]:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    number = 0
    try:
        for row in csv.reader(_lines(text), delimiter=separator, strict=True):
            number += 1
            yield row
    except csv.Error as error:
        long = "field limit" in str(error)
        raise NotReadable("long_cell" if long else "quotes", row=number + 1, most=LONGEST_CELL) from None
    except UnicodeError:
        raise NotReadable("encoding") from None
    finally:
        if not text.closed:  # who stopped reading half-way may have closed the file before this ends
            text.detach()


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    for line in text:
        if "\x00" in line:
            raise NotReadable("nul")
        yield line
