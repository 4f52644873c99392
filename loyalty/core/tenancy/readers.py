"""Logins for tools that read reports by SQL: each of one shop, which it cannot change (`bi.shop_of_login`).

Plain psycopg, over an administrator's connection: making a role is more than anything that serves may do.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from loyalty.core.tenancy.roles import OWNER, READER, set_password

PREFIX: Final = f"{READER}_"
"""What every reader's name begins with. What follows says nothing: all logins of a server can list its roles."""
MOST_AT_ONCE: Final = 8
"""Connections that one login may hold: this, too, it cannot change."""
_LETTERS: Final = "abcdefghjkmnpqrstvwxyz23456789"
# What a session begins with. A reader may set all but the last anew, and still writes nothing and sees one shop.
_DEFAULTS: Final = {
    "default_transaction_read_only": "on",
    "statement_timeout": "120s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "120s",
    "search_path": "bi",
    "jit": "off",
}
_TEMPORARY_FILES: Final = "2GB"


class NoSuchReader(LookupError):
    """No login of that name reads any shop here."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A login, the shop it reads and since when."""

    role: str
    merchant_id: int
    made_at: datetime


def make_reader(
    admin_dsn: str, *, database: str, merchant_id: int, at: datetime, password: str | None = None
) -> tuple[str, str]:
    """Make a login that reads one shop; its name and its password (one that nobody can guess, where none is given).

    `admin_dsn` connects as a superuser or as a role with CREATEROLE that made the other roles. In one transaction:
    there is no login without its shop. Raises `psycopg.Error` where the server refuses.
    """
    role = PREFIX + "".join(secrets.choice(_LETTERS) for _letter in range(8))
    password = password or secrets.token_urlsafe(24)
    name = sql.Identifier(role)
    with psycopg.connect(make_conninfo(admin_dsn, dbname=database)) as admin:
        admin.execute(
            sql.SQL("CREATE ROLE {} LOGIN INHERIT NOCREATEDB NOCREATEROLE CONNECTION LIMIT {}").format(
                name, sql.Literal(MOST_AT_ONCE)
            )
        )
        set_password(admin, role, password)
        admin.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(READER), name))
        for setting, value in _settings(admin).items():
            admin.execute(
                sql.SQL("ALTER ROLE {} SET {} = {}").format(name, sql.Identifier(setting), sql.Literal(value))
            )
        _as_owner(admin)
        admin.execute(
            "INSERT INTO bi.login (role, merchant_id, made_at) VALUES (%s, %s, %s)", [role, merchant_id, at]
        )
    return role, password


def drop_reader(admin_dsn: str, *, database: str, role: str) -> int:
    """Take a login away and end its sessions; the shop it read. Raises `NoSuchReader` for a role that is none."""
    with psycopg.connect(make_conninfo(admin_dsn, dbname=database)) as admin:
        _as_owner(admin)
        found = admin.execute("DELETE FROM bi.login WHERE role = %s RETURNING merchant_id", [role]).fetchone()
        if found is None or not role.startswith(PREFIX):
            raise NoSuchReader(role)
        admin.execute("RESET ROLE")
        name = sql.Identifier(role)
        admin.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(name))
        admin.commit()  # from here on it reads nothing and signs in no more, even where the rest is refused
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [role])
        admin.execute(sql.SQL("DROP ROLE {}").format(name))
    return int(found[0])


def readers(admin_dsn: str, *, database: str) -> list[Reader]:
    """Every login, oldest first."""
    with psycopg.connect(make_conninfo(admin_dsn, dbname=database)) as admin:
        _as_owner(admin)
        rows = admin.execute(
            "SELECT role, merchant_id, made_at FROM bi.login ORDER BY made_at, role"
        ).fetchall()
    return [Reader(*row) for row in rows]


def _settings(admin: psycopg.Connection[Any]) -> dict[str, str]:
    """The settings of a login. Only a superuser can bound what a session writes to disk while it sorts."""
    powers = admin.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    return _DEFAULTS | ({"temp_file_limit": _TEMPORARY_FILES} if powers and powers[0] else {})


def _as_owner(admin: psycopg.Connection[Any]) -> None:
    """Act as who owns the list of logins: an administrator who is no superuser may not write it otherwise."""
    admin.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(OWNER)))
