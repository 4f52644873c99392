"""The invariants of the books, as SQL that must return no row.

Each check is one grouped statement over a whole book (never a query per row), so that millions of lines are read once
or twice and not once per member. The property tests run them after every step, `verify_books` on demand, a task every
night. Apps above the ledger add their own with `register_check`.

A check selects `(merchant_id, subject, detail)`. In its text `{transfers:t}` stands for "the transfer `t` is asked
about", and so on for `lines`, `accounts`, `lines_of_accounts`, `lots`, `lines_of_lots`; `{merchant:x}` for "the row `x`
is of a merchant that is asked about". With `since` only what was written after an instant is asked about, together
with the whole history of every account and lot it touched.
"""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from loyalty.core.ledger import invariants
from loyalty.core.ledger.carried import first_id
from loyalty.core.ledger.invariants import Check
from loyalty.core.tenancy import scope

_MARK = re.compile(r"\{(\w+):(\w+)\}")
_TABLES = {
    "transfers": "ledger_transfer t WHERE {transfers:t}",
    "lines": "ledger_entry e WHERE {lines:e}",
    "accounts": "ledger_account a WHERE {accounts:a}",
    "lots": "ledger_lot l WHERE {lots:l}",
}
_registered: dict[str, Check] = {}


@dataclass(frozen=True, slots=True)
class Breach:
    """One row that must not be: which check found it, whose it is, what it is about and what is wrong."""

    check: str
    merchant: int
    subject: str
    detail: str

    def __str__(self) -> str:
        return f"{self.check}: merchant {self.merchant}, {self.subject}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Result:
    """One check's run: `rows` it was about, `seconds` it took, what it found."""

    check: Check
    rows: int
    seconds: float
    breaches: list[Breach]


def register_check(name: str, sql: str, *, says: Any, over: str) -> None:
    """Add an invariant of an app above the ledger. Registering the same name again replaces it.

    `sql` selects `(merchant_id, subject, detail)` of what is wrong, with `{merchant:x}` as its filter. `says` is the
    promise in words. `over` is the table whose rows are counted as checked.
    """
    _registered[name] = Check(name, says, over, sql)


def all_checks() -> list[Check]:
    """The ledger's own invariants, then those of the apps above it."""
    return [*invariants.CHECKS, *_registered.values()]


def stated(sql: str, *, merchant: int | None, since: datetime | None = None) -> str:
    """A check's SQL for one merchant or (None) all, with its marks replaced."""
    floor = f"'{first_id(since)}'::uuid" if since else ""

    def book(alias: str) -> str:
        return "true" if merchant is None else f"{alias}.merchant_id = {int(merchant)}"

    def touched(column: str, name: str) -> str:
        # Made of names written here and numbers; nothing comes from outside.
        return (
            f" AND {name} IN (SELECT x.{column} FROM ledger_entry x"  # noqa: S608
            f" WHERE {book('x')} AND x.transfer_id >= {floor}"
            f" AND x.{column} IS NOT NULL AND x.version IS NOT NULL)"
        )

    def replace(mark: re.Match[str]) -> str:
        what, alias = mark.groups()
        narrow = {
            "merchant": "",
            "transfers": f" AND {alias}.id >= {floor}",
            "lines": f" AND {alias}.transfer_id >= {floor}",
            "accounts": touched("account_id", f"{alias}.id"),
            "lines_of_accounts": touched("account_id", f"{alias}.account_id"),
            "lots": touched("lot_id", f"{alias}.id"),
            "lines_of_lots": touched("lot_id", f"{alias}.lot_id"),
        }[what]
        return f"{book(alias)}{narrow if since else ''}"

    return _MARK.sub(replace, sql)


def run(checks: Iterable[Check] | None = None, *, since: datetime | None = None) -> list[Result]:
    """Run the checks for the merchant in scope, or for all in a scope that spans merchants; one result each."""
    merchant = scope.current().merchant_id
    counted: dict[str, int] = {}
    results = []
    with connection.cursor() as cursor:
        for check in all_checks() if checks is None else checks:
            if check.over not in counted:
                table = _TABLES.get(check.over, f"{check.over} x WHERE {{merchant:x}}")
                cursor.execute(f"SELECT count(*) FROM {stated(table, merchant=merchant, since=since)}")  # noqa: S608
                counted[check.over] = cursor.fetchone()[0]
            started = time.perf_counter()
            cursor.execute(stated(check.sql, merchant=merchant, since=since))
            breaches = [Breach(check.name, row[0], str(row[1]), str(row[2])) for row in cursor.fetchall()]
            results.append(Result(check, counted[check.over], time.perf_counter() - started, breaches))
    return results


def verify(*, since: datetime | None = None) -> list[Breach]:
    """Everything that is wrong with the books in scope; empty when they are right."""
    return [breach for result in run(since=since) for breach in result.breaches]


def as_one_query(checks: Iterable[Check], *, merchant: int) -> str:
    """Several checks as one statement selecting `(check, merchant_id, subject, detail)`: for asking very often."""
    return " UNION ALL ".join(
        f"SELECT '{check.name}', found.merchant_id, found.subject::text, found.detail::text"  # noqa: S608
        f" FROM ({stated(check.sql, merchant=merchant)}) AS found(merchant_id, subject, detail)"
        for check in checks
    )
