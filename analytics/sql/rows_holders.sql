-- What each member held at the end of a period, added up from the books.
WITH found AS (
    SELECT t.owner AS id, t.owner AS about, max(t.happened_at) AS at, '' AS note, -sum(e.amount) AS part, 0 AS whole
      FROM ledger_transfer t
      JOIN ledger_entry e ON e.merchant_id = t.merchant_id AND e.transfer_id = t.id
      JOIN ledger_account a ON a.merchant_id = e.merchant_id AND a.id = e.account_id AND a.owner IS NULL
     WHERE t.merchant_id = %(merchant)s AND t.unit = 'points' AND a.unit = 'points'
       AND t.happened_at < %(until)s::timestamptz
     GROUP BY t.owner
)
