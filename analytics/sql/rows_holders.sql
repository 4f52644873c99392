-- What each member held at the end of a period, added up from the books.
WITH found AS (
    SELECT a.owner AS id, a.owner AS about, max(t.happened_at) AS at, '' AS note, sum(e.amount) AS part, 0 AS whole
      FROM ledger_account a
      JOIN ledger_entry e ON e.merchant_id = a.merchant_id AND e.account_id = a.id
      JOIN ledger_transfer t ON t.merchant_id = e.merchant_id AND t.id = e.transfer_id
     WHERE a.merchant_id = %(merchant)s AND a.owner IS NOT NULL AND a.unit = 'points'
       AND t.happened_at < %(until)s::timestamptz
     GROUP BY a.owner
)
