"""A whole shop as one file, and back."""

from loyalty.exchange.archive.reading import MOST_BYTES, ArchiveRefused, peek, read_archive
from loyalty.exchange.archive.tables import LEFT_OUT, OTHER_APPS, tables
from loyalty.exchange.archive.writing import write_archive

__all__ = [
    "LEFT_OUT",
    "MOST_BYTES",
    "OTHER_APPS",
    "ArchiveRefused",
    "peek",
    "read_archive",
    "tables",
    "write_archive",
]
