-- Of the members who had bought in the period before, those who bought again: the first rows of all of them. Merged
-- members are one; a shop where nobody was merged (`merged` is false) looks nobody up.
SELECT o.who, o.who, max(o.placed_at) AS last, '', 1, (%(whole)s::text = 'before')::int
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
 ORDER BY last DESC, o.who LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
