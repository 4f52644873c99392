"""An operator makes the database and its roles with one command."""

import os
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.management import CommandError, call_command
from psycopg import sql

from loyalty.core.management.commands import create_roles as command

pytestmark = pytest.mark.django_db

ADMIN, MIGRATING, SERVING = command.ADMIN, command.MIGRATING, command.SERVING
NEW = f"loyalty_hosted_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


@pytest.fixture
def hosted(monkeypatch: pytest.MonkeyPatch):
    """The three addresses of a database that is not there yet. Roles are the whole server's and keep their passwords."""
    admin = urlsplit(os.environ["DATABASE_ADMIN_URL"])
    here = f"{admin.hostname}:{admin.port}/{NEW}"
    monkeypatch.setenv(MIGRATING, f"postgresql://loyalty_owner@{here}")
    monkeypatch.setenv(SERVING, f"postgresql://loyalty_app@{here}")
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], autocommit=True) as server:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NEW))
        server.execute(drop)
        yield server
        server.execute(drop)


def owner_of(server: psycopg.Connection) -> str | None:
    row = server.execute(
        "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", [NEW]
    ).fetchone()
    return row[0] if row else None


def test_the_database_is_made_for_its_owner_and_making_it_again_changes_nothing(hosted, capsys):
    for _again in range(2):
        call_command("create_roles")
        assert owner_of(hosted) == "loyalty_owner"
    assert "migrate --database owner" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        (ADMIN, "", "Set DATABASE_ADMIN_URL"),
        (SERVING, "", "Set DATABASE_URL"),
        (SERVING, "postgresql://postgres@localhost/x", "has to sign in as loyalty_app"),
        (MIGRATING, "postgresql://loyalty_app@localhost/x", "has to sign in as loyalty_owner"),
        (MIGRATING, "postgresql://loyalty_owner@localhost/another", "the same database"),
        (ADMIN, "postgresql://nobody:wrong@127.0.0.1:1/postgres", "The database server refused"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(hosted, monkeypatch, variable, value, said):
    monkeypatch.setenv(variable, value)
    with pytest.raises(CommandError, match=said):
        call_command("create_roles")
    assert owner_of(hosted) is None
