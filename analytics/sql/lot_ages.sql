-- How old points were, in days, when they were used or ended, or how old they are: for the curve that says which part of
-- what is left will be used. What was taken back, given away or is still there has only been seen until then. A lot counts
-- once at an age, whatever happened to it then.
WITH lots AS NOT MATERIALIZED (
    SELECT l.id, l.merchant_id, l.remaining, t.happened_at AS given_at,
           greatest(0, floor(extract(epoch FROM %(now)s::timestamptz - t.happened_at) / 86400))::int AS age
      FROM ledger_lot l
      JOIN ledger_account a ON a.merchant_id = l.merchant_id AND a.id = l.account_id AND a.unit = 'points'
      JOIN ledger_transfer t ON t.merchant_id = l.merchant_id AND t.id = l.transfer_id
     WHERE l.merchant_id = %(merchant)s
), left_them AS MATERIALIZED (
    SELECT l.id, greatest(0, floor(extract(epoch FROM t.happened_at - l.given_at) / 86400))::int AS age,
           CASE WHEN t.move IN ('spend', 'release', 'give_back') THEN 'used' WHEN t.move = 'expire' THEN 'expired'
                ELSE 'seen' END AS way, -e.amount AS amount, l.remaining > 0 AS is_there, l.age AS age_now
      FROM lots l
      JOIN ledger_entry e ON e.merchant_id = l.merchant_id AND e.lot_id = l.id
      JOIN ledger_account a ON a.merchant_id = e.merchant_id AND a.id = e.account_id AND a.kind IN ('available', 'pending')
      JOIN ledger_transfer t ON t.merchant_id = e.merchant_id AND t.id = e.transfer_id
     WHERE t.move NOT IN ('grant', 'activate')
), seen AS (
    SELECT age, sum(amount) FILTER (WHERE way = 'used') AS used,
           sum(amount) FILTER (WHERE way = 'expired') AS expired, sum(amount) FILTER (WHERE way = 'seen') AS seen,
           count(DISTINCT id) - count(DISTINCT id) FILTER (WHERE is_there AND age = age_now) AS lots
      FROM left_them GROUP BY age
    UNION ALL
    SELECT age, 0, 0, sum(remaining), count(*) FROM lots WHERE remaining > 0 GROUP BY age
)
SELECT age, greatest(0, coalesce(sum(used), 0))::bigint, greatest(0, coalesce(sum(expired), 0))::bigint,
       greatest(0, coalesce(sum(seen), 0))::bigint, sum(lots)::bigint
  FROM seen GROUP BY age ORDER BY age
