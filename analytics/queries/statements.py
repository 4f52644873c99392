"""The SQL of facts and of the rows behind figures: one file each, with its parameters by name."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection

from loyalty.core.tenancy import scope
from loyalty.core.tenancy.plans import planned_for_its_values

_FOLDER = Path(__file__).resolve().parent.parent / "sql"


@cache
def _text(name: str) -> str:
    return (_FOLDER / f"{name}.sql").read_text()


def answer(name: str, values: Mapping[str, Any], *, endings: Sequence[str] = ()) -> list[tuple[Any, ...]]:
    """The rows of the statement in `sql/<name>.sql`, for the merchant acted for. `endings` that several
    statements share have files of their own."""
    with planned_for_its_values(), connection.cursor() as cursor:
        cursor.execute(
            "".join(_text(part) for part in (name, *endings)), {**values, "merchant": scope.merchant_id()}
        )
        return cursor.fetchall()


def carry_out(name: str, values: Mapping[str, Any]) -> None:
    """Run a statement that answers nothing."""
    with planned_for_its_values(), connection.cursor() as cursor:
        cursor.execute(_text(name), {**values, "merchant": scope.merchant_id()})
