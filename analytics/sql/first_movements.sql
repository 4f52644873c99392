-- The largest movements of a period on one side of the shop's books. No line of a movement is larger than the movement:
-- those that are read from the index of movements, largest first, have the largest lines, down to the last one read.
WITH largest AS MATERIALIZED (
    SELECT t.id, t.amount
      FROM ledger_transfer t
     WHERE t.merchant_id = %(merchant)s AND t.unit = 'points' AND t.move = ANY(%(moves)s::text[])
       AND t.happened_at >= %(since)s::timestamptz AND t.happened_at < %(until)s::timestamptz
     ORDER BY t.amount DESC FETCH FIRST (%(among)s::bigint) ROWS WITH TIES
), found AS (
    SELECT t.id, t.owner, t.happened_at, coalesce(nullif(t.reason, ''), t.kind) AS note,
           CASE WHEN a.kind <> %(part)s::text THEN 0 WHEN a.kind IN ('redeemed', 'expired') THEN e.amount
                ELSE -e.amount END AS part,
           CASE WHEN a.kind = %(whole)s::text THEN -e.amount ELSE 0 END AS whole
      FROM largest l
      JOIN ledger_transfer t ON t.merchant_id = %(merchant)s AND t.id = l.id
     CROSS JOIN LATERAL (SELECT account_id, amount FROM ledger_entry
                          WHERE merchant_id = %(merchant)s AND transfer_id = l.id OFFSET 0) e
      JOIN ledger_account a ON a.merchant_id = %(merchant)s AND a.id = e.account_id AND a.owner IS NULL
       AND a.unit = 'points' AND a.kind IN (%(part)s::text, %(whole)s::text)
)
SELECT id, owner, happened_at, note, part, whole FROM found
 WHERE part > 0 AND part >= (SELECT min(amount) FROM largest)
 ORDER BY part DESC, happened_at DESC, id LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
