"""The database roles that tenant isolation and the ledger stand on, and the check of the one that serves.

- `loyalty_owner` owns the database and its tables: migrations and backups. Row-level security does not bind
  an owner.
- `loyalty_app` serves people and runs background work. It owns nothing and row-level security binds it.
- `loyalty_system` sees every merchant. `loyalty_app` reaches it for one transaction with `SET LOCAL ROLE`,
  never by inheritance: with inheritance the app would see every merchant's rows without asking.
- `loyalty_books` may write the ledger's tables. Nobody logs in as it or becomes it: the functions that post run as
  it. It has `loyalty_app`'s rights by inheritance, row-level security included.
- `loyalty_views` owns what tools for reports read (schema `bi`), so that those views see what it may see: some
  columns of some tables, of the one shop that the login is for. Nobody logs in as it or becomes it.
- `loyalty_reader` is the group of those logins (`readers`): it may read these views and nothing else.

Plain psycopg, no Django: the demo, the tests and an operator's shell call it before there is anything to
migrate. Works on PostgreSQL 15 to 18, also where the administrator is not a superuser (managed databases).
"""

from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

OWNER: Final = "loyalty_owner"
APP: Final = "loyalty_app"
SYSTEM: Final = "loyalty_system"
BOOKS: Final = "loyalty_books"
VIEWS: Final = "loyalty_views"
READER: Final = "loyalty_reader"

# Role creation is not atomic across sessions; whoever sets up at the same time waits here.
_SETUP_LOCK: Final = 0x6C6F79616C7479  # "loyalty"

# What a role must be. Columns of pg_roles and the words that turn each on and off.
_WORDS: Final = {
    "rolcanlogin": "LOGIN",
    "rolsuper": "SUPERUSER",
    "rolcreatedb": "CREATEDB",
    "rolcreaterole": "CREATEROLE",
    "rolbypassrls": "BYPASSRLS",
    "rolreplication": "REPLICATION",
    "rolinherit": "INHERIT",
}
_BOUND: Final = dict.fromkeys(_WORDS, False) | {"rolcanlogin": True}
_WANTED: Final[dict[str, dict[str, bool]]] = {
    OWNER: _BOUND | {"rolcreatedb": True, "rolinherit": True},
    APP: _BOUND,
    SYSTEM: _BOUND,
    BOOKS: _BOUND | {"rolcanlogin": False, "rolinherit": True},
    VIEWS: _BOUND | {"rolcanlogin": False},
    READER: _BOUND | {"rolcanlogin": False},
}

# What every login of a server may do and a reader must not: write large objects, and take the locks that other shops'
# work waits for. Only a superuser can take it from everybody.
_FOR_SERVING: Final = "pg_(try_)?advisory_|lo_|loread$|lowrite$"

type Connection = psycopg.Connection[tuple[Any, ...]]


def create_roles(
    admin_dsn: str,
    *,
    database: str,
    owner_password: str | None,
    app_password: str | None,
    system_password: str | None,
) -> None:
    """Create the roles and the database, or bring existing ones back to what they must be. Safe to repeat.

    `admin_dsn` connects as a superuser, or as a role with CREATEROLE and CREATEDB, to any database of the
    server (usually `postgres`). A password of `None` leaves the role's password as it is: for peer or
    certificate logins. Tables made before by another owner are not handed over. Raises `psycopg.Error` where
    the server refuses.
    """
    passwords = {OWNER: owner_password, APP: app_password, SYSTEM: system_password}
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(%s)", [_SETUP_LOCK])
        for role in _WANTED:
            _shape_role(admin, role)
            password = passwords.get(role)
            if password is not None:
                set_password(admin, role, password)
        _set_memberships(admin)
        _create_database(admin, database)
        with psycopg.connect(make_conninfo(admin_dsn, dbname=database), autocommit=True) as inside:
            _grant_inside(inside)


def check_serving_role(connection: Any) -> list[str]:
    """The reasons why nothing may be served over this connection; an empty list when all is well.

    `connection` is Django's or psycopg's; both offer `cursor()`. The login role is judged together with every
    role it could become by `SET ROLE`, since injected SQL could too.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolname = session_user FROM pg_roles"
            " WHERE pg_has_role(session_user, oid, 'MEMBER') ORDER BY rolname <> session_user, rolname"
        )
        roles = cursor.fetchall()
        login = roles[0][0]
        if roles[0][1]:
            # A superuser is a member of everything; listing the rest would only hide the reason.
            return [f"{login} is a superuser: row-level security does not bind it"]
        reasons = _too_powerful(roles)
        cursor.execute(
            "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
            " AND pg_has_role(session_user, relowner, 'MEMBER') ORDER BY 1"
        )
        reasons.extend(
            f"{name} owns tables: row-level security does not bind an owner"
            if name == login
            else f"{login} can become {name}, which owns tables: row-level security does not bind an owner"
            for (name,) in cursor.fetchall()
        )
        # USAGE means without SET ROLE. Only a role that is not itself `loyalty_system` can inherit from it.
        cursor.execute(
            "SELECT 1 FROM pg_roles WHERE rolname = %s AND rolname <> session_user"
            " AND pg_has_role(session_user, oid, 'USAGE')",
            [SYSTEM],
        )
        if cursor.fetchone():
            reasons.append(f"{login} inherits {SYSTEM}: it would see every merchant without asking")
        if login == SYSTEM:
            reasons.append(f"{login} sees every merchant: serve as {APP}")
    return reasons


def _too_powerful(roles: list[tuple[Any, ...]]) -> list[str]:
    """What is wrong with a login role, which comes first, and the roles it could become."""
    reasons, login = [], roles[0][0]
    for name, is_super, bypasses, creates, is_login in roles:
        who = name if is_login else f"{login} can become {name}, which"
        if is_super:
            reasons.append(f"{who} is a superuser: row-level security does not bind it")
        if bypasses:
            reasons.append(f"{who} has BYPASSRLS: row-level security does not bind it")
        if creates:
            reasons.append(f"{who} has CREATEROLE: it can make itself a more powerful role")
        if name == BOOKS:
            reasons.append(
                f"{login} can become {BOOKS}: it could write the books past the ledger's functions"
            )
    return reasons


def _shape_role(admin: Connection, role: str) -> None:
    """Create a role, or change just the attributes that differ.

    Naming SUPERUSER or BYPASSRLS in an ALTER needs a superuser even to say no, so what is right is left
    alone.
    """
    wanted = _WANTED[role]
    columns = sql.SQL(", ").join(map(sql.Identifier, _WORDS))
    query = sql.SQL("SELECT {} FROM pg_roles WHERE rolname = %s").format(columns)
    found = admin.execute(query, [role]).fetchone()
    if found is None:
        admin.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
        found = admin.execute(query, [role]).fetchone()
    assert found is not None  # noqa: S101 - created on the line above
    changes = [
        sql.SQL(word if wanted[column] else f"NO{word}")
        for (column, word), now in zip(_WORDS.items(), found, strict=True)
        if wanted[column] != now
    ]
    if changes:
        admin.execute(sql.SQL("ALTER ROLE {} {}").format(sql.Identifier(role), sql.SQL(" ").join(changes)))


def set_password(admin: Connection, role: str, password: str) -> None:
    """Set a password so that neither the network nor the server's log sees it: only its verifier is sent."""
    verifier = admin.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier)))


def _set_memberships(admin: Connection) -> None:
    """`loyalty_app` may become `loyalty_system` and nothing else; `loyalty_system` may become nothing.
    `loyalty_books` inherits from `loyalty_app`; `loyalty_owner` may hand functions to it, and views to `loyalty_views`.
    `loyalty_views` and `loyalty_reader` belong to nobody."""
    # Before 16 a role's own NOINHERIT decides; from 16 on each grant does, and one role may have several.
    chooses_per_grant = admin.info.server_version >= 160000
    # The conversion to JSON reads a column that older servers do not have.
    foreign = admin.execute(
        "SELECT pg_get_userbyid(roleid), pg_get_userbyid(member), pg_get_userbyid(grantor)"
        " FROM pg_auth_members AS granted WHERE pg_get_userbyid(member) IN (%(app)s, %(system)s)"
        " AND (pg_get_userbyid(member) = %(system)s OR pg_get_userbyid(roleid) <> %(system)s"
        " OR admin_option OR coalesce((to_jsonb(granted) ->> 'inherit_option')::boolean, false))"
        " OR pg_get_userbyid(member) = %(books)s"
        " AND (pg_get_userbyid(roleid) <> %(app)s OR admin_option)"
        " OR pg_get_userbyid(member) IN (%(views)s, %(reader)s)",
        {"app": APP, "system": SYSTEM, "books": BOOKS, "views": VIEWS, "reader": READER},
    ).fetchall()
    for role, member, grantor in foreign:
        revoke = sql.SQL("REVOKE {} FROM {}").format(sql.Identifier(role), sql.Identifier(member))
        if chooses_per_grant:
            revoke += sql.SQL(" GRANTED BY {}").format(sql.Identifier(grantor))
        admin.execute(revoke)
    for role, member, options in (
        (SYSTEM, APP, " WITH INHERIT FALSE, SET TRUE"),
        (APP, BOOKS, " WITH INHERIT TRUE, SET FALSE"),
        (BOOKS, OWNER, " WITH INHERIT TRUE, SET TRUE"),
        (VIEWS, OWNER, " WITH INHERIT TRUE, SET TRUE"),
    ):
        grant = "GRANT {} TO {}" + (options if chooses_per_grant else "")
        admin.execute(sql.SQL(grant).format(sql.Identifier(role), sql.Identifier(member)))


def _create_database(admin: Connection, database: str) -> None:
    """Create the database for the owner, or hand an existing one over; let only those in who log in."""
    # An administrator who is no superuser must be able to act as the owner before giving anything to it.
    powers = admin.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    if powers and not powers[0]:
        admin.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(OWNER)))
    name, owner = sql.Identifier(database), sql.Identifier(OWNER)
    found = admin.execute(
        "SELECT pg_get_userbyid(datdba), pg_encoding_to_char(encoding) FROM pg_database WHERE datname = %s",
        [database],
    ).fetchone()
    if found is None:
        template = admin.execute(
            "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'template0'"
        ).fetchone()
        # A server set up in a legacy encoding cannot combine its locale with UTF-8; C goes with everything.
        locale = "" if template and template[0] == "UTF8" else " LOCALE 'C'"
        create = "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' OWNER {}" + locale
        admin.execute(sql.SQL(create).format(name, owner))
    elif found[1] != "UTF8":
        raise psycopg.DataError(f"Database {database} is encoded in {found[1]}; it has to be UTF8.")
    elif found[0] != OWNER:
        admin.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(name, owner))
    admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    admin.execute(
        sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}, {}").format(
            name, sql.Identifier(APP), sql.Identifier(SYSTEM)
        )
    )
    # Without TEMPORARY a reader has nowhere to make a table or a function.
    admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, sql.Identifier(READER)))


def _grant_inside(inside: Connection) -> None:
    """Schema `public` belongs to the owner; what the owner makes there, app and system may use.

    Append-only tables take UPDATE and DELETE back in their own migrations, so existing tables are not granted
    anew.
    """
    names = {"owner": sql.Identifier(OWNER), "app": sql.Identifier(APP), "system": sql.Identifier(SYSTEM)}
    for statement in (
        "ALTER SCHEMA public OWNER TO {owner}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "REVOKE CREATE ON SCHEMA public FROM {app}, {system}",
        "GRANT USAGE ON SCHEMA public TO {app}, {system}",
    ):
        inside.execute(sql.SQL(statement).format(**names))
    for privileges in (
        "SELECT, INSERT, UPDATE, DELETE ON TABLES",
        "USAGE, SELECT ON SEQUENCES",
        "EXECUTE ON FUNCTIONS",
    ):
        defaults = (
            "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT {privileges} TO {app}, {system}"
        )
        inside.execute(sql.SQL(defaults).format(**names, privileges=sql.SQL(privileges)))
    # A function that runs with its owner's rights must not be open to whoever else logs in to this server.
    inside.execute(
        sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC").format(
            **names
        )
    )
    _keep_from_readers(inside)


def _keep_from_readers(inside: Connection) -> None:
    """Take from everybody, and give to those who serve, what a reader has no use for. Does nothing for an administrator
    who is no superuser: then it stays open (docs/bi.md says what that means)."""
    powers = inside.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    if not powers or not powers[0]:
        return
    found = inside.execute(
        "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace"
        " AND proname ~ ('^(' || %s || ')') AND has_function_privilege('public', oid, 'EXECUTE')",
        [_FOR_SERVING],
    ).fetchall()
    for (function,) in found:
        # The signature is the server's own spelling of one of its functions.
        named = sql.SQL(function)
        inside.execute(
            sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}, {}, {}").format(
                named, *(sql.Identifier(role) for role in (OWNER, APP, SYSTEM))
            )
        )
        inside.execute(sql.SQL("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC").format(named))
