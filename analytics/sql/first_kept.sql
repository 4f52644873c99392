-- Of the members who had bought in the period before: those who bought again, then the last of those who did not, as
-- long as enough of them are among the last buyers of that period. Merged members are one; a shop where nobody was merged
-- (`merged` is false) looks nobody up.
WITH kept AS MATERIALIZED (
    SELECT o.who, max(o.placed_at) AS last
      FROM (SELECT coalesce(m.merged_into_id, o.member_id) AS who, o.placed_at
              FROM members_order o
              LEFT JOIN members_member m ON %(merged)s::bool AND m.merchant_id = %(merchant)s AND m.id = o.member_id
               AND m.merged_into_id IS NOT NULL
             WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded' AND o.member_id IS NOT NULL
               AND o.placed_at >= %(since)s::timestamptz AND o.placed_at < %(until)s::timestamptz) o
     WHERE o.who IN (
           SELECT coalesce(m.merged_into_id, o.member_id)
             FROM members_order o
             LEFT JOIN members_member m ON %(merged)s::bool AND m.merchant_id = %(merchant)s AND m.id = o.member_id
              AND m.merged_into_id IS NOT NULL
            WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded' AND o.member_id IS NOT NULL
              AND o.placed_at >= %(before)s::timestamptz AND o.placed_at < %(since)s::timestamptz)
     GROUP BY o.who
     ORDER BY last DESC, o.who LIMIT %(limit)s::bigint + %(offset)s::bigint
), others AS (
    SELECT p.who, p.last
      FROM (SELECT coalesce(m.merged_into_id, o.member_id) AS who, max(o.placed_at) AS last
              FROM (SELECT member_id, placed_at FROM members_order
                     WHERE merchant_id = %(merchant)s AND status = 'recorded' AND member_id IS NOT NULL
                       AND placed_at >= %(before)s::timestamptz AND placed_at < %(since)s::timestamptz
                     ORDER BY placed_at DESC LIMIT %(along)s::bigint) o
              LEFT JOIN members_member m ON %(merged)s::bool AND m.merchant_id = %(merchant)s AND m.id = o.member_id
               AND m.merged_into_id IS NOT NULL
             GROUP BY 1 ORDER BY last DESC, who LIMIT %(along)s::bigint) p
     WHERE %(whole)s::text = 'before'
       AND (SELECT count(*) FROM kept) < %(limit)s::bigint + %(offset)s::bigint
       AND NOT EXISTS (
           SELECT FROM (SELECT p.who AS id UNION ALL
                        SELECT f.id FROM members_member f
                         WHERE %(merged)s::bool AND f.merchant_id = %(merchant)s AND f.merged_into_id = p.who) same
            WHERE EXISTS (SELECT FROM members_order o
                           WHERE o.merchant_id = %(merchant)s AND o.member_id = same.id AND o.status = 'recorded'
                             AND o.placed_at >= %(since)s::timestamptz AND o.placed_at < %(until)s::timestamptz))
     ORDER BY p.last DESC, p.who LIMIT %(limit)s::bigint + %(offset)s::bigint
)
SELECT who, who, last, '', part, (%(whole)s::text = 'before')::int
  FROM (SELECT who, last, 1 AS part FROM kept UNION ALL SELECT who, last, 0 FROM others) found
 ORDER BY part DESC, last DESC, who LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
