-- Movements of points on one side of the shop's books in a period, or on the two that are divided by each other. Given
-- counts what came to members, used and expired what left them.
WITH happened AS MATERIALIZED (
    SELECT t.id, t.owner, t.happened_at, coalesce(nullif(t.reason, ''), t.kind) AS note
      FROM ledger_transfer t
     WHERE t.merchant_id = %(merchant)s AND t.id >= %(floor)s::uuid AND t.unit = 'points'
       AND t.happened_at >= %(since)s::timestamptz AND t.happened_at < %(until)s::timestamptz
), found AS (
    SELECT t.id, t.owner AS about, t.happened_at AS at, t.note,
           CASE WHEN a.kind <> %(part)s::text THEN 0 WHEN a.kind IN ('redeemed', 'expired') THEN e.amount
                ELSE -e.amount END AS part,
           CASE WHEN a.kind = %(whole)s::text THEN -e.amount ELSE 0 END AS whole
      FROM happened t
     CROSS JOIN LATERAL (SELECT account_id, amount FROM ledger_entry
                          WHERE merchant_id = %(merchant)s AND transfer_id = t.id OFFSET 0) e
      JOIN ledger_account a ON a.merchant_id = %(merchant)s AND a.id = e.account_id AND a.owner IS NULL
       AND a.unit = 'points' AND a.kind IN (%(part)s::text, %(whole)s::text)
)
