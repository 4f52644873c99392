-- Of the members who bought last in a period, those who had bought in the one before: the first rows of all who came
-- back, as long as enough of them did. Merged members are one.
SELECT p.who, p.who, p.last, '', 1, (%(whole)s::text = 'before')::int
  FROM (SELECT coalesce(m.merged_into_id, o.member_id) AS who, max(o.placed_at) AS last
          FROM (SELECT member_id, placed_at FROM members_order
                 WHERE merchant_id = %(merchant)s AND status = 'recorded' AND member_id IS NOT NULL
                   AND placed_at >= %(since)s::timestamptz AND placed_at < %(until)s::timestamptz
                 ORDER BY placed_at DESC LIMIT %(along)s::bigint) o
          LEFT JOIN members_member m ON m.merchant_id = %(merchant)s AND m.id = o.member_id AND m.merged_into_id IS NOT NULL
         GROUP BY 1 ORDER BY last DESC, who LIMIT %(along)s::bigint) p
 CROSS JOIN LATERAL (
       SELECT FROM (SELECT p.who AS id UNION ALL
                    SELECT f.id FROM members_member f WHERE f.merchant_id = %(merchant)s AND f.merged_into_id = p.who) same
        WHERE EXISTS (SELECT FROM members_order o
                       WHERE o.merchant_id = %(merchant)s AND o.member_id = same.id AND o.status = 'recorded'
                         AND o.placed_at >= %(before)s::timestamptz AND o.placed_at < %(since)s::timestamptz)
        LIMIT 1) came
 ORDER BY p.last DESC, p.who LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
