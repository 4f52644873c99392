"""A table as Parquet: its columns have types, its cells are what they were, and nothing loads pyarrow before."""

import io
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from pyarrow import parquet

from loyalty.exchange.writing import Kind, csv_bytes, write_parquet

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CELLS = {
    "text": (["a", "=1+1", "+46", "-"], "string"),
    "whole": ([1, -2, 2**62, 0], "int64"),
    "money": ([Decimal("1.50"), Decimal("-0.05"), Decimal("12345678901234567.89"), 3], "decimal128(38, 2)"),
    "share": ([0.25, 1, -3.5, 0.0], "double"),
    "day": ([date(2026, 3, 2), date(1981, 5, 17), date(2000, 2, 29), date(1, 1, 1)], "date32[day]"),
    "instant": (
        [NOON, NOON.astimezone(timezone(timedelta(hours=1))), NOON + timedelta(days=1), NOON],
        "timestamp[us, tz=UTC]",
    ),
    "yes": ([True, False, True, True], "bool"),
}


def file_of(head: list[str], rows: Any, **told: Any) -> Any:
    file = io.BytesIO()
    write_parquet(head, rows, file, **told)
    return parquet.read_table(io.BytesIO(file.getvalue()))


@pytest.mark.parametrize("name", CELLS)
def test_each_kind_of_cell_comes_back_as_it_went(name: str) -> None:
    cells, type_ = CELLS[name]
    found = file_of([name], ([cell] for cell in cells))
    assert found.column(name).to_pylist() == cells
    assert str(found.schema.field(name).type) == type_


def test_nothing_is_null_whatever_the_column_is() -> None:
    head = list(CELLS)
    rows = [list(row) for row in zip(*(cells for cells, _type in CELLS.values()), strict=True)]
    found = file_of(head, [[None] * len(head), *rows, [""] * len(head)])
    for name, (cells, type_) in CELLS.items():
        assert found.column(name).to_pylist() == [None, *cells, None]
        assert str(found.schema.field(name).type) == type_


def test_a_column_of_differing_cells_is_text_as_in_csv() -> None:
    cells = ["x", 7, Decimal("0.10"), date(2026, 3, 2), NOON, True, 1.5]
    found = file_of(["all"], ([cell] for cell in cells))
    assert found.column("all").to_pylist() == csv_bytes([cell] for cell in cells).decode().split()


def test_a_column_may_change_after_thousands_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loyalty.exchange.writing.parquet._STRETCH", 2)
    cells = [
        [None, 1, 1, None],
        [None, 2, 2, None],
        [3, Decimal("0.125"), "x", None],
        [Decimal("1.5"), 4, None, None],
        [5, 5, 5, None],
    ]
    found = file_of(["a", "b", "c", "d"], cells)
    assert found.column("a").to_pylist() == [None, None, 3, Decimal("1.5"), 5]
    assert found.column("b").to_pylist() == [1, 2, Decimal("0.125"), 4, 5]
    assert found.column("c").to_pylist() == ["1", "2", "x", None, "5"]
    assert found.column("d").to_pylist() == [None] * 5
    assert [str(field.type) for field in found.schema] == [
        "decimal128(38, 1)",
        "decimal128(38, 3)",
        "string",
        "string",
    ]


def test_what_is_told_counts_for_texts_too_and_for_a_file_without_rows() -> None:
    kinds = {
        "n": Kind.WHOLE,
        "m": Kind.DECIMAL,
        "d": Kind.DAY,
        "i": Kind.INSTANT,
        "y": Kind.YES,
        "q": Kind.NUMBER,
    }
    head = ["n", "m", "d", "i", "y", "q", "t"]
    types = ["int64", "decimal128(38, 3)", "date32[day]", "timestamp[us, tz=UTC]", "bool", "double", "string"]
    empty = file_of(head, [], kinds=kinds, places=3)
    assert [str(field.type) for field in empty.schema] == types
    row = ["12", "0.125", "2026-03-02", "2026-03-02T13:00:00+01:00", True, "1.5", "=x"]
    found = file_of(head, [row], kinds=kinds, places=3)
    assert found.to_pylist() == [
        {"n": 12, "m": Decimal("0.125"), "d": date(2026, 3, 2), "i": NOON, "y": True, "q": 1.5, "t": "=x"}
    ]
    assert found.schema == empty.schema
    with pytest.raises(ValueError, match="never"):
        file_of(["i"], [["never"]], kinds=kinds)


def test_columns_are_known_by_their_names() -> None:
    found = file_of(["Name", "", "Name"], [[1, 2, 3]])
    assert found.to_pylist() == [{"Name": 1, "2": 2, "Name 2": 3}]


def test_a_process_that_writes_no_such_file_never_loads_pyarrow() -> None:
    code = (
        "import sys, django\ndjango.setup()\nimport loyalty.urls, loyalty.celery, loyalty.exchange.steps.exporting\n"
        "assert 'pyarrow' not in sys.modules\n"
        "import io; from loyalty.exchange.writing import write_parquet\nwrite_parquet(['a'], [[1]], io.BytesIO())\n"
        "assert 'pyarrow' in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "DJANGO_SETTINGS_MODULE": "loyalty.settings"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
