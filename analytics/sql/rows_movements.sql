-- Movements of points on one side of the shop's books in a period, or on the two that are divided by each other. Given
-- counts what came to members, used and expired what left them.
WITH found AS (
    SELECT t.id, t.owner AS about, t.happened_at AS at, coalesce(nullif(t.reason, ''), t.kind) AS note,
           CASE WHEN a.kind <> %(part)s::text THEN 0 WHEN a.kind IN ('redeemed', 'expired') THEN e.amount
                ELSE -e.amount END AS part,
           CASE WHEN a.kind = %(whole)s::text THEN -e.amount ELSE 0 END AS whole
      FROM ledger_transfer t
      JOIN ledger_entry e ON e.merchant_id = t.merchant_id AND e.transfer_id = t.id
      JOIN ledger_account a ON a.merchant_id = e.merchant_id AND a.id = e.account_id AND a.owner IS NULL
     WHERE t.merchant_id = %(merchant)s AND t.id >= %(floor)s::uuid AND t.unit = 'points'
       AND a.unit = 'points' AND a.kind IN (%(part)s::text, %(whole)s::text)
       AND t.happened_at >= %(since)s::timestamptz AND t.happened_at < %(until)s::timestamptz
)
