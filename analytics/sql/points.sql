-- Points that moved, by the day they did: each of the shop's sides of the books, what came to members (_in) apart from
-- what left them (_out); all, and by kind of movement. Movements first, each then with its lines: nearly all lines are on
-- a few accounts of the shop, which no plan expects.
WITH happened AS MATERIALIZED (
    SELECT t.id, (t.happened_at AT TIME ZONE %(zone)s::text)::date AS day, t.kind
      FROM ledger_transfer t
     WHERE t.merchant_id = %(merchant)s AND t.id >= %(floor)s::uuid AND t.unit = 'points'
       AND t.happened_at >= %(since)s::timestamptz AND t.happened_at < %(until)s::timestamptz
), moved AS (
    SELECT t.day, a.kind AS side, e.amount < 0 AS came, t.kind AS kind, abs(e.amount) AS amount
      FROM happened t
     CROSS JOIN LATERAL (SELECT account_id, amount FROM ledger_entry
                          WHERE merchant_id = %(merchant)s AND transfer_id = t.id OFFSET 0) e
      JOIN ledger_account a ON a.merchant_id = %(merchant)s AND a.id = e.account_id AND a.owner IS NULL
       AND a.unit = 'points'
)
SELECT day, CASE WHEN grouping(kind) = 0 THEN 'kind' ELSE '' END, CASE WHEN grouping(kind) = 0 THEN kind ELSE '' END,
       side || CASE WHEN came THEN '_in' ELSE '_out' END, sum(amount)::bigint
  FROM moved GROUP BY GROUPING SETS ((day, side, came), (day, side, came, kind))
