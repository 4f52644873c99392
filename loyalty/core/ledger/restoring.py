"""Books that come back out of an archive, into a shop whose own are empty. Only archives come here: what happens to
points from day to day is posted."""

from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import connection

PARTS = {
    "ledger.Account": "accounts",
    "ledger.Transfer": "transfers",
    "ledger.Lot": "lots",
    "ledger.Entry": "entries",
}
"""The tables of the books by what they are called when they are laid ready."""


def stage(part: str, rows: Sequence[dict[str, Any]]) -> None:
    """Lay rows ready, in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_stage(%s, %s::jsonb)", [part, msgspec.json.encode(list(rows)).decode()])


def restore() -> None:
    """Write everything that lies ready. Raises `IntegrityError` where the books are not empty or the rows do not fit
    together. Nothing that was staged is left."""
    with connection.cursor() as cursor:
        # The function needs its table, also for a shop in whose books nothing was ever written.
        cursor.execute("SELECT ledger_stage('none', '[]'::jsonb)")
        cursor.execute("SELECT ledger_restore()")
