-- Of the rows that were found: each once for every campaign it belongs to ("" for none), or those of the one that is asked
-- for. A purchase belongs to the campaigns whose rules gave something for it, a grant of points to the one whose rule it
-- names (the ids of such rules begin with the campaign's). What takes points back belongs to several, to each with what
-- came out of the lots that it had given; what could not be taken from any lot belongs to none.
, gave AS (
    SELECT f.id, split_part(u.rule, '-', 1) AS name, f.part::bigint AS part, f.whole::bigint AS whole
      FROM found f
      JOIN members_ruleuse u ON u.merchant_id = %(merchant)s AND u.source = f.about
       AND u.rule >= 'cmp_' AND u.rule < 'cmp`'
     WHERE %(what)s::text = 'orders'
    UNION
    SELECT f.id, split_part(t.rule, '-', 1), f.part::bigint, f.whole::bigint
      FROM found f
      JOIN ledger_transfer t ON t.merchant_id = %(merchant)s AND t.id = f.id AND starts_with(t.rule, 'cmp_')
     WHERE %(what)s::text = 'points'
    UNION
    SELECT f.id, split_part(t.rule, '-', 1), sum(e.amount)::bigint, 0
      FROM found f
      JOIN ledger_entry e ON e.merchant_id = %(merchant)s AND e.transfer_id = f.id
      JOIN ledger_lot l ON l.merchant_id = %(merchant)s AND l.id = e.lot_id
      JOIN ledger_transfer t ON t.merchant_id = %(merchant)s AND t.id = l.transfer_id AND starts_with(t.rule, 'cmp_')
     WHERE %(what)s::text = 'points' AND f.part < 0
     GROUP BY 1, 2
), left_over AS (
    SELECT f.id, f.about, f.at, f.note,
           CASE WHEN g.id IS NULL THEN f.part WHEN %(what)s::text = 'points' THEN f.part - g.part ELSE 0 END AS part,
           CASE WHEN g.id IS NULL THEN f.whole ELSE 0 END AS whole, '' AS name
      FROM found f
      LEFT JOIN (SELECT id, sum(part)::bigint AS part FROM gave GROUP BY id) g ON g.id = f.id
), shown AS (
    SELECT f.id, f.about, f.at, f.note, g.part, g.whole, g.name
      FROM gave g JOIN found f ON f.id = g.id
     WHERE %(name)s::text IS NULL OR g.name = %(name)s::text
    UNION ALL
    SELECT * FROM left_over WHERE %(name)s::text IS NULL OR %(name)s::text = ''
)
