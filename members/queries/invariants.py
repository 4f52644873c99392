"""What must hold between orders and the books; run with the ledger's own checks."""

from loyalty.core.ledger.checks import register_check

_ORDERS = """
SELECT o.merchant_id, o.id, format('%s points earned, %s granted', o.points_earned, coalesce(g.amount, 0))
  FROM members_order o
  LEFT JOIN (SELECT t.merchant_id, t.source, sum(t.amount) AS amount
               FROM ledger_transfer t
              WHERE {merchant:t} AND t.source_kind = 'order' AND t.move = 'grant' AND t.kind = 'earn'
              GROUP BY t.merchant_id, t.source) g ON g.merchant_id = o.merchant_id AND g.source = o.id
 WHERE {merchant:o} AND o.points_earned <> coalesce(g.amount, 0)
"""
_REFUNDS = """
SELECT o.merchant_id, o.id, format('refunds took %s points, the books %s', coalesce(r.points, 0), coalesce(b.points, 0))
  FROM members_order o
  LEFT JOIN (SELECT f.merchant_id, f.order_id, sum(f.points_taken) AS points FROM members_refund f
              WHERE {merchant:f} AND f.order_id IS NOT NULL GROUP BY f.merchant_id, f.order_id) r
    ON r.merchant_id = o.merchant_id AND r.order_id = o.id
  LEFT JOIN (SELECT t.merchant_id, t.source, sum(t.amount) AS points FROM ledger_transfer t
              WHERE {merchant:t} AND t.source_kind = 'order' AND t.kind = 'refund'
              GROUP BY t.merchant_id, t.source) b ON b.merchant_id = o.merchant_id AND b.source = o.id
 WHERE {merchant:o} AND coalesce(r.points, 0) <> coalesce(b.points, 0)
"""


def register() -> None:
    """Add the checks of orders and refunds."""
    register_check(
        "order_points_granted", _ORDERS, over="members_order",
        says="the points an order says it earned are the points its grants gave",
    )  # fmt: skip
    register_check(
        "refund_points_taken", _REFUNDS, over="members_order",
        says="the points an order's refunds took are the points the books took back",
    )  # fmt: skip
