-- What is left of the points that were given, by the month they were given in: how many lots, what they were, what of
-- them members still have (of it, waiting), and when the first of it ends.
SELECT date_trunc('month', t.happened_at AT TIME ZONE %(zone)s::text)::date, count(*), sum(l.granted)::bigint,
       sum(l.remaining)::bigint, coalesce(sum(l.remaining) FILTER (WHERE l.pending), 0)::bigint,
       (min(l.expires_at) FILTER (WHERE l.remaining > 0) AT TIME ZONE %(zone)s::text)::date
  FROM ledger_lot l
  JOIN ledger_account a ON a.merchant_id = l.merchant_id AND a.id = l.account_id AND a.unit = 'points'
  JOIN ledger_transfer t ON t.merchant_id = l.merchant_id AND t.id = l.transfer_id
 WHERE l.merchant_id = %(merchant)s
 GROUP BY 1 ORDER BY 1
