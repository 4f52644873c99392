"""All that is kept of a merchant, to be compared before and after."""

from collections.abc import Iterable
from functools import cache

from django.db import connection

from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import across_merchants

_MERCHANTS = "merchants_merchant"


@cache
def kept() -> frozenset[str]:
    """The tables whose rows are a merchant's, and the one of merchants."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT table_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name = 'merchant_id'"
        )
        return frozenset({_MERCHANTS, *(name for (name,) in cursor.fetchall())})


def everything(merchant: Merchant, tables: Iterable[str] | None = None) -> dict[str, str]:
    """A digest of all rows of a merchant, table by table: of all tables, or of some.

    When a key was last used is left out: using a shop's own key is no intrusion.
    """
    parts = [
        f"SELECT '{table}', to_jsonb(m)::text FROM {table} m WHERE id = %(id)s"
        if table == _MERCHANTS
        else f"SELECT '{table}', md5(coalesce(string_agg(line, '|' ORDER BY line), ''))"
        f" FROM (SELECT (to_jsonb(t) - 'last_used_at')::text AS line FROM {table} t"
        " WHERE merchant_id = %(id)s) rows"
        for table in sorted(kept() if tables is None else tables)
    ]
    with across_merchants("compare a shop before and after"), connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), {"id": merchant.pk})
        return dict(cursor.fetchall())


def written() -> dict[str, int]:
    """How many rows of each table the open transaction has written so far, also what was taken back; a part of a table
    counts as the whole."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(pg_partition_root(relid), relid)::regclass::text,"
            " sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables GROUP BY 1"
        )
        return dict(cursor.fetchall())
