"""The test database, built the way a real one is: made by the owner, used by the serving role.

`DATABASE_ADMIN_URL` names a superuser on a server that is running (`make test` starts one). Tests never log
in as it: it only makes the roles and the databases, and empties tables after tests that really commit.
"""

import contextlib
import hashlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.hashers import ScryptPasswordHasher
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.middleware import csrf
from whitenoise.base import WhiteNoise

from loyalty.core import catalogues
from loyalty.core.tenancy.roles import create_roles

PASSWORD = "for-tests-on-loopback"
_LARGE = 256 * 1024
"""Bytes of a table from which on it is truncated: rows that are deleted leave their room behind, which plans would see."""


def _url(name: str, *, role: str = "", password: str = "") -> str:
    parts = urlsplit(os.environ["DATABASE_ADMIN_URL"])
    netloc = parts.netloc
    if role:
        netloc = f"{role}:{password}@{parts.hostname}:{parts.port}"
    return urlunsplit(("postgresql", netloc, f"/{name}", "", ""))


def _passwords() -> dict[str, str]:
    """Roles are the server's, not the database's: keep the passwords of a server that is already set up."""
    known = {}
    for role, variable in (("owner", "DATABASE_OWNER_URL"), ("app", "DATABASE_URL")):
        known[role] = urlsplit(os.environ.get(variable, "")).password or PASSWORD
    return known


def pytest_configure() -> None:
    """What Django reads of the translations is made, also where tests are run without make."""
    catalogues.compile_stale()
    # A test that looks for a short name or number on a page must not find it in the middle of a random token.
    csrf.CSRF_ALLOWED_CHARS = "BCDFGHJKLMNPQRSTVWXZ"
    ScryptPasswordHasher.work_factor = 2  # PINs are hashed as ever, but not slowly: a third of a second each
    _list_static_files_once()


def _list_static_files_once() -> None:
    """Every test client builds the middleware anew, and that would read through all static files each time."""
    listed: dict[tuple[str, str], dict[str, Any]] = {}
    look = WhiteNoise.update_files_dictionary

    def once(self: WhiteNoise, root: str, prefix: str) -> None:
        if (root, prefix) not in listed:
            before, self.files = self.files, {}
            look(self, root, prefix)
            listed[root, prefix], self.files = self.files, before
        self.files.update(listed[root, prefix])

    WhiteNoise.update_files_dictionary = once


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_db_blocker) -> Iterator[None]:
    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    name = f"loyalty_test_{os.environ.get('TEST_DATABASE_SUFFIX', '')}{worker}"
    passwords = _passwords()
    with psycopg.connect(_url("postgres"), autocommit=True) as admin, django_db_blocker.unblock():
        admin.execute("SELECT pg_advisory_lock(4711)")  # one worker migrates, the others copy what it made
        made = f"loyalty_made_{_state_of_the_schema()}"
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [made]).fetchone():
            _drop(admin, f"{made}_half")
            _migrate(f"{made}_half", passwords)
            admin.execute(f'ALTER DATABASE "{made}_half" RENAME TO "{made}"')
        _drop_old(admin)
        _drop(admin, name)
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{made}" OWNER loyalty_owner')
        _create_roles(name, passwords)
        _connect(name, passwords)
        _forget("owner")
        del connections.settings["owner"]
        os.environ["TEST_DATABASE_MADE"] = made
        os.environ["TEST_DATABASE_ADMIN"] = _url(name)
        os.environ["TEST_DATABASE_URL"] = _url(name, role="loyalty_app", password=passwords["app"])
        connection.ops.__class__.execute_sql_flush = _flush  # the serving role may not empty tables
    yield
    with django_db_blocker.unblock():
        connections.close_all()


def _state_of_the_schema() -> str:
    """A name for what the migrations of this checkout make: it changes when they, their SQL or the models do."""
    root, digest = Path(settings.BASE_DIR), hashlib.sha256()
    for path in sorted(root.glob("[!.]*/**/*")):
        is_schema = path.suffix == ".sql" or "migrations" in path.parts or "models" in path.parts
        if is_schema or path.name == "models.py" or "tenancy" in path.parts:
            digest.update(path.read_bytes() if path.suffix in (".py", ".sql") else b"")
    return digest.hexdigest()[:12]


def _create_roles(name: str, passwords: dict[str, str]) -> None:
    create_roles(_url("postgres"), database=name, owner_password=passwords["owner"],
                 app_password=passwords["app"], system_password=PASSWORD)  # fmt: skip


def _migrate(name: str, passwords: dict[str, str]) -> None:
    """Make a database as an operator does, and let go of it: what is connected to cannot be copied."""
    _create_roles(name, passwords)
    _connect(name, passwords)
    call_command("migrate", database="owner", verbosity=0)
    connections.close_all()


def _connect(name: str, passwords: dict[str, str]) -> None:
    """Let Django's connections lead to a database: the serving role's, and the owner's where there is one."""
    from loyalty.settings import database

    owner = database(_url(name, role="loyalty_owner", password=passwords["owner"]))
    serving = database(_url(name, role="loyalty_app", password=passwords["app"]))
    connections["default"].close()
    # Races are about what comes out, on a slow machine too: whoever waits for a lock there is not sent away.
    serving["OPTIONS"]["options"] += " -c lock_timeout=60s"  # the last one said holds
    for alias, config in (("default", serving), ("owner", {**owner, "CONN_MAX_AGE": 0})):
        settings.DATABASES[alias] = {**connections["default"].settings_dict, **config}
        connections.settings[alias] = settings.DATABASES[alias]
        _forget(alias)


def _drop(admin: psycopg.Connection[Any], name: str) -> None:
    admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _drop_old(admin: psycopg.Connection[Any]) -> None:
    """Keep the last few that were made: a branch one comes back to finds its own."""
    made = "SELECT datname FROM pg_database WHERE datname LIKE 'loyalty_made_%' ORDER BY oid DESC OFFSET 6"
    for (old,) in admin.execute(made).fetchall():
        _drop(admin, old)


def _forget(alias: str) -> None:
    """Let the next use of an alias connect by its new settings."""
    with contextlib.suppress(AttributeError):
        del connections[alias]


def _administrator() -> psycopg.Connection[Any]:
    """A connection past the guards, for emptying tables."""
    return psycopg.connect(
        os.environ["TEST_DATABASE_ADMIN"], autocommit=True, options="-c session_replication_role=replica"
    )


def _tables(admin: psycopg.Connection[Any]) -> dict[str, int]:
    """The tables that tests fill, and the bytes that each takes up."""
    return dict(
        admin.execute(
            "SELECT quote_ident(relname), pg_relation_size(oid) FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " AND relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission')"
        ).fetchall()
    )


def _truncate(admin: psycopg.Connection[Any]) -> None:
    admin.execute(f"TRUNCATE {', '.join(_tables(admin))} RESTART IDENTITY")


def _flush(_ops: object, _sql: list[str]) -> None:
    """Empty what a test that committed has filled, past the guards, as the server's administrator. Most tables are empty
    all along, and to truncate them takes longer than all the rest: that is done once something has grown large."""
    with _administrator() as admin:
        tables = _tables(admin)
        if max(tables.values()) > _LARGE:
            _truncate(admin)
            return
        filled = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in tables)
        with admin.transaction():
            for (name,) in admin.execute(filled).fetchall():
                admin.execute(f"DELETE FROM {name}")
            admin.execute(
                "SELECT setval(format('%I.%I', schemaname, sequencename), start_value, false) FROM pg_sequences"
                " WHERE schemaname = 'public' AND last_value IS NOT NULL"
            )


@pytest.fixture
def as_made(django_db_setup: None) -> None:
    """Tables without the room and the statistics that earlier tests left behind: the planner guesses by these."""
    with _administrator() as admin:
        _truncate(admin)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever stands on what a module made has a transaction of their own within it."""
    for item in items:
        if "standing" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.django_db)


@pytest.fixture(scope="module")
def standing(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """For what a module's tests all begin with: what fixtures of its scope make on top of this is made once, each test
    goes back to it, and after the module it is gone. Not for modules in which a test commits or looks at an empty
    database."""
    with django_db_blocker.unblock():
        block = transaction.atomic()
        block._from_testcase = (
            True  # as Django's own of each test: what must be outermost may begin within it
        )
        with block:
            yield
            transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _no_limits(settings: Any) -> None:
    """A fast machine is not told to slow down: tests of the API's limits set their own."""
    settings.API_RATE_PER_KEY = settings.API_RATE_PER_MERCHANT = 0


@pytest.fixture
def dead_cache(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shared cache is configured at a port where nobody listens."""
    from loyalty.core import cache

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    monkeypatch.setattr(cache, "_away_until", 0.0)
    backend = "loyalty.core.cache.SharedCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": f"redis://127.0.0.1:{port}/0"}}
    caches["default"].meanwhile.clear()


pytest_plugins = ["tests.cast", "tests.needs", "tests.ledger.hand"]
