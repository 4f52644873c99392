-- The first movements of a period on a side of the shop's books with few lines, all of which are read; after those that
-- add to it come the last ones on the side that it is divided by.
WITH lines AS MATERIALIZED (
    SELECT e.transfer_id, CASE WHEN a.kind IN ('redeemed', 'expired') THEN e.amount ELSE -e.amount END AS part
      FROM ledger_account a
     CROSS JOIN LATERAL (SELECT transfer_id, amount FROM ledger_entry
                          WHERE merchant_id = %(merchant)s AND account_id = a.id OFFSET 0) e
     WHERE a.merchant_id = %(merchant)s AND a.owner IS NULL AND a.unit = 'points' AND a.kind = %(part)s::text
), found AS (
    SELECT t.id, t.owner, t.happened_at, coalesce(nullif(t.reason, ''), t.kind) AS note, l.part, 0::bigint AS whole
      FROM lines l
      JOIN ledger_transfer t ON t.merchant_id = %(merchant)s AND t.id = l.transfer_id
     WHERE t.happened_at >= %(since)s::timestamptz AND t.happened_at < %(until)s::timestamptz
       AND (l.part > 0 OR %(whole)s::text = '')
    UNION ALL
    (SELECT t.id, t.owner, t.happened_at, coalesce(nullif(t.reason, ''), t.kind), 0, -e.amount
       FROM ledger_transfer t
      CROSS JOIN LATERAL (SELECT account_id, amount FROM ledger_entry
                           WHERE merchant_id = %(merchant)s AND transfer_id = t.id OFFSET 0) e
       JOIN ledger_account a ON a.merchant_id = %(merchant)s AND a.id = e.account_id AND a.owner IS NULL
        AND a.unit = 'points' AND a.kind = %(whole)s::text
      WHERE %(whole)s::text <> '' AND t.merchant_id = %(merchant)s AND t.unit = 'points'
        AND t.happened_at >= %(since)s::timestamptz AND t.happened_at < %(until)s::timestamptz
      ORDER BY t.happened_at DESC, t.id LIMIT %(limit)s::bigint + %(offset)s::bigint)
)
SELECT id, owner, happened_at, note, part, whole FROM found
 ORDER BY part DESC, happened_at DESC, id LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
