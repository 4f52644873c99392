-- What members hold now, by the kind of their accounts: to spend, waiting, set aside, owed.
SELECT kind, sum(balance)::bigint FROM ledger_account
 WHERE merchant_id = %(merchant)s AND unit = 'points' AND owner IS NOT NULL
 GROUP BY kind
