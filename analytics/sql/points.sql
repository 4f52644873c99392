-- Points that moved, by the day they did: each of the shop's sides of the books, what came to members (_in) apart from
-- what left them (_out); all, and by kind of movement.
WITH moved AS (
    SELECT (t.happened_at AT TIME ZONE %(zone)s::text)::date AS day, a.kind AS side, e.amount < 0 AS came,
           t.kind AS kind, abs(e.amount) AS amount
      FROM ledger_transfer t
      JOIN ledger_entry e ON e.merchant_id = t.merchant_id AND e.transfer_id = t.id
      JOIN ledger_account a ON a.merchant_id = e.merchant_id AND a.id = e.account_id AND a.owner IS NULL
     WHERE t.merchant_id = %(merchant)s AND t.id >= %(floor)s::uuid AND t.unit = 'points' AND a.unit = 'points'
       AND t.happened_at >= %(since)s::timestamptz AND t.happened_at < %(until)s::timestamptz
)
SELECT day, CASE WHEN grouping(kind) = 0 THEN 'kind' ELSE '' END, CASE WHEN grouping(kind) = 0 THEN kind ELSE '' END,
       side || CASE WHEN came THEN '_in' ELSE '_out' END, sum(amount)::bigint
  FROM moved GROUP BY GROUPING SETS ((day, side, came), (day, side, came, kind))
