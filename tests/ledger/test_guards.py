"""What the database itself refuses, whatever the code above it does: nearly everything to the role that serves, and a
lot to the functions that post. What is written by hand has the rights of those."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest
from django.db import Error, IntegrityError, connection, transaction
from django.db.utils import InternalError, ProgrammingError

from loyalty.core import ids
from loyalty.core.ledger import checks
from loyalty.core.ledger.chart import Do, MemberAccount
from loyalty.core.ledger.operations import Posted, Posting, post
from loyalty.core.tenancy.scope import acting_for
from members.operations.membership import block
from tests.cast import AT, MARA, OTTO
from tests.ledger.hand import by_hand


def sql(statement: str, *params: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall() if cursor.description else []


def give(owner: UUID, amount: int, key: str = "") -> Posted:
    return post(Posting(do=Do.GRANT, key=key or f"give-{ids.new()}", kind="earn", event="points.earned", owner=owner,
                        actor="test", at=AT, now=AT, amount=amount))  # fmt: skip


def account(owner: UUID | None, kind: str = "available") -> UUID:
    return sql(
        "SELECT id FROM ledger_account WHERE owner IS NOT DISTINCT FROM %s AND kind = %s", owner, kind
    )[0][0]


def transfer() -> UUID:
    """A transfer's row without its lines; the lines are what a test is about."""
    new = ids.new()
    by_hand("INSERT INTO ledger_transfer (id, merchant_id, key, fingerprint, kind, move, unit, owner, amount, shortfall,"
        " source_kind, rule, actor, reason, happened_at, recorded_at) SELECT %s, merchant_id, %s, gen_random_uuid(),"
        " 'x', 'grant', 'points', owner, 1, 0, '', '', 'test', '', now(), now() FROM ledger_transfer LIMIT 1",
        new, f"forged-{new}")  # fmt: skip
    return new


def lines(transfer_id: UUID, *parts: tuple[UUID, int, int | None, int | None]) -> None:
    """Insert `(account, amount, version, balance_after)` lines in one statement."""
    line = (
        "(current_setting('app.merchant_id')::bigint, %s::uuid, %s::smallint, %s::uuid, 'points', %s::bigint,"
        " %s::bigint, %s::bigint, CASE WHEN %s THEN sha256('x') END)"
    )
    values = ", ".join([line] * len(parts))
    params: list[object] = []
    for number, (target, amount, version, after) in enumerate(parts, 1):
        params += [transfer_id, number, target, amount, version, after, version is not None]
    by_hand("INSERT INTO ledger_entry (merchant_id, transfer_id, line, account_id, unit, amount, version, balance_after,"
            f" hash) VALUES {values}", *params)  # fmt: skip


@pytest.fixture
def books(ana, hand):
    """Ana has 100 points."""
    give(ana.pk, 100)
    return ana


@contextmanager
def refused(match: str) -> Iterator[None]:
    """The database refuses, and what came before is undone."""
    with pytest.raises(IntegrityError, match=match), transaction.atomic():
        yield


def test_lines_that_do_not_sum_to_zero(books):
    with refused("does not sum to zero"):
        lines(transfer(), (account(None, "issued"), -10, None, None), (account(books.pk), 11, 2, 111))


def test_a_single_line(books):
    with refused("does not sum to zero"):
        lines(transfer(), (account(books.pk), 10, 2, 110))


def test_a_line_of_nothing(books):
    issued = account(None, "issued")
    with refused("ledger_entry_amount"):
        lines(transfer(), (issued, 0, None, None), (issued, 0, None, None))


def test_a_version_that_was_used(books):
    with refused("ledger_entry_version"):
        lines(transfer(), (account(None, "issued"), -10, None, None), (account(books.pk), 10, 1, 110))


def test_a_transfer_without_lines_at_commit(books):
    with refused("has no entries"):
        transfer()
        connection.check_constraints()


def test_a_line_in_another_unit_than_its_account(books):
    with refused("ledger_entry_account_same_unit"):
        by_hand("INSERT INTO ledger_entry (merchant_id, transfer_id, line, account_id, unit, amount)"
            " SELECT merchant_id, %s, g, id, 'stamps', CASE g WHEN 1 THEN 1 ELSE -1 END"
            " FROM ledger_account, generate_series(1, 2) g WHERE id = %s", transfer(), account(None, "issued"))  # fmt: skip
        connection.check_constraints()


def test_a_line_on_another_merchants_account(luna, other_shop, hand):
    with acting_for(other_shop, by=OTTO):
        give(ids.new(), 50)
        foreign = account(None, "issued")
    with acting_for(luna, by=MARA):
        give(ids.new(), 50)
        with refused("ledger_entry_account_same_unit"):
            lines(transfer(), (account(None, "issued"), -10, None, None), (foreign, 10, None, None))
            connection.check_constraints()


def test_a_row_for_another_merchant(luna, other_shop, hand):
    """Row-level security holds inside the functions that post, too."""
    with acting_for(luna, by=MARA):
        give(ids.new(), 50)
        with (
            pytest.raises((ProgrammingError, InternalError), match="row-level security"),
            transaction.atomic(),
        ):
            by_hand("INSERT INTO ledger_account (id, merchant_id, owner, unit, kind, balance, version)"
                " VALUES (gen_random_uuid(), %s, gen_random_uuid(), 'points', 'available', 0, 0)", other_shop.pk)  # fmt: skip


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_transfer SET amount = amount + 1",
        "UPDATE ledger_transfer SET key = key || 'x'",
        "INSERT INTO ledger_transfer SELECT * FROM ledger_transfer",
        "INSERT INTO ledger_entry SELECT * FROM ledger_entry",
        "INSERT INTO ledger_lot SELECT * FROM ledger_lot",
        "INSERT INTO ledger_account SELECT * FROM ledger_account",
        "UPDATE ledger_account SET balance = balance + 1",
        "UPDATE ledger_account SET version = version + 1",
        "UPDATE ledger_account SET head = NULL",
        "UPDATE ledger_lot SET remaining = granted",
        "UPDATE ledger_lot SET pending = false",
        "UPDATE ledger_lot SET expires_at = NULL",
        "SELECT 1 FROM ledger_account FOR UPDATE",
        "DELETE FROM ledger_transfer",
        "TRUNCATE ledger_transfer CASCADE",
        "UPDATE ledger_entry SET amount = amount + 1",
        "DELETE FROM ledger_entry",
        "TRUNCATE ledger_entry",
        "UPDATE ledger_seal SET digest = ''",
        "DELETE FROM ledger_seal",
        "DELETE FROM ledger_lot",
        "DELETE FROM ledger_account",
        "TRUNCATE ledger_account CASCADE",
        "UPDATE ledger_account SET owner = gen_random_uuid()",
        "UPDATE ledger_account SET unit = 'stamps'",
        "UPDATE ledger_account SET kind = 'pending'",
        "UPDATE ledger_account SET merchant_id = merchant_id + 1",
        "UPDATE ledger_lot SET granted = granted + 1",
        "UPDATE ledger_lot SET account_id = gen_random_uuid()",
        "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
        "DROP TRIGGER ledger_entry_append_only ON ledger_entry",
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION ledger_post(p jsonb) RETURNS jsonb LANGUAGE sql AS 'SELECT p'",
        "ALTER FUNCTION ledger_post(jsonb) SECURITY INVOKER",
        "SET ROLE loyalty_books",
    ],
)
@pytest.mark.parametrize("role", ["loyalty_app", "loyalty_system"])
def test_history_cannot_be_changed_by_a_serving_role(books, statement, role):
    sql("SELECT set_config('role', %s, true)", role)
    with pytest.raises((ProgrammingError, InternalError)), transaction.atomic():
        sql(statement)


def test_a_typed_reason_may_be_emptied_and_nothing_else(books):
    post(Posting(do=Do.SPEND, key="typed", kind="adjustment", event="points.adjusted", owner=books.pk, actor="test",
                 at=AT, now=AT, amount=10, counter="adjusted", reason="typed"))  # fmt: skip
    block(member=books.pk, at=AT, reason="typed")
    for statement in (
        "UPDATE ledger_transfer SET reason = 'changed' WHERE reason = 'typed'",
        "UPDATE events_event SET data = data || '{\"reason\": \"changed\"}' WHERE data->>'reason' = 'typed'",
        "UPDATE events_event SET data = '{}' WHERE kind = 'points.adjusted'",
        "UPDATE events_event SET data = data || '{\"amount\": 1}' WHERE kind = 'points.adjusted'",
    ):
        with refused("append-only"):
            sql(statement)
    sql("UPDATE ledger_transfer SET reason = '' WHERE reason = 'typed'")
    sql("UPDATE events_event SET data = data - 'reason' WHERE data->>'reason' = 'typed'")
    assert sql("SELECT count(*) FROM ledger_transfer WHERE reason <> ''") == [(0,)]
    assert sql("SELECT data FROM events_event WHERE kind = 'member.blocked'") == [("{}",)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_transfer SET reason = '', amount = amount + 1",
        "UPDATE ledger_transfer SET reason = 'another'",
        "UPDATE ledger_transfer SET amount = amount + 1",
        "DELETE FROM ledger_transfer",
        "TRUNCATE ledger_transfer CASCADE",
        "UPDATE ledger_entry SET amount = amount + 1",
        "DELETE FROM ledger_entry",
        "TRUNCATE ledger_entry",
        "DELETE FROM ledger_lot",
        "DELETE FROM ledger_account",
    ],
)
def test_nor_by_the_owner_of_the_tables(luna, statement):
    with acting_for(luna, by=MARA):
        give(ids.new(), 50)
    with psycopg.connect(os.environ["TEST_DATABASE_ADMIN"]) as admin:
        admin.execute("SET ROLE loyalty_owner")
        with pytest.raises(psycopg.IntegrityError, match="append-only"):
            admin.execute(statement)


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("UPDATE ledger_account SET balance = -1 WHERE kind = 'available'", "ledger_account_floor"),
        ("UPDATE ledger_account SET balance = 1 WHERE kind = 'debt'", "ledger_account_floor"),
        ("UPDATE ledger_lot SET remaining = -1", "ledger_lot_within_grant"),
        ("UPDATE ledger_lot SET remaining = granted + 1", "ledger_lot_within_grant"),
    ],
)
def test_balances_and_lots_stay_within_bounds(books, statement, rule):
    post(Posting(do=Do.SPEND, key="all", kind="spend", event="points.spent", owner=books.pk, actor="test", at=AT,
                 now=AT, amount=100, counter=MemberAccount.RESERVED))  # fmt: skip
    lot = sql("SELECT id FROM ledger_lot")[0][0]
    post(Posting(do=Do.TAKE_BACK, key="owe", kind="refund", event="points.taken_back", owner=books.pk, actor="test",
                 at=AT, now=AT, amount=50, lot=lot, shortfall="debt"))  # fmt: skip
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        by_hand(statement)


@pytest.mark.parametrize("change", ["balance = balance + 1", "version = version + 1", "head = sha256('x')"])
def test_a_moved_balance_without_lines_is_found_by_the_checks(books, change):
    """The functions that post may move balances; a move that no line explains is what the checks are for."""
    by_hand(f"UPDATE ledger_account SET {change} WHERE owner = %s", books.pk)
    assert "balance_is_sum" in {breach.check for breach in checks.verify()}


def test_the_same_key_cannot_be_inserted_twice(books):
    give(books.pk, 5, key="once")
    with pytest.raises(IntegrityError, match="ledger_transfer_once"), transaction.atomic():
        by_hand("INSERT INTO ledger_transfer SELECT (t).* FROM (SELECT jsonb_populate_record(t, jsonb_build_object('id', %s::text)) t"
            " FROM ledger_transfer t WHERE key = 'once') x", str(ids.new()))  # fmt: skip


def test_what_posts_sees_no_other_merchants_row(luna, other_shop, hand):
    with acting_for(luna, by=MARA):
        give(ids.new(), 50)
    with acting_for(other_shop, by=OTTO):
        give(ids.new(), 50)
        assert by_hand("UPDATE ledger_account SET version = version WHERE owner IS NOT NULL") == 1
        assert by_hand("UPDATE ledger_account SET version = version WHERE merchant_id = %s", luna.pk) == 0


def test_a_temporary_table_cannot_pose_as_the_ledgers(books):
    before = sql("SELECT balance FROM public.ledger_account WHERE owner = %s", books.pk)
    for table in ("ledger_account", "ledger_lot", "ledger_entry", "ledger_transfer", "events_event"):
        sql(f"CREATE TEMPORARY TABLE {table} (LIKE public.{table}) ON COMMIT DROP")
    give(books.pk, 5)
    assert sql("SELECT count(*) FROM pg_temp.ledger_account") == [(0,)]
    after = sql("SELECT balance FROM public.ledger_account WHERE owner = %s", books.pk)
    assert after[0][0] == before[0][0] + 5


def test_posting_outside_a_scope(db):
    with pytest.raises(Error, match="no merchant is set"), transaction.atomic():
        give(ids.new(), 1)


def test_amounts_have_a_limit(books):
    for amount in (0, -1, 10**12 + 1):
        with pytest.raises(Error, match="out of range"), transaction.atomic():
            give(books.pk, amount)


def test_time_is_an_argument(books):
    """Nothing in the function reads a clock: what is recorded is what it was told."""
    told = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
    post(Posting(do=Do.GRANT, key="later", kind="earn", event="points.earned", owner=books.pk, actor="test", at=AT,
                 now=told, amount=1))  # fmt: skip
    assert sql("SELECT happened_at, recorded_at FROM ledger_transfer WHERE key = 'later'") == [(AT, told)]
