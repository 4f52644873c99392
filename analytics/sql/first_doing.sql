-- Of the members who joined last, those who did something in a period: the first rows of all who did, as long as enough
-- of them did. Merged members are one; where nobody was merged (`merged` is false) nobody is looked up.
SELECT m.id, m.id, m.joined_at, '', 1, (%(whole)s::text = 'one')::int
  FROM (SELECT id, joined_at FROM members_member
         WHERE merchant_id = %(merchant)s AND status IN ('active', 'blocked') AND joined_at < %(until)s::timestamptz
         ORDER BY joined_at DESC, id LIMIT %(along)s::bigint) m
 CROSS JOIN LATERAL (
       SELECT FROM (SELECT m.id UNION ALL
                    SELECT f.id FROM members_member f
                     WHERE %(merged)s::bool AND f.merchant_id = %(merchant)s AND f.merged_into_id = m.id) same
        WHERE EXISTS (SELECT FROM members_order o
                       WHERE o.merchant_id = %(merchant)s AND o.member_id = same.id AND o.status = 'recorded'
                         AND (%(part)s::text = 'active' OR %(part)s::text = 'earning' AND o.points_earned > 0)
                         AND o.placed_at >= %(since)s::timestamptz AND o.placed_at < %(until)s::timestamptz)
           OR %(part)s::text = 'earning' AND EXISTS (
              SELECT FROM members_activity v
               WHERE v.merchant_id = %(merchant)s AND v.member_id = same.id AND v.points_earned > 0
                 AND v.status <> 'undone'
                 AND v.happened_at >= %(since)s::timestamptz AND v.happened_at < %(until)s::timestamptz)
        LIMIT 1) did
 ORDER BY m.joined_at DESC, m.id LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
