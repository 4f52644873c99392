"""What goes with what, worked out anew from the purchases of a year and put in place of last night's."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection, transaction

from campaigns.models import SuggestionNight
from campaigns.rules import suggestions as rules
from loyalty.core import ids
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.tenancy import scope

HOUR = 2
"""Not before this hour of the shop's night."""
LOOKED_BACK = timedelta(days=365)

_BOUGHT = """
SELECT coalesce(o.member_id, o.id), l.sku, o.id
  FROM members_order o JOIN members_orderline l ON l.merchant_id = o.merchant_id AND l.order_id = o.id
 WHERE o.merchant_id = %(merchant)s AND o.placed_at >= %(since)s AND o.placed_at < %(until)s
   AND o.status = 'recorded' AND l.kind = 'product' AND l.sku <> ''
"""
_PRODUCTS = """
SELECT l.sku, (array_agg(l.name ORDER BY o.placed_at DESC, o.id DESC))[1],
       (array_agg(l.category ORDER BY o.placed_at DESC, o.id DESC))[1], count(DISTINCT o.id)
  FROM members_order o JOIN members_orderline l ON l.merchant_id = o.merchant_id AND l.order_id = o.id
 WHERE o.merchant_id = %(merchant)s AND o.placed_at >= %(since)s AND o.placed_at < %(until)s
   AND o.status = 'recorded' AND l.kind = 'product' AND l.sku <> ''
 GROUP BY l.sku ORDER BY count(DISTINCT o.id) DESC, l.sku
"""
_EMPTY = (
    "DELETE FROM campaigns_productlink WHERE merchant_id = %(merchant)s",
    "DELETE FROM campaigns_knownproduct WHERE merchant_id = %(merchant)s",
)
_KEEP_LINKS = """
INSERT INTO campaigns_productlink (id, merchant_id, sku, other, place, score, together)
SELECT x.id, %(merchant)s, x.sku, x.other, x.place, x.score, x.together
  FROM unnest(%(ids)s::uuid[], %(skus)s::text[], %(others)s::text[], %(places)s::smallint[], %(scores)s::float8[],
              %(together)s::int[]) AS x(id, sku, other, place, score, together)
"""
_KEEP_PRODUCTS = """
INSERT INTO campaigns_knownproduct (id, merchant_id, sku, name, category, orders, rank)
SELECT x.id, %(merchant)s, x.sku, x.name, x.category, x.orders, x.rank
  FROM unnest(%(ids)s::uuid[], %(skus)s::text[], %(names)s::text[], %(categories)s::text[], %(orders)s::int[],
              %(ranks)s::int[]) AS x(id, sku, name, category, orders, rank)
"""


def due(*, at: datetime) -> date | None:
    """The day whose night it is in the shop's zone, unless it was worked out already or the night is young."""
    local = at.astimezone(ZoneInfo(shop_of_scope().timezone))
    done = SuggestionNight.objects.filter(day__gte=local.date()).exists()
    return None if local.hour < HOUR or done else local.date()


@transaction.atomic
def refresh_suggestions(*, at: datetime) -> SuggestionNight:
    """Work out what goes with what, from the purchases of the year before `at`, and put it in the place of what there
    was. Twice is once: the second finds the same. No member is in it, only products."""
    said: dict[str, Any] = {"merchant": scope.merchant_id(), "since": at - LOOKED_BACK, "until": at}
    with connection.cursor() as cursor:
        # One at a time for a shop; who comes second finds it done and does it again.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(concat_ws('|', %s::bigint, 'suggestions'), 10))",
            [said["merchant"]],
        )
        cursor.execute(_PRODUCTS, said)
        products = cursor.fetchall()
        cursor.execute(_BOUGHT, said)
        customers, columns, orders = _numbered(cursor, {row[0]: n for n, row in enumerate(products)})
        links = rules.related(customers, columns)
        skus = [row[0] for row in products]
        for statement in _EMPTY:
            cursor.execute(statement, said)
        cursor.execute(_KEEP_PRODUCTS, {
            **said, "ids": [ids.new() for _row in products], "skus": skus, "names": [row[1] for row in products],
            "categories": [row[2] for row in products], "orders": [row[3] for row in products],
            "ranks": list(range(1, len(products) + 1)),
        })  # fmt: skip
        cursor.execute(_KEEP_LINKS, {
            **said, "ids": [ids.new() for _link in range(len(links))], "skus": [skus[one] for one in links.of],
            "others": [skus[one] for one in links.to], "places": links.place.tolist(),
            "scores": links.score.tolist(), "together": links.together.tolist(),
        })  # fmt: skip
    local = at.astimezone(ZoneInfo(shop_of_scope().timezone))
    night, _made = SuggestionNight.objects.update_or_create(only=True, defaults={
        "day": local.date(), "orders": orders, "products": len(products),
        "links": len(links), "worked_out_at": at,
    })  # fmt: skip
    return night


def _numbered(cursor: Any, products: dict[str, int]) -> tuple[np.ndarray, np.ndarray, int]:
    """The rows of a cursor, (customer, product, order): customers and products as numbers, and how many orders."""
    customers: dict[object, int] = {}
    orders: set[object] = set()
    rows: list[int] = []
    columns: list[int] = []
    while some := cursor.fetchmany(50_000):
        for customer, sku, order in some:
            rows.append(customers.setdefault(customer, len(customers)))
            columns.append(products[sku])
            orders.add(order)
    return np.asarray(rows, np.int64), np.asarray(columns, np.int64), len(orders)
