"""What PostgreSQL's own catalogue says about tenant isolation: one query per promise, each answers its
breaches.

A table is a tenant's when it has a `merchant_id`. Each function returns sentences, so that a failing test
names the table and what is missing.
"""

from psycopg import Connection

from loyalty.core.tenancy.models import MERCHANT_OF_SESSION
from loyalty.core.tenancy.roles import APP, OWNER, SYSTEM, VIEWS

TENANT_TABLES = """
SELECT c.oid, c.relname, c.relrowsecurity
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'merchant_id' AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
"""

OF_LOGIN = "(merchant_id = ( SELECT bi.shop_of_login() AS shop_of_login))"
"""The shop of a reader's login, as PostgreSQL prints it."""


def tenant_tables(admin: Connection) -> list[str]:
    """The names of all tables with a `merchant_id`."""
    return [row[0] for row in admin.execute(f"SELECT relname FROM ({TENANT_TABLES}) t ORDER BY 1")]


def without_security(admin: Connection) -> list[str]:
    """Tables whose row-level security is off."""
    rows = admin.execute(f"SELECT relname FROM ({TENANT_TABLES}) t WHERE NOT relrowsecurity ORDER BY 1")
    return [f"{name}: row-level security is off" for (name,) in rows]


def with_other_policies(admin: Connection) -> list[str]:
    """Tables that have not exactly the two policies: the app sees its merchant, the system role sees all. What tools
    for reports read has a third: their views see the rows of the login's shop."""
    # PostgreSQL prints expressions in its own way; let it print ours.
    printed = admin.execute(
        "SELECT pg_get_expr(polqual, polrelid) FROM pg_policy"
        " WHERE polrelid = 'merchants_location'::regclass AND polname = 'merchants_location_tenant'"
    ).fetchone()
    own = printed[0] if printed else ""
    if MERCHANT_OF_SESSION.split("(")[0] not in own.upper() or "app.merchant_id" not in own:
        return [f"merchants_location: its policy is not the merchant of the session but {own}"]
    breaches = []
    for table in tenant_tables(admin):
        found = admin.execute(
            "SELECT policyname, permissive, roles::text[], cmd, qual, with_check FROM pg_policies"
            " WHERE schemaname = 'public' AND tablename = %s ORDER BY policyname",
            [table],
        ).fetchall()
        wanted = [
            (f"{table}_system", "PERMISSIVE", [SYSTEM], "ALL", "true", "true"),
            (f"{table}_tenant", "PERMISSIVE", [APP], "ALL", own, own),
        ]
        readable = admin.execute(
            "SELECT has_any_column_privilege(%s, %s, 'SELECT')", [VIEWS, table]
        ).fetchone()
        if readable and readable[0]:
            wanted.append((f"{table}_views", "PERMISSIVE", [VIEWS], "SELECT", OF_LOGIN, None))
        if found != wanted:
            breaches.append(f"{table}: its policies are {found}")
    return breaches


def keys_without_merchant(admin: Connection) -> dict[str, str]:
    """Unique indexes (primary keys too) that do not begin with `merchant_id`, with their definitions."""
    rows = admin.execute(
        f"""
        SELECT i.relname, pg_get_indexdef(x.indexrelid)
          FROM ({TENANT_TABLES}) t
          JOIN pg_index x ON x.indrelid = t.oid AND x.indisunique
          JOIN pg_class i ON i.oid = x.indexrelid
         WHERE NOT EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname = 'merchant_id'
                              AND a.attnum = x.indkey[0])
         ORDER BY 1
        """
    )
    return dict(rows.fetchall())


def references_without_merchant(admin: Connection) -> list[str]:
    """Foreign keys between two tenant tables that do not carry `merchant_id` to `merchant_id`."""
    rows = admin.execute(
        f"""
        SELECT k.conname, pg_get_constraintdef(k.oid)
          FROM pg_constraint k
          JOIN ({TENANT_TABLES}) a ON a.oid = k.conrelid
          JOIN ({TENANT_TABLES}) b ON b.oid = k.confrelid
         WHERE k.contype = 'f' AND NOT EXISTS (
               SELECT 1 FROM unnest(k.conkey, k.confkey) AS pair (here, there)
                 JOIN pg_attribute h ON h.attrelid = k.conrelid AND h.attnum = pair.here
                                    AND h.attname = 'merchant_id'
                 JOIN pg_attribute o ON o.attrelid = k.confrelid AND o.attnum = pair.there
                                    AND o.attname = 'merchant_id')
         ORDER BY 1
        """
    )
    return [f"{name}: {definition}" for name, definition in rows]


def unvalidated(admin: Connection) -> list[str]:
    """Constraints that were added without looking at the rows that were there."""
    rows = admin.execute("SELECT conname FROM pg_constraint WHERE NOT convalidated ORDER BY 1")
    return [f"{name}: was never checked against the rows" for (name,) in rows]


def owned_by_others(admin: Connection) -> list[str]:
    """Tables, sequences and functions that do not belong to the owner role."""
    rows = admin.execute(
        "SELECT relname, pg_get_userbyid(relowner) FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'S')"
        " AND relnamespace = 'public'::regnamespace AND pg_get_userbyid(relowner) <> %(owner)s"
        " UNION ALL SELECT proname, pg_get_userbyid(proowner) FROM pg_proc"
        " WHERE pronamespace = 'public'::regnamespace AND pg_get_userbyid(proowner) <> %(owner)s ORDER BY 1",
        {"owner": OWNER},
    )
    return [f"{name}: belongs to {owner}" for name, owner in rows]


def run_with_other_rights(admin: Connection) -> dict[str, tuple[str, list[str] | None]]:
    """Functions and views that run with their owner's rights: whose those are, and the settings they pin."""
    rows = admin.execute(
        "SELECT proname, pg_get_userbyid(proowner), proconfig FROM pg_proc"
        " WHERE prosecdef AND pronamespace = 'public'::regnamespace"
        " UNION ALL SELECT relname, pg_get_userbyid(relowner), reloptions FROM pg_class WHERE relkind IN ('v', 'm')"
        " AND relnamespace = 'public'::regnamespace"
        " AND NOT coalesce('security_invoker=true' = ANY (reloptions), false) ORDER BY 1"
    )
    return {name: (role, settings) for name, role, settings in rows}


def rights(admin: Connection, role: str, table: str) -> set[str]:
    """What a role may do with a table as a whole: a right on some columns is not one on the table."""
    rows = admin.execute(
        "SELECT r FROM unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) r"
        " WHERE has_table_privilege(%s, %s, r)",
        [role, table],
    )
    return {right for (right,) in rows}


def columns_changeable(admin: Connection, role: str, table: str) -> set[str]:
    """The columns of a table that a role may update."""
    rows = admin.execute(
        "SELECT attname FROM pg_attribute"
        " WHERE attrelid = %(table)s::regclass AND attnum > 0 AND NOT attisdropped"
        " AND has_column_privilege(%(role)s, %(table)s, attname, 'UPDATE')",
        {"role": role, "table": table},
    )
    return {name for (name,) in rows}
