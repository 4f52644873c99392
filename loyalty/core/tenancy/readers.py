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


def shut_out(admin_dsn: str, *, database: str, role: str) -> int | None:
    """Take a login's shop away, and its right to sign in; the shop, or None where that was done before and the role was
    never dropped. Raises `NoSuchReader` for a role that is none."""
    with psycopg.connect(make_conninfo(admin_dsn, dbname=database)) as admin:
        _as_owner(admin)
        found = admin.execute("DELETE FROM bi.login WHERE role = %s RETURNING merchant_id", [role]).fetchone()
        admin.execute("RESET ROLE")
        if not role.startswith(PREFIX) or (found is None and not _is_left_over(admin, role)):
            raise NoSuchReader(role)
        admin.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(sql.Identifier(role)))
    return int(found[0]) if found else None


def drop_role(admin_dsn: str, *, database: str, role: str) -> None:
    """End the sessions of a login that was shut out, and drop it. From then on nothing is left of it; until then it
    reads nothing, even where this is refused."""
    with psycopg.connect(make_conninfo(admin_dsn, dbname=database)) as admin:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [role])
        admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


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


def _is_left_over(admin: psycopg.Connection[Any], role: str) -> bool:
    """Whether a role was shut out and not dropped. One that may sign in is the reader of another database on this
    server, whose list of logins is its own."""
    return bool(
        admin.execute(
            "SELECT FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member AND NOT r.rolcanlogin"
            "  JOIN pg_roles g ON g.oid = m.roleid WHERE r.rolname = %s AND g.rolname = %s",
            [role, READER],
        ).fetchall()
    )


def _as_owner(admin: psycopg.Connection[Any]) -> None:
    """Act as who owns the list of logins: an administrator who is no superuser may not write it otherwise."""
    admin.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(OWNER)))
