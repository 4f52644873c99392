"""Writing tables for people and their programs: CSV and XLSX, with cells that no spreadsheet runs."""

from loyalty.exchange.writing.tables import CSV_TYPE, XLSX_TYPE, csv_bytes, write_xlsx

__all__ = ["CSV_TYPE", "XLSX_TYPE", "csv_bytes", "write_xlsx"]
