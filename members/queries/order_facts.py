"""What must be known before an order is decided, for many orders in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection

from loyalty.core.tenancy import scope
from members.rules.products import Shelved

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Known:
    """A member as the engine needs them; a merged one is already followed to where they went."""

    id: UUID
    status: str
    joined_at: datetime
    orders_count: int
    spend_minor: int
    last_order_at: datetime | None


# CASE where one would write coalesce(): under row-level security PostgreSQL does not trust that one with an index and
# reads the whole shop for each order. Each LIMIT 1 keeps the planner at one look-up by key.
_LOOK_UP = """
SELECT i.n, m.id, m.status, m.joined_at, s.orders_count, s.spend_minor, s.last_order_at,
       (SELECT version_id FROM programme_inforce WHERE merchant_id = %(merchant)s),
       (SELECT mark FROM members_addedmark WHERE merchant_id = %(merchant)s),
       (SELECT mark FROM members_comparisonbook WHERE merchant_id = %(merchant)s){shelf}
  FROM jsonb_to_recordset(%(asked)s::jsonb) AS i(n int, kind text, value text, id uuid)
  LEFT JOIN LATERAL (
       SELECT member_id FROM members_identity
        WHERE merchant_id = %(merchant)s AND kind = i.kind AND value = i.value LIMIT 1) d ON true
  LEFT JOIN LATERAL (
       SELECT id, merged_into_id FROM members_member
        WHERE merchant_id = %(merchant)s
          AND id = CASE WHEN i.id IS NULL THEN d.member_id ELSE i.id END LIMIT 1) f ON true
  LEFT JOIN LATERAL (
       SELECT id, status, joined_at FROM members_member
        WHERE merchant_id = %(merchant)s
          AND id = CASE WHEN f.merged_into_id IS NULL THEN f.id ELSE f.merged_into_id END
          AND status IN ('active', 'blocked') LIMIT 1) m ON true
  LEFT JOIN LATERAL (
       SELECT orders_count, spend_minor, last_order_at FROM members_stats
        WHERE merchant_id = %(merchant)s AND member_id = m.id LIMIT 1) s ON true
"""


_ALONE = _LOOK_UP.replace("{shelf}", "")
# In the first row alone: the products of a whole batch are answered once.
_WITH_SHELF = _LOOK_UP.replace(
    "{shelf}",
    """,
       CASE WHEN i.n = %(first)s THEN (
            SELECT jsonb_object_agg(sku, jsonb_build_array(name, category, brand, tags, kind)) FROM members_product
             WHERE merchant_id = %(merchant)s AND sku = ANY(%(skus)s)) END""",
)
_shelf = msgspec.json.Decoder(dict[str, Shelved])


class Counts(NamedTuple):
    """What counts: the programme version in force, the mark of what is added to it (`members.queries.adding`), the
    mark of the book of experiments (`members.queries.comparisons`), and what the catalogue says of products."""

    version: UUID | None
    mark: UUID | None
    book: UUID | None
    shelf: Mapping[str, Shelved] = {}


def look_up(
    named: Mapping[int, tuple[str, str] | None], *, skus: Sequence[str] = ()
) -> tuple[dict[int, Known], Counts]:
    """Members by the number of the asking order, and what counts. `named` gives (kind, value); `skus` are the products
    about which the catalogue is asked, too, in the same statement: without any it is not."""
    if not named:
        return {}, Counts(None, None, None)
    # One JSON document: psycopg takes longer to write four arrays than PostgreSQL to answer.
    values: dict[str, Any] = {
        "merchant": scope.merchant_id(),
        "asked": _encode([_asked(number, name) for number, name in named.items()]).decode(),
    }
    if skus:
        values |= {"first": next(iter(named)), "skus": list(skus)}
    with connection.cursor() as cursor:
        cursor.execute(_WITH_SHELF if skus else _ALONE, values)
        rows = cursor.fetchall()
    known = {row[0]: Known(*row[1:7]) for row in rows if row[1] is not None}
    answered = next((row[10] for row in rows if row[10]), None) if skus else None
    version, mark, book = rows[0][7:10]
    return known, Counts(version, mark, book, _shelf.decode(answered) if answered else {})


def _asked(number: int, name: tuple[str, str] | None) -> dict[str, object]:
    if name is None:
        return {"n": number}
    kind, value = name
    return {"n": number, "id": value} if kind == "id" else {"n": number, "kind": kind, "value": value}
