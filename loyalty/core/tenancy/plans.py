"""How PostgreSQL plans a statement whose values matter.

The serving role keeps one plan per statement for all values (`plan_cache_mode=force_generic_plan`): right for rows
named by key, wrong in two places, each with its remedy here. A partial index can only be used when its condition
stands in the statement: `Fixed`. A sum over a stretch of time is planned by how long the stretch is:
`planned_for_its_values`.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.models import Value

_WORD = re.compile(r"[a-z][a-z0-9_.:]*")


class Fixed(Value):
    """A constant of the code, written into the statement instead of sent beside it: `remaining__gt=Fixed(0)`.

    A whole number or a lower-case word; `ValueError` for anything else, so nothing a person types can be one.
    """

    def __init__(self, value: int | str) -> None:
        if type(value) is not int and not (isinstance(value, str) and _WORD.fullmatch(value)):
            raise ValueError(f"{value!r} is not a constant that can stand in a statement.")
        super().__init__(value)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        return (str(self.value) if isinstance(self.value, int) else f"'{self.value!s}'"), []


def plan_for_values_from_here() -> None:
    """Statements in the rest of the transaction are planned for the values they carry: for a query that is handed on
    and asked later."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_custom_plan")


@contextmanager
def planned_for_its_values() -> Iterator[None]:
    """Statements inside are planned for the values they carry. Needs an open transaction, as every scope is."""
    plan_for_values_from_here()
    yield
    # Reached only without an error: after one the transaction, or its savepoint, takes the setting back itself.
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode TO DEFAULT")
