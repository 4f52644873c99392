"""Writing tables for people and their programs: CSV, XLSX and Parquet, with cells that no spreadsheet runs."""

from loyalty.exchange.writing.parquet import PARQUET_TYPE, Kind, write_parquet
from loyalty.exchange.writing.tables import (
    CSV_TYPE,
    XLSX_TYPE,
    Sheet,
    csv_bytes,
    write_book,
    write_csv,
    write_xlsx,
)

__all__ = [
    "CSV_TYPE",
    "FORMS",
    "PARQUET_TYPE",
    "XLSX_TYPE",
    "Kind",
    "Sheet",
    "csv_bytes",
    "write_book",
    "write_csv",
    "write_parquet",
    "write_xlsx",
]

FORMS = {"csv": CSV_TYPE, "xlsx": XLSX_TYPE, "parquet": PARQUET_TYPE}
"""The forms of a file by the ending of its name, and what each is called in an answer."""
