"""Reading tables that people bring: CSV in any dress, and XLSX. Everything that is not a table is refused in words."""

from loyalty.exchange.reading.cells import plain, protected
from loyalty.exchange.reading.refusals import NotReadable
from loyalty.exchange.reading.table import MOST_BYTES, MOST_ROWS, Table, open_table

__all__ = ["MOST_BYTES", "MOST_ROWS", "NotReadable", "Table", "open_table", "plain", "protected"]
