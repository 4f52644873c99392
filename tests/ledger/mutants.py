"""Mistakes that someone could make in the functions that post, each as a replacement of its text.

A proof that cannot fail proves nothing: every one of these must be found, by the machine or by a named test.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

import loyalty.core.ledger

SOURCE = "".join(
    (Path(loyalty.core.ledger.__file__).parent / name).read_text()
    for name in ("functions.sql", "bulk.sql", "rights.sql")
)


@dataclass(frozen=True)
class Mutant:
    """`old` becomes `new`, everywhere it stands; `old` must stand somewhere."""

    name: str
    old: str
    new: str

    def text(self) -> str:
        assert self.old in SOURCE, f"{self.name}: the function no longer says this"
        return SOURCE.replace(self.old, self.new)


# Found by a story, not by chance: points that live beside a debt take a late spending to see.
OWED_SPENT = Mutant("what is owed can be spent", "sum(remaining), 0) + a_balance[4]", "sum(remaining), 0)")

MUTANTS = (
    Mutant("a key is never looked up", "IF FOUND THEN\n        IF earlier", "IF false THEN\n        IF earlier"),
    Mutant("a reused key answers as a replay", "IF earlier.fingerprint <> t_print", "IF false"),
    Mutant("the longest-lived lot is spent first", "ORDER BY expires_at, id LOOP\n            take := least(left_over,"
           " lot_row.remaining);\n            e_acc := e_acc || 1; e_lot := e_lot || lot_row.id; e_amount := e_amount"
           " || -take;\n            l_id := l_id || lot_row.id; l_delta := l_delta || -take;\n            IF",
           "ORDER BY expires_at DESC NULLS FIRST, id DESC LOOP\n            take := least(left_over,"
           " lot_row.remaining);\n            e_acc := e_acc || 1; e_lot := e_lot || lot_row.id; e_amount := e_amount"
           " || -take;\n            l_id := l_id || lot_row.id; l_delta := l_delta || -take;\n            IF"),
    Mutant("what is over can be spent", "AND remaining > 0 AND NOT pending\n                          AND"
           " (expires_at IS NULL OR expires_at > t_at)", "AND remaining > 0 AND NOT pending"),
    Mutant("what is owed is not settled by a grant", "IF a_balance[4] < 0 AND NOT coalesce(", "IF false AND NOT coalesce("),
    Mutant("what comes back does not settle what is owed", "IF t_do <> 'commit' AND left_over > 0", "IF false"),
    Mutant("what comes back goes to the lot that ends first", "THEN l.expires_at END DESC NULLS FIRST",
           "THEN l.expires_at END"),
    Mutant("more is taken back than was granted", "IF t_amount > lot_row.granted - earlier.taken THEN", "IF false THEN"),
    Mutant("pending points can be spent", "AND account_id = a_id[1] AND remaining > 0 AND NOT pending",
           "AND account_id = a_id[1] AND remaining > 0"),
    Mutant("the hash forgets the one before", "sha256(coalesce(a_head[k], ''::bytea) ||", "sha256("),
    Mutant("a reservation is committed twice", "d.amount - coalesce(s.amount, 0) AS amount", "d.amount AS amount"),
    Mutant("every line has the same version", "a_version[k] := a_version[k] + 1", "a_version[k] := a_version[k] + 2"),
    Mutant("grace revives what was not over", "AND expires_at <= t_at THEN greatest(expires_at, grace)",
           "THEN greatest(expires_at, grace)"),
    Mutant("an activation can happen twice", "AND account_id = a_id[1] AND pending AND remaining > 0;",
           "AND account_id = a_id[1] AND remaining > 0;"),
    Mutant("the event tells of another transfer", "jsonb_build_object('transfer', t_id",
           "jsonb_build_object('transfer', gen_random_uuid()"),
)  # fmt: skip


@contextmanager
def installed(text: str, *, afterwards: str = SOURCE) -> Iterator[None]:
    """The test database works by this text; afterwards by the real one again."""
    with psycopg.connect(os.environ["TEST_DATABASE_ADMIN"], autocommit=True) as admin:
        admin.execute("SET ROLE loyalty_owner")
        try:
            admin.execute(text)
            yield
        finally:
            admin.execute(afterwards)
