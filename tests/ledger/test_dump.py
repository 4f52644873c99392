"""A backup is only one when it comes back the same: dump, restore, check everything, compare the digest."""

import os
import subprocess
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

import psycopg
import pytest

from loyalty.core import ids
from loyalty.core.ledger import checks, seals
from loyalty.core.ledger.chart import Do, MemberAccount, MerchantAccount, Shortfall
from loyalty.core.ledger.invariants import CHECKS
from loyalty.core.ledger.operations import Posting, post
from loyalty.core.ledger.queries import lots
from loyalty.core.ledger.sealing import seal_books
from loyalty.core.tenancy.scope import acting_for
from tests.cast import MARA
from tests.needs import program

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def some_life() -> None:
    """A little of everything that leaves traces in the books."""
    now = datetime.now(UTC)
    for number in range(20):
        owner = ids.new()
        common = {
            "kind": "test",
            "event": "points.moved",
            "owner": owner,
            "actor": "test",
            "at": now,
            "now": now,
        }
        post(Posting(do=Do.GRANT, key=f"g{number}", amount=100 + number, pending=number % 5 == 0, **common))
        if number % 5:
            held = post(
                Posting(do=Do.SPEND, key=f"s{number}", amount=40, counter=MemberAccount.RESERVED, **common)
            )
            post(Posting(do=Do.COMMIT, key=f"c{number}", of=held.transfer, amount=15,
                         counter=MerchantAccount.REDEEMED, **common))  # fmt: skip
        lot = lots(owner, open_only=False).get()
        post(
            Posting(
                do=Do.TAKE_BACK, key=f"t{number}", lot=lot.pk, amount=90, shortfall=Shortfall.DEBT, **common
            )
        )


def test_a_restored_book_is_the_same_book(luna, tmp_path):
    tomorrow = datetime.now(UTC) + timedelta(days=1, hours=2)
    zone = ZoneInfo("UTC")
    with acting_for(luna, by=MARA):
        some_life()
        seal = seal_books(day=(tomorrow - timedelta(days=1)).date(), zone=zone, at=tomorrow)
        assert seal is not None
        ours = seals.digest(since=None, until=tomorrow, previous=None)
    admin = os.environ["TEST_DATABASE_ADMIN"]
    copy = f"{urlsplit(admin).path[1:]}_copy"
    there = urlunsplit(urlsplit(admin)._replace(path=f"/{copy}"))
    dump = tmp_path / "books.dump"
    subprocess.run([program("pg_dump"), "--format=custom", f"--file={dump}", admin], check=True)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
        connection.execute(f"CREATE DATABASE \"{copy}\" TEMPLATE template0 ENCODING 'UTF8'")
    try:
        # A newer program's settings may be unknown to an older server; what counts is what arrives.
        subprocess.run(
            [program("pg_restore"), f"--dbname={there}", str(dump)], check=False, capture_output=True
        )
        with psycopg.connect(there) as restored:
            digest = seals.digest_with(
                restored.cursor(), merchant=luna.pk, since=None, until=tomorrow, previous=None
            )
            broken = {check.name for check in CHECKS
                      if restored.execute(checks.stated(check.sql, merchant=luna.pk)).fetchall()}  # fmt: skip
            guarded = restored.execute(
                "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'ledger_%'"
            ).fetchone()
            with pytest.raises(psycopg.IntegrityError, match="append-only"):
                restored.execute("UPDATE ledger_entry SET amount = amount + 1")
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{copy}" WITH (FORCE)')
    assert digest == ours
    assert digest.entries > 100
    assert broken == set()
    assert guarded
    assert guarded[0] >= 8
