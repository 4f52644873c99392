-- What ends within some days: points, and how many members they belong to.
SELECT coalesce(sum(l.remaining), 0)::bigint, count(DISTINCT a.owner)
  FROM ledger_lot l
  JOIN ledger_account a ON a.merchant_id = l.merchant_id AND a.id = l.account_id AND a.unit = 'points'
 WHERE l.merchant_id = %(merchant)s AND l.remaining > 0 AND NOT l.pending
   AND l.expires_at > %(now)s::timestamptz AND l.expires_at < %(now)s::timestamptz + make_interval(days => %(days)s::int)
