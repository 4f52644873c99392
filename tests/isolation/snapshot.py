"""All that is kept of a merchant, to be compared before and after."""

from django.db import connection

from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import across_merchants


def everything(merchant: Merchant) -> dict[str, str]:
    """A digest of all rows of a merchant, table by table.

    When a key was last used is left out: using a shop's own key is no intrusion.
    """
    with across_merchants("compare a shop before and after"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT table_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name = 'merchant_id' ORDER BY 1"
        )
        tables = [name for (name,) in cursor.fetchall()]
        parts = [
            f"SELECT '{table}', md5(coalesce(string_agg(line, '|' ORDER BY line), ''))"
            f" FROM (SELECT (to_jsonb(t) - 'last_used_at')::text AS line FROM {table} t"
            " WHERE merchant_id = %(id)s) rows"
            for table in tables
        ]
        parts.append(
            "SELECT 'merchants_merchant', to_jsonb(m)::text FROM merchants_merchant m WHERE id = %(id)s"
        )
        cursor.execute(" UNION ALL ".join(parts), {"id": merchant.pk})
        return dict(cursor.fetchall())
