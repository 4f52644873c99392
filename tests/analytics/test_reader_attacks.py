"""What a login of a tool for reports tries, and that only an administrator, or a careless view, lets it."""

import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from analytics.queries.described import views
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy import readers
from loyalty.core.tenancy.roles import OWNER, READER, VIEWS
from tests.analytics.conftest import Login, Two, admin, everything

pytestmark = pytest.mark.race

# --- what they try ------------------------------------------------------------------------------------------

REFUSED = [
    "SELECT * FROM public.members_order",
    "SELECT * FROM public.members_profile",
    "SELECT * FROM public.merchants_merchant",
    "SELECT * FROM bi.login",
    "INSERT INTO bi.login VALUES (session_user, {other}, now())",
    "UPDATE bi.login SET merchant_id = {other}",
    "SET ROLE loyalty_app",
    "SET ROLE loyalty_system",
    "SET ROLE loyalty_owner",
    "SET ROLE loyalty_books",
    "SET ROLE loyalty_views",
    "SET ROLE pg_read_all_data",
    "SET SESSION AUTHORIZATION loyalty_views",
    "SET SESSION AUTHORIZATION {neighbour}",
    "SELECT set_config('role', 'loyalty_owner', false)",
    "SELECT set_config('session_authorization', '{neighbour}', false)",
    "GRANT loyalty_views TO session_user",
    "ALTER ROLE session_user BYPASSRLS",
    "ALTER ROLE session_user SUPERUSER",
    "ALTER ROLE session_user SET app.merchant_id = '{other}'",
    "ALTER ROLE {neighbour} PASSWORD 'mine'",
    "CREATE ROLE another LOGIN",
    "CREATE TABLE bi.mine (id int)",
    "CREATE TABLE public.mine (id int)",
    "CREATE TEMPORARY TABLE mine (id int)",
    "CREATE FUNCTION pg_temp.see(text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
    "CREATE FUNCTION bi.see() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE SCHEMA mine",
    "CREATE OR REPLACE VIEW bi.orders AS SELECT 1",
    "CREATE OR REPLACE FUNCTION bi.shop_of_login() RETURNS bigint LANGUAGE sql AS 'SELECT {other}::bigint'",
    "CREATE POLICY mine ON public.members_order USING (true)",
    "DELETE FROM bi.order_lines",
    "UPDATE bi.segments SET name = 'mine'",
    "INSERT INTO bi.places VALUES ('x', 'x', NULL)",
    "TRUNCATE public.members_order",
    "SELECT nextval('public.events_event_id_seq')",
    "SELECT last_value FROM public.events_event_id_seq",
    "SELECT public.ledger_post('{{}}'::jsonb)",
    "SELECT query_to_xml('SELECT * FROM public.members_order', true, true, '')",
    "SELECT table_to_xml('public.members_order', true, true, '')",
    "SELECT rolpassword FROM pg_authid",
    "SELECT * FROM pg_statistic",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('.')",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
    "COPY bi.orders TO '/tmp/orders'",
    "COPY (SELECT 1) TO PROGRAM 'cat'",
    "COPY bi.places FROM PROGRAM 'echo x'",
    "CREATE EXTENSION dblink",
    "CREATE PUBLICATION mine FOR ALL TABLES",
    "DO $$ BEGIN EXECUTE 'SELECT * FROM public.members_order'; END $$",
]


WANT_OF_RIGHTS = {"42501", "0LP01"}


def test_nothing_but_the_views_is_open_to_a_reader(two: Two, login: Callable[[Merchant], Login]) -> None:
    mine, neighbour = login(two.luna), login(two.otto)
    before, told = everything(neighbour), {}
    for attempt in REFUSED:
        asked = attempt.format(other=two.otto.pk, neighbour=neighbour.role)
        with mine.connect() as reading:
            reading.execute("SET default_transaction_read_only = off")
            told[asked] = "done"
            try:
                reading.execute(asked)
            except psycopg.Error as error:
                told[asked] = error.sqlstate or ""
    # Refused for want of rights, not because an attempt is mistyped.
    assert {asked: state for asked, state in told.items() if state not in WANT_OF_RIGHTS} == {}
    assert everything(neighbour) == before


def test_twin_an_administrator_may_do_what_was_refused(two: Two, login: Callable[[Merchant], Login]) -> None:
    """The attempts are real: most of them succeed for somebody with the rights."""
    neighbour, refused = login(two.otto), []
    harmless = [
        one
        for one in REFUSED
        if re.match("SELECT|SET|CREATE (TABLE|TEMP|FUNC|SCHEMA)|DO|UPDATE bi.login", one)
    ]
    for attempt in (
        one
        for one in harmless
        if "/" not in one and "terminate" not in one and "ledger" not in one and "xml" not in one
    ):
        with admin() as trying:
            try:
                trying.execute(attempt.format(other=two.otto.pk, neighbour=neighbour.role))
            except psycopg.Error as error:
                refused.append(f"{attempt}: {error}")
            trying.rollback()
    assert refused == []


OPENED = [
    "SET app.merchant_id = '{other}'",
    "SELECT set_config('app.merchant_id', '{other}', false)",
    "SET search_path = pg_temp, public, bi",
    "SET ROLE loyalty_reader",
    "SET default_transaction_read_only = off",
    "SET plan_cache_mode = force_generic_plan",
    "SET debug_parallel_query = on",
]
"""What a reader may say, to no avail."""


@pytest.mark.parametrize("said", OPENED)
def test_no_setting_opens_another_shop(two: Two, luna_reads: Login, said: str) -> None:
    with luna_reads.connect() as reading:
        if "debug_parallel_query" in said and reading.info.server_version < 160000:
            said = "SET force_parallel_mode = on"
        reading.execute("SET default_transaction_read_only = off")
        reading.execute(said.format(other=two.otto.pk))
        numbers = reading.execute("SELECT number FROM bi.orders ORDER BY 1").fetchall()
        assert numbers == [("luna-1",), ("luna-2",), ("luna-3",)]
        assert reading.execute("SELECT bi.shop_of_login()").fetchone() == (two.luna.pk,)
    assert [row[0] for row in luna_reads.rows("SELECT address FROM bi.shop")] == ["luna"]


def test_row_level_security_cannot_be_switched_off(two: Two, luna_reads: Login) -> None:
    with luna_reads.connect() as reading:
        reading.execute("SET row_security = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            reading.execute("SELECT number FROM bi.orders")


def careless(asking: psycopg.Connection[Any], filter_: str) -> None:
    """A view as somebody might have written it: the owner's eyes, no barrier, a filter of its own."""
    asking.execute(
        f"CREATE VIEW bi.careless AS SELECT external_id AS number FROM public.members_order WHERE {filter_}"
    )
    asking.execute(f"ALTER VIEW bi.careless OWNER TO {OWNER}; GRANT SELECT ON bi.careless TO {READER}")


def test_twin_a_view_that_trusts_a_setting_is_opened_by_it(two: Two, luna_reads: Login) -> None:
    with admin() as asking:
        careless(asking, "merchant_id = NULLIF(current_setting('app.merchant_id', true), '')::bigint")
        asking.execute(f"SET SESSION AUTHORIZATION {luna_reads.role}")
        asking.execute(f"SET app.merchant_id = '{two.otto.pk}'")
        assert asking.execute("SELECT number FROM bi.careless ORDER BY 1").fetchall() == [
            ("ottos-1",),
            ("ottos-2",),
        ]
        assert asking.execute("SELECT count(*) FROM bi.orders").fetchone() == (3,)
        asking.rollback()


PEEP = "SELECT count(*) FROM bi.{view} WHERE 1 / (CASE WHEN number = 'ottos-1' THEN 0 ELSE 1 END) = 1"
"""Divides by zero at another shop's order: the error alone would tell that there is one."""


def test_no_query_is_asked_about_rows_of_another_shop(two: Two, luna_reads: Login) -> None:
    assert luna_reads.rows(PEEP.format(view="orders")) == [(3,)]


def test_twin_without_the_barrier_an_error_tells_of_another_shops_order(two: Two, luna_reads: Login) -> None:
    with admin() as asking:
        careless(asking, "merchant_id + 0 = bi.shop_of_login()")
        asking.execute(f"SET SESSION AUTHORIZATION {luna_reads.role}")
        assert asking.execute("SELECT count(*) FROM bi.careless").fetchone() == (3,)
        with pytest.raises(psycopg.errors.DivisionByZero):
            asking.execute(PEEP.format(view="careless"))
        asking.rollback()


def test_each_of_the_two_locks_holds_alone(two: Two, luna_reads: Login) -> None:
    """The views' own filter without row-level security, and row-level security without the filter; without both the
    other shop is seen."""
    with admin() as asking:
        asking.execute("ALTER TABLE members_order DISABLE ROW LEVEL SECURITY")
        asking.execute(f"SET SESSION AUTHORIZATION {luna_reads.role}")
        assert asking.execute("SELECT count(*) FROM bi.orders").fetchone() == (3,)
        asking.rollback()
        careless(asking, "true")
        asking.execute(f"GRANT CREATE ON SCHEMA bi TO {VIEWS}; ALTER VIEW bi.careless OWNER TO {VIEWS}")
        asking.execute(f"SET SESSION AUTHORIZATION {luna_reads.role}")
        assert asking.execute("SELECT count(*) FROM bi.careless").fetchone() == (3,)
        asking.execute("RESET SESSION AUTHORIZATION; ALTER TABLE members_order DISABLE ROW LEVEL SECURITY")
        asking.execute(f"SET SESSION AUTHORIZATION {luna_reads.role}")
        assert asking.execute("SELECT count(*) FROM bi.careless").fetchone() == (5,)
        asking.rollback()


def test_the_catalogue_tells_a_reader_nothing_of_what_is_in_the_tables(two: Two, luna_reads: Login) -> None:
    statistics = "SELECT count(*) FROM pg_stats WHERE schemaname = 'public'"
    sequences = "SELECT count(last_value) FROM pg_sequences"
    with admin() as asking:
        asking.execute("ANALYZE members_order")
        asking.commit()
        assert asking.execute(statistics).fetchone() > (0,)
        assert asking.execute(sequences).fetchone() > (0,)
    assert luna_reads.rows(statistics) == [(0,)]
    assert luna_reads.rows(sequences) == [(0,)]
    assert luna_reads.rows(
        "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
    ) == [(0,)]
    assert luna_reads.rows("SELECT DISTINCT query FROM pg_stat_activity WHERE usename <> session_user"
                           " AND query <> '<insufficient privilege>'") == []  # fmt: skip
    names = luna_reads.rows("SELECT rolname FROM pg_roles WHERE rolname LIKE 'loyalty_reader%'")
    assert not [name for (name,) in names if "luna" in name or "otto" in name]


def test_who_is_no_reader_sees_no_row(two: Two) -> None:
    """The group's right alone opens nothing: without a shop of its own a login reads empty views."""
    with admin() as asking:
        asking.execute(f"CREATE ROLE loyalty_reader_nobody LOGIN IN ROLE {READER}")
        asking.execute("SET SESSION AUTHORIZATION loyalty_reader_nobody")
        for view in views():
            assert asking.execute(f"SELECT count(*) FROM bi.{view.name}").fetchone() == (0,), view.name
        asking.rollback()


def test_a_reader_starts_read_only_with_an_end_to_every_statement(two: Two, luna_reads: Login) -> None:
    with luna_reads.connect() as reading:
        found = {name: reading.execute(f"SHOW {name}").fetchone() for name in (
            "default_transaction_read_only", "statement_timeout", "temp_file_limit")}  # fmt: skip
        assert found == {
            "default_transaction_read_only": ("on",), "statement_timeout": ("2min",), "temp_file_limit": ("2GB",),
        }  # fmt: skip
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reading.execute("SET temp_file_limit = -1")
    with admin() as asking:
        assert asking.execute(
            "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication, rolconnlimit FROM pg_roles"
            " WHERE rolname = %s", [luna_reads.role],
        ).fetchone() == (False, False, False, False, False, readers.MOST_AT_ONCE)  # fmt: skip
