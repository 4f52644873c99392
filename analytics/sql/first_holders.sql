-- Who held most at the end of a period: of those who have most to spend now, wait for some, have set some aside or have
-- lost some since. Nobody else held more than the last of the first has now. A sample (`share` percent of the pages) says
-- from which balance on about three times as many as are wanted lie, so that only those are sorted.
WITH floor AS MATERIALIZED (
    SELECT coalesce((SELECT balance FROM ledger_account TABLESAMPLE SYSTEM (%(share)s)
                      WHERE merchant_id = %(merchant)s AND unit = 'points' AND kind = 'available' AND owner IS NOT NULL
                      ORDER BY balance DESC OFFSET 5 + 3 * %(among)s::bigint * %(share)s / 100 LIMIT 1), 0) AS balance
), most AS MATERIALIZED (
    SELECT owner, balance FROM ledger_account
     WHERE merchant_id = %(merchant)s AND unit = 'points' AND kind = 'available' AND owner IS NOT NULL
       AND balance >= (SELECT balance FROM floor)
     ORDER BY balance DESC, owner LIMIT %(among)s::bigint
), least AS MATERIALIZED (
    SELECT balance, owner FROM most ORDER BY balance, owner DESC LIMIT 1
), lost AS MATERIALIZED (
    SELECT id FROM ledger_transfer
     WHERE merchant_id = %(merchant)s AND unit = 'points' AND happened_at >= %(until)s::timestamptz
       AND move IN ('spend', 'commit', 'expire', 'forfeit', 'take_back')
), asked AS (
    SELECT owner FROM most
    UNION
    SELECT owner FROM ledger_account
     WHERE merchant_id = %(merchant)s AND unit = 'points' AND kind IN ('pending', 'reserved', 'debt') AND balance > 0
       AND owner IS NOT NULL
    UNION
    SELECT t.owner FROM lost l JOIN ledger_transfer t ON t.merchant_id = %(merchant)s AND t.id = l.id
), each AS (
    SELECT q.owner, sum(a.balance - coalesce(moved.since, 0)) AS held, max(moved.last) AS last
      FROM asked q
      JOIN ledger_account a ON a.merchant_id = %(merchant)s AND a.owner = q.owner AND a.unit = 'points'
     CROSS JOIN LATERAL (
           SELECT sum(e.amount) FILTER (WHERE t.happened_at >= %(until)s::timestamptz) AS since,
                  max(t.happened_at) FILTER (WHERE t.happened_at < %(until)s::timestamptz) AS last
             FROM ledger_entry e
             JOIN ledger_transfer t ON t.merchant_id = %(merchant)s AND t.id = e.transfer_id
            WHERE e.merchant_id = %(merchant)s AND e.account_id = a.id OFFSET 0) moved
     GROUP BY q.owner
)
SELECT e.owner, e.owner, e.last, '', e.held, 0 FROM each e
 WHERE e.held > 0
   AND ((SELECT count(*) FROM most) < %(among)s::bigint AND (SELECT balance = 0 FROM floor)
        OR EXISTS (SELECT FROM least l WHERE e.held > l.balance OR e.held = l.balance AND e.owner <= l.owner))
 ORDER BY e.held DESC, e.owner LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
