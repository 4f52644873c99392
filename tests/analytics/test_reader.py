"""Tools for reports read one shop, without who anybody is, whatever they try."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg.conninfo import make_conninfo

from analytics.operations import filling
from analytics.operations.reading import make_reader
from analytics.queries.described import chapter, views
from analytics.queries.sums import reader as sums_of
from analytics.queries.telling import figure
from analytics.rules.calendar import Grain, stretch
from loyalty.core.events.models import Event
from loyalty.core.ledger.queries import balance
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy import readers
from loyalty.core.tenancy.roles import OWNER, READER, VIEWS
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from members.operations.membership import join
from members.operations.merging import merge
from members.operations.privacy import erase_member
from members.operations.refunds import refund_order
from members.rules.shopping import NewRefund
from rewards.operations.catalogue import create_reward
from rewards.operations.redemption import redeem_reward
from tests.cast import AT, MARA, OTTO, buy, days, publish, shop

pytestmark = pytest.mark.race
NOW = AT + days(40)
SECRETS = (
    "Anneliese",
    "Almqvist",
    "anneliese@example.com",
    "+46701234567",
    "CARD77001",
    "kund-4711",
    "1981-05-17",
)


@dataclass
class Two:
    """Two shops, each with members who bought and took rewards."""

    luna: Merchant
    otto: Merchant
    ana: Member
    olle: Member


def customer(name: str, **who: Any) -> Member:
    return join(at=AT, identities={"external": name, **who.pop("identities", {})}, details=who).member


@pytest.fixture
def two(transactional_db: None) -> Two:
    luna, otto = shop(), shop("ottos", name="Otto's Books", currency="SEK")
    with acting_for(luna, by=MARA):
        publish()
        ana = customer("kund-4711", given_name="Anneliese", family_name="Almqvist", birthday=date(1981, 5, 17), identities={
            "email": "anneliese@example.com", "phone": "+46701234567", "card": "CARD77001"})  # fmt: skip
        buy(ana, 200, external_id="luna-1", channel="web")
        buy(ana, 50, external_id="luna-2", channel="pos", at=AT + days(1))
        buy(None, 30, external_id="luna-3", at=AT + days(2))
        cup = create_reward(
            at=AT, details={"kind": "custom", "name": {"en": "Cup", "sv": "Kopp"}, "cost_points": 40}
        )
        redeem_reward(member=ana.pk, reward=cup.pk, key="cup", at=AT + days(3))
        late = AT + days(5)
        refund_order(
            source="api", order_external_id="luna-2", refund=NewRefund("back", late, (), 1000), at=late
        )
        fill()
    with acting_for(otto, by=OTTO):
        publish()
        olle = customer("olle", given_name="Olle")
        buy(olle, 70, external_id="ottos-1")
        buy(olle, 90, external_id="ottos-2")
        fill()
    return Two(luna, otto, ana, olle)


def fill() -> None:
    """What the task of the reports does."""
    filling.note_changes(at=NOW)
    while filling.sum_batch(at=NOW):
        pass


def admin_dsn() -> str:
    return os.environ["DATABASE_ADMIN_URL"]


def admin() -> psycopg.Connection[Any]:
    """A superuser in this test's database."""
    return psycopg.connect(os.environ["TEST_DATABASE_ADMIN"])


@dataclass
class Login:
    """A reader's name and password."""

    role: str
    password: str

    def connect(self) -> psycopg.Connection[Any]:
        dsn = make_conninfo(os.environ["TEST_DATABASE_ADMIN"], user=self.role, password=self.password)
        return psycopg.connect(dsn, autocommit=True)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.connect() as reading:
            return reading.execute(query).fetchall()


@pytest.fixture
def login(two: Two) -> Iterator[Callable[[Merchant], Login]]:
    """Makes readers, and takes away what a test leaves of them."""
    made: list[str] = []

    def make(merchant: Merchant) -> Login:
        role, password = make_reader(merchant=merchant, admin_dsn=admin_dsn(), at=NOW)
        made.append(role)
        return Login(role, password)

    yield make
    left = {one.role for one in readers.readers(admin_dsn(), database=connection.settings_dict["NAME"])}
    for role in left & set(made):
        readers.drop_reader(admin_dsn(), database=connection.settings_dict["NAME"], role=role)


@pytest.fixture
def luna_reads(two: Two, login: Callable[[Merchant], Login]) -> Login:
    """The reader of Café Luna."""
    return login(two.luna)


# --- what they read -----------------------------------------------------------------------------------------


def test_each_reader_sees_their_own_shop(two: Two, login: Callable[[Merchant], Login]) -> None:
    luna, otto = login(two.luna), login(two.otto)
    assert luna.rows("SELECT address, currency, currency_decimals, timezone FROM bi.shop") == [
        ("luna", "SEK", 2, "Europe/Stockholm")
    ]
    assert [number for (number,) in luna.rows("SELECT number FROM bi.orders ORDER BY 1")] == [
        "luna-1",
        "luna-2",
        "luna-3",
    ]
    assert [number for (number,) in otto.rows("SELECT number FROM orders ORDER BY 1")] == [
        "ottos-1",
        "ottos-2",
    ]
    assert luna.rows("SELECT member_id FROM bi.members") == [(two.ana.pk,)]
    assert otto.rows("SELECT member_id FROM bi.members") == [(two.olle.pk,)]


def test_what_they_read_adds_up_to_what_the_pages_say(two: Two, luna_reads: Login) -> None:
    march = stretch(Grain.MONTH, date(2026, 3, 15))
    with acting_for(two.luna, by=MARA):
        read = sums_of(zone=two.luna.timezone, at=NOW)
        pages = {
            key: figure(read, key, march).value
            for key in ("revenue", "orders", "points_issued", "reward_cost")
        }
        held = balance(two.ana.pk)
    assert luna_reads.rows(
        "SELECT sum(net_minor), count(*) FROM bi.orders WHERE status = 'recorded' AND placed_on >= '2026-03-01'"
    ) == [(pages["revenue"], pages["orders"])]
    assert luna_reads.rows(
        "SELECT sum(amount) FILTER (WHERE measure = 'revenue'), sum(amount) FILTER (WHERE measure = 'orders'),"
        " sum(amount) FILTER (WHERE measure = 'issued_in') - sum(amount) FILTER (WHERE measure = 'issued_out')"
        " FROM bi.facts WHERE grain = 'day' AND cut = ''"
    ) == [(pages["revenue"], pages["orders"], pages["points_issued"])]
    by_account = dict(
        luna_reads.rows("SELECT account, sum(amount) FROM bi.entries WHERE unit = 'points' GROUP BY 1")
    )
    assert by_account["available"] == held.available
    assert luna_reads.rows("SELECT points_available, orders, spent_minor FROM bi.members") == [
        (held.available, 2, 24_000)
    ]
    assert luna_reads.rows("SELECT amount_minor, refunded_on FROM bi.refunds") == [(1000, date(2026, 3, 7))]
    assert luna_reads.rows("SELECT sum(paid_minor), count(*) FROM bi.order_lines") == [(28_000, 3)]
    assert luna_reads.rows(
        "SELECT r.name, d.status, d.cost_points FROM bi.redemptions d JOIN bi.rewards r USING (reward_id)"
    ) == [("Kopp", "committed", 40)]


def test_who_was_merged_or_erased_stays_in_the_sums_and_nowhere_else(two: Two, luna_reads: Login) -> None:
    with acting_for(two.luna, by=MARA):
        again = customer("kund-4712")
        buy(again, 10, external_id="luna-4")
        merge(keep=two.ana.pk, remove=again.pk, at=NOW)
    assert luna_reads.rows(
        "SELECT count(*), sum(net_minor) FROM bi.orders o JOIN bi.members USING (member_id)"
    ) == [(3, 25_000)]
    assert luna_reads.rows("SELECT status FROM bi.members") == [("active",)]
    with acting_for(two.luna, by=MARA):
        erase_member(member=two.ana.pk, at=NOW)
    assert luna_reads.rows("SELECT status, points_available FROM bi.members") == [("erased", 0)]
    assert luna_reads.rows("SELECT sum(amount) FROM bi.entries WHERE account = 'available'") == [(0,)]
    assert luna_reads.rows("SELECT sum(net_minor) FROM bi.orders") == [(28_000,)]


def everything(login: Login) -> str:
    """All that a reader can get out of the views, as text."""
    return "\n".join(
        str(row) for view in views() for row in login.rows(f"SELECT v::text FROM bi.{view.name} v")
    )


def test_nobody_can_be_known_from_what_they_read(two: Two, luna_reads: Login) -> None:
    text = everything(luna_reads)
    assert "luna-1" in text
    assert [secret for secret in SECRETS if secret in text] == []
    assert "Olle" not in text
    assert str(two.olle.pk) not in text


def test_twin_the_shop_itself_knows_all_of_it(two: Two) -> None:
    with acting_for(two.luna, by=MARA), connection.cursor() as cursor:
        cursor.execute(
            "SELECT p::text FROM members_profile p UNION ALL SELECT i::text FROM members_identity i"
        )
        text = str(cursor.fetchall())
    assert [secret for secret in SECRETS if secret not in text] == []


def test_the_role_behind_the_views_has_no_right_to_what_is_personal(two: Two) -> None:
    rights = (
        "SELECT c.relname || '.' || a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT a.attisdropped"
        " AND has_column_privilege(%s, c.oid, a.attnum, 'SELECT')"
    )
    with admin() as asking:
        seen = {name for (name,) in asking.execute(rights, [VIEWS])}
        by_group = asking.execute(rights, [READER]).fetchall()
    assert "members_order.total_minor" in seen
    assert by_group == []
    tables = {name.partition(".")[0] for name in seen}
    assert not tables & {
        "members_profile",
        "members_identity",
        "campaigns_surveytext",
        "people_user",
        "rewards_voucher",
    }
    typed = {
        "reason",
        "note",
        "proof",
        "decision",
        "properties",
        "user_id",
        "code",
        "key",
        "actor",
        "data",
        "content",
    }
    assert {name for name in seen if name.partition(".")[2] in typed} == {
        "members_tierchange.reason",  # one of a few words of the house
        "merchants_location.code",
    }


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
    "ALTER ROLE session_user SET app.merchant_id = '{other}'",
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


# --- the operator's command ---------------------------------------------------------------------------------


def test_the_operator_makes_lists_and_drops_readers_and_the_shop_is_told(
    two: Two, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("reader", "make", "luna")
    said = dict(re.findall(r"^(\w+): +(\S+)$", capsys.readouterr().out, re.MULTILINE))
    made = Login(said["User"], said["Password"])
    assert made.rows("SELECT count(*) FROM bi.orders") == [(3,)]
    call_command("reader", "list")
    assert re.search(rf"^{made.role} .* luna$", capsys.readouterr().out, re.MULTILINE)
    with made.connect() as reading:
        call_command("reader", "drop", made.role)
        with pytest.raises(psycopg.OperationalError):
            reading.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError):
        made.connect()
    with acting_for(two.luna, by=MARA):
        assert [(event.kind, event.actor, event.data) for event in Event.objects.filter(kind__startswith="reader.")
                .order_by("pk")] == [("reader.made", "operator", {"role": made.role}),
                                     ("reader.dropped", "operator", {"role": made.role})]  # fmt: skip
    with acting_for(two.otto, by=OTTO):
        assert not Event.objects.filter(kind__startswith="reader.").exists()


def test_the_command_says_what_is_wrong(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    for asked, said in (
        (["make", "nowhere"], "no shop with the address nowhere"),
        (["drop", "loyalty_app"], "no reader called loyalty_app"),
        (["drop", "loyalty_reader_nobody"], "no reader called loyalty_reader_nobody"),
    ):
        with pytest.raises(CommandError, match=said):
            call_command("reader", *asked)
    monkeypatch.delenv("DATABASE_ADMIN_URL")
    with pytest.raises(CommandError, match="Set DATABASE_ADMIN_URL"):
        call_command("reader", "make", "luna")


# --- what is written about it -------------------------------------------------------------------------------


def test_every_view_and_column_is_explained(two: Two) -> None:
    found = views()
    assert len(found) > 12
    bare = [view.name for view in found if not view.meaning]
    bare += [f"{view.name}.{one.name}" for view in found for one in view.columns if not one.meaning]
    assert bare == []
    unitless = [
        f"{view.name}.{one.name}" for view in found for one in view.columns
        if one.name.endswith("_minor") and "minor units" not in one.meaning
    ]  # fmt: skip
    assert unitless == []


def test_the_manual_says_what_the_database_says(two: Two) -> None:
    text = (Path(settings.BASE_DIR) / "docs" / "bi.md").read_text()
    begin, end = "<!-- written by `manage.py reader describe` -->\n", "<!-- end -->"
    assert text.partition(begin)[2].partition(end)[0] == chapter()
