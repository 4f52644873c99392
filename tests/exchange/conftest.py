"""Files as people send them, and an import from beginning to end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from loyalty.core import clock
from loyalty.core.jobs import queries as jobs
from loyalty.core.jobs import tasks
from loyalty.core.jobs.models import Job
from loyalty.exchange import operations, queries
from loyalty.exchange.models import Import


def csv_of(head: str, *rows: str) -> bytes:
    """A CSV file in UTF-8."""
    return "\n".join([head, *rows, ""]).encode()


@dataclass
class Sent:
    """An import and its jobs."""

    imported: Import

    def _job(self, name: str) -> Job:
        self.imported = queries.one(self.imported.pk)
        return jobs.job(getattr(self.imported, name))

    @property
    def checked(self) -> dict[str, int]:
        """What checking found, by state."""
        return self._job("checking").result

    @property
    def done(self) -> dict[str, int]:
        """What importing did, by state."""
        return self._job("running").result

    def bad(self, of: str = "checking") -> list[tuple[int, str, str]]:
        """`(row, column, sentence)` of what was not taken."""
        rows = queries.bad_rows(self._job(of))
        return [(row.number, column, text) for row in rows for column, _value, text in row.problems]

    def to_fix(self) -> list[list[str]]:
        """The file of rows to fix that can be downloaded: its head, and its rows."""
        head, rows = queries.to_fix(queries.one(self.imported.pk), self._job("checking"))
        return [head, *rows]

    def run(self) -> "Sent":
        """Import what is ready."""
        operations.run_import(imported=self.imported.pk, at=clock.now())
        tasks.run_waiting()
        assert self._job("running").state == "done", self._job("running").error
        return self

    def undo(self) -> dict[str, int]:
        """Undo it; how many were undone and kept."""
        operations.undo_import(imported=self.imported.pk, at=clock.now())
        tasks.run_waiting()
        assert self._job("undoing").state == "done", self._job("undoing").error
        return self._job("undoing").result


type Send = Callable[..., Sent]


@pytest.fixture
def send() -> Send:
    """Send a file and have it checked. Columns are recognised unless `fields` says what they are."""

    def sent(
        kind: str, content: bytes, *, fields: Sequence[str] | None = None, name: str = "file.csv", **options: Any
    ) -> Sent:  # fmt: skip
        made = operations.begin_import(kind=kind, name=name, chunks=[content], at=clock.now())
        wanted: Mapping[str, Any] = options
        operations.check_import(
            imported=made.pk, fields=fields or made.fields, options=wanted, at=clock.now()
        )
        tasks.run_waiting()
        found = Sent(made)
        assert found._job("checking").state == "done", found._job("checking").error
        return found

    return sent
