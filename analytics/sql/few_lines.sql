-- Whether few lines were ever written on a side of the shop's books.
SELECT count(*) <= %(along)s::bigint
  FROM (SELECT FROM ledger_account a
         CROSS JOIN LATERAL (SELECT FROM ledger_entry WHERE merchant_id = %(merchant)s AND account_id = a.id
                              LIMIT %(along)s::bigint + 1) e
         WHERE a.merchant_id = %(merchant)s AND a.owner IS NULL AND a.unit = 'points' AND a.kind = %(part)s::text) lines
