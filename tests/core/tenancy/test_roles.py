"""The database roles, on every PostgreSQL version found on this machine.

Roles belong to a whole server, so these tests bring a server of their own and may damage its roles as they
like.
"""

import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from loyalty.core.tenancy.roles import (
    APP,
    BOOKS,
    OWNER,
    READER,
    SYSTEM,
    VIEWS,
    check_serving_role,
    create_roles,
)
from loyalty.demo.postgres import Postgres
from loyalty.demo.programs import OLDEST, installations, major_version

PASSWORD = "told to nobody"


def versions() -> dict[int, Path]:
    """One folder of programs per major version that the roles have to work with."""
    found: dict[int, Path] = {}
    for folder in installations():
        if major_version(folder) >= OLDEST:
            found.setdefault(major_version(folder), folder)
    return found


@pytest.fixture(scope="module", params=versions().values(), ids=lambda folder: f"pg{major_version(folder)}")
def admin_dsn(request: pytest.FixtureRequest) -> Iterator[str]:
    """A superuser's connection string to a fresh server."""
    data = Path(tempfile.mkdtemp(prefix="loyalty-roles-"))
    data.chmod(0o755)
    server = Postgres(data, programs=request.param)
    try:
        server.start()
        yield server.url("postgres", "postgres")
    finally:
        server.remove()
        shutil.rmtree(data)


@pytest.fixture
def database(admin_dsn: str) -> Iterator[str]:
    """A database with freshly shaped roles; dropped afterwards, its roles shaped again by the next test."""
    make(admin_dsn, "shop")
    yield "shop"
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        admin.execute("DROP DATABASE shop WITH (FORCE)")


def make(admin_dsn: str, database: str) -> None:
    """`create_roles` with one password for all."""
    create_roles(
        admin_dsn,
        database=database,
        owner_password=PASSWORD,
        app_password=PASSWORD,
        system_password=PASSWORD,
    )


def connect(admin_dsn: str, role: str, database: str = "shop") -> psycopg.Connection:
    """Log in as one of the roles."""
    dsn = make_conninfo(admin_dsn, user=role, password=PASSWORD, dbname=database)
    return psycopg.connect(dsn, autocommit=True)


def test_each_role_can_do_its_work_and_no_more(admin_dsn: str, database: str) -> None:
    with connect(admin_dsn, OWNER) as owner:
        owner.execute("CREATE TABLE till (id bigint GENERATED ALWAYS AS IDENTITY, open boolean)")
        owner.execute("CREATE SEQUENCE receipt")
        owner.execute("CREATE FUNCTION ring() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    for role in (APP, SYSTEM):
        with connect(admin_dsn, role) as connection:
            connection.execute("INSERT INTO till (open) VALUES (true)")
            connection.execute("UPDATE till SET open = false")
            connection.execute("DELETE FROM till")
            assert connection.execute(
                "SELECT count(*), ring(), nextval('receipt') > 0 FROM till"
            ).fetchone() == (
                0,
                1,
                True,
            )
            for refused in (
                "TRUNCATE till",
                "ALTER TABLE till DISABLE ROW LEVEL SECURITY",
                "CREATE TABLE mine (id int)",
                "CREATE DATABASE another",
                "CREATE ROLE another",
                f"SET ROLE {OWNER}",
                "SELECT setval('receipt', 1)",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(refused)


def test_database_is_utf8_and_the_owners(admin_dsn: str, database: str) -> None:
    with connect(admin_dsn, OWNER) as owner:
        assert owner.execute(
            "SELECT pg_get_userbyid(datdba), pg_encoding_to_char(encoding) FROM pg_database"
            " WHERE datname = current_database()"
        ).fetchone() == (OWNER, "UTF8")
        assert owner.execute(
            "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'public'"
        ).fetchone() == (OWNER,)


def test_the_app_reaches_the_system_role_only_on_purpose(admin_dsn: str, database: str) -> None:
    with connect(admin_dsn, OWNER) as owner:
        owner.execute("CREATE TABLE secret (id int)")
        owner.execute("INSERT INTO secret VALUES (1), (2)")
        owner.execute("ALTER TABLE secret ENABLE ROW LEVEL SECURITY")
        owner.execute(f"CREATE POLICY everything ON secret TO {SYSTEM} USING (true)")
    with connect(admin_dsn, APP) as app:
        assert app.execute("SELECT count(*) FROM secret").fetchone() == (0,)
        with app.transaction():
            app.execute(f"SET LOCAL ROLE {SYSTEM}")
            assert app.execute("SELECT count(*) FROM secret").fetchone() == (2,)
        assert app.execute("SELECT count(*) FROM secret").fetchone() == (0,)
    with connect(admin_dsn, SYSTEM) as system, pytest.raises(psycopg.errors.InsufficientPrivilege):
        system.execute(f"SET ROLE {APP}")


def test_what_runs_as_the_books_role_writes_what_the_app_may_not(admin_dsn: str, database: str) -> None:
    """It sees what the app sees, by inheritance; the app becomes it in its functions only."""
    with connect(admin_dsn, OWNER) as owner:
        owner.execute("CREATE TABLE book (merchant_id int, points int)")
        owner.execute("INSERT INTO book VALUES (1, 10), (2, 10)")
        owner.execute("ALTER TABLE book ENABLE ROW LEVEL SECURITY")
        owner.execute(
            f"CREATE POLICY own ON book TO {APP} USING (merchant_id = 1) WITH CHECK (merchant_id = 1)"
        )
        owner.execute(f"REVOKE INSERT, UPDATE ON book FROM {APP}; GRANT UPDATE (points) ON book TO {BOOKS}")
        owner.execute(
            "CREATE FUNCTION double() RETURNS int LANGUAGE sql AS"
            " 'WITH done AS (UPDATE public.book SET points = points * 2 RETURNING 1) SELECT count(*)::int FROM done'"
        )
        owner.execute(f"GRANT CREATE ON SCHEMA public TO {BOOKS}; ALTER FUNCTION double() OWNER TO {BOOKS}")
        owner.execute("ALTER FUNCTION double() SECURITY DEFINER")
        owner.execute(f"REVOKE CREATE ON SCHEMA public FROM {BOOKS}")
    with connect(admin_dsn, APP) as app:
        for refused in ("UPDATE book SET points = 0", "INSERT INTO book VALUES (1, 1)", f"SET ROLE {BOOKS}"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(refused)
        assert app.execute("SELECT double()").fetchone() == (1,)
        assert app.execute("SELECT points FROM book").fetchall() == [(20,)]


def test_what_blocks_or_fills_the_server_is_for_those_who_serve(admin_dsn: str, database: str) -> None:
    """A login that only reads could hold the locks that orders wait for, or write large objects; the twin may."""
    attempts = ("SELECT pg_advisory_lock(1)", "SELECT lo_from_bytea(0, 'x')", "SELECT lo_create(0)")
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE looker LOGIN PASSWORD '{PASSWORD}' IN ROLE {READER}")
    try:
        with connect(admin_dsn, "looker") as looker:
            for attempt in attempts:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    looker.execute(attempt)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                looker.execute("CREATE TEMPORARY TABLE mine (id int)")
        with connect(admin_dsn, APP) as app:
            for attempt in attempts:
                app.execute(attempt)
    finally:
        with psycopg.connect(admin_dsn, autocommit=True) as admin:
            admin.execute("DROP ROLE looker")


def test_strangers_stay_outside(admin_dsn: str, database: str) -> None:
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE stranger LOGIN PASSWORD '{PASSWORD}'")
        try:
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                connect(admin_dsn, "stranger")
        finally:
            admin.execute("DROP ROLE stranger")


def test_repeating_it_mends_what_was_loosened(admin_dsn: str, database: str) -> None:
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        admin.execute(f"ALTER ROLE {APP} BYPASSRLS CREATEROLE CREATEDB INHERIT")
        admin.execute(f"ALTER ROLE {SYSTEM} SUPERUSER")
        admin.execute(f"GRANT pg_read_all_data TO {APP}")
        admin.execute(f"REVOKE {APP} FROM {BOOKS}")  # with it no circle of memberships could be made
        admin.execute(f"GRANT {OWNER} TO {SYSTEM}")
        admin.execute(f"ALTER ROLE {BOOKS} LOGIN BYPASSRLS")
        admin.execute(f"GRANT pg_read_all_data TO {BOOKS}")
        admin.execute(f"GRANT {BOOKS} TO {APP}")
        admin.execute(f"ALTER ROLE {READER} LOGIN BYPASSRLS")
        admin.execute(f"GRANT pg_read_all_data TO {READER}, {VIEWS}")
        admin.execute(f"GRANT {SYSTEM} TO {APP} WITH ADMIN OPTION")
        if admin.info.server_version >= 160000:
            admin.execute(f"GRANT {SYSTEM} TO {APP} WITH INHERIT TRUE")
    with connect(admin_dsn, APP) as app:
        assert len(check_serving_role(app)) >= 4
    make(admin_dsn, database)
    with connect(admin_dsn, APP) as app:
        assert check_serving_role(app) == []
    with psycopg.connect(admin_dsn) as admin:
        assert admin.execute(
            "SELECT roleid::regrole::text, admin_option FROM pg_auth_members"
            " WHERE member = ANY (%s::regrole[]) ORDER BY 1",
            [[APP, SYSTEM, BOOKS, VIEWS, READER]],
        ).fetchall() == [(APP, False), (SYSTEM, False)]
        assert (
            admin.execute(
                "SELECT rolname FROM pg_roles WHERE rolname LIKE 'loyalty%%'"
                " AND (rolsuper OR rolcreaterole OR rolbypassrls OR rolreplication"
                " OR rolcanlogin = (rolname = ANY (%s)))",
                [[BOOKS, VIEWS, READER]],
            ).fetchall()
            == []
        )


def test_from_16_on_the_grant_itself_forbids_inheriting(admin_dsn: str, database: str) -> None:
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        admin.execute(f"ALTER ROLE {APP} INHERIT")
        per_grant = admin.info.server_version >= 160000
    with connect(admin_dsn, APP) as app:
        inherits = f"{APP} inherits {SYSTEM}: it would see every merchant without asking"
        assert check_serving_role(app) == ([] if per_grant else [inherits])


def test_many_may_set_up_at_once(admin_dsn: str, database: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        for outcome in [pool.submit(make, admin_dsn, database) for _ in range(8)]:
            outcome.result()
    with connect(admin_dsn, APP) as app:
        assert check_serving_role(app) == []


def test_without_a_password_the_old_one_stays(admin_dsn: str, database: str) -> None:
    create_roles(admin_dsn, database=database, owner_password=None, app_password=None, system_password=None)
    with connect(admin_dsn, APP) as app:
        assert app.execute("SELECT current_user").fetchone() == (APP,)


def test_passwords_are_sent_as_verifiers_only(
    admin_dsn: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    execute = psycopg.Connection.execute

    def listen(self: psycopg.Connection, query: object, *args: object, **options: object) -> object:
        sent.append(query.as_string(self) if isinstance(query, psycopg.sql.Composable) else str(query))
        return execute(self, query, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(psycopg.Connection, "execute", listen)
    make(admin_dsn, database)
    assert sum("SCRAM-SHA-256$" in statement for statement in sent) == 3
    assert not [statement for statement in sent if PASSWORD in statement]


def test_an_administrator_need_not_be_superuser(admin_dsn: str) -> None:
    """Managed databases give no superuser. The roles are made anew: it may change only its own."""
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS loyalty")
        for role in (READER, VIEWS, BOOKS, APP, SYSTEM, OWNER):
            admin.execute(f"DROP OWNED BY {role} CASCADE")
            admin.execute(f"DROP ROLE {role}")
        admin.execute(f"CREATE ROLE keeper LOGIN CREATEDB CREATEROLE PASSWORD '{PASSWORD}'")
        try:
            keeper = make_conninfo(admin_dsn, user="keeper", password=PASSWORD)
            make(keeper, "shop")
            make(keeper, "shop")
            with connect(admin_dsn, APP) as app:
                assert check_serving_role(app) == []
            with connect(admin_dsn, OWNER) as owner:
                owner.execute("CREATE TABLE till (id int)")
        finally:
            admin.execute("DROP DATABASE IF EXISTS shop WITH (FORCE)")
            for role in (READER, VIEWS, BOOKS, APP, SYSTEM, OWNER, "keeper"):
                admin.execute(f"DROP OWNED BY {role} CASCADE")
                admin.execute(f"DROP ROLE {role}")


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ("SELECT 1", None),
        (f"ALTER ROLE {APP} SUPERUSER", "is a superuser"),
        (f"ALTER ROLE {APP} BYPASSRLS", "has BYPASSRLS"),
        (f"ALTER ROLE {APP} CREATEROLE", "has CREATEROLE"),
        (
            f"REVOKE {BOOKS} FROM {OWNER}; GRANT {OWNER} TO {APP}",
            "can become loyalty_owner, which owns tables",
        ),
        (
            f"ALTER ROLE {APP} INHERIT; REVOKE {SYSTEM} FROM {APP}; GRANT {SYSTEM} TO {APP}",
            "inherits loyalty_system",
        ),
        (
            f"REVOKE {APP} FROM {BOOKS}; GRANT {BOOKS} TO {APP}",
            "can become loyalty_books: it could write the books",
        ),
        (f"ALTER ROLE {SYSTEM} BYPASSRLS", "can become loyalty_system, which has BYPASSRLS"),
    ],
)
def test_the_server_refuses_a_role_that_sees_too_much(
    admin_dsn: str, database: str, damage: str, reason: str | None
) -> None:
    with connect(admin_dsn, OWNER) as owner:
        owner.execute("CREATE TABLE till (id int)")
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        admin.execute(damage)
    with connect(admin_dsn, APP) as app:
        reasons = check_serving_role(app)
    if reason is None:
        assert reasons == []
    else:
        assert any(reason in found for found in reasons), reasons


@pytest.mark.parametrize(
    ("role", "reason"),
    [(OWNER, "loyalty_owner owns tables"), (SYSTEM, "loyalty_system sees every merchant")],
)
def test_only_the_app_may_serve(admin_dsn: str, database: str, role: str, reason: str) -> None:
    with connect(admin_dsn, OWNER) as owner:
        owner.execute("CREATE TABLE till (id int)")
    with connect(admin_dsn, role) as connection:
        assert any(reason in found for found in check_serving_role(connection))
    with psycopg.connect(make_conninfo(admin_dsn, dbname=database)) as admin:
        assert check_serving_role(admin) == ["postgres is a superuser: row-level security does not bind it"]
        # Whoever can go back to being superuser is one, whatever role it shows at the moment.
        admin.execute(f"SET ROLE {APP}")
        assert check_serving_role(admin) == ["postgres is a superuser: row-level security does not bind it"]


def test_a_database_in_another_encoding_is_refused(admin_dsn: str, database: str) -> None:
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        admin.execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
        try:
            with pytest.raises(psycopg.DataError, match="LATIN1"):
                make(admin_dsn, "latin")
        finally:
            admin.execute("DROP DATABASE latin")
