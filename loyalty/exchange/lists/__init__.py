"""The lists that can be exported: their columns, and their rows a stretch at a time."""

from loyalty.exchange.lists.base import Page, Table
from loyalty.exchange.lists.tables import LISTS

__all__ = ["LISTS", "Page", "Table"]
