-- Of the silences that were over last in a period, each after an order that nothing followed for so long: the first rows
-- of all of them, as long as enough orders of those looked at were. Merged members are one.
SELECT b.who, b.who, b.placed_at + make_interval(days => %(silence)s::int), '', 1, 0
  FROM (SELECT o.id, o.member_id, o.placed_at, coalesce(m.merged_into_id, o.member_id) AS who
          FROM members_order o
          LEFT JOIN members_member m ON m.merchant_id = o.merchant_id AND m.id = o.member_id AND m.merged_into_id IS NOT NULL
         WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded' AND o.member_id IS NOT NULL
           AND o.placed_at >= %(since)s::timestamptz - make_interval(days => %(silence)s::int)
           AND o.placed_at < least(%(until)s::timestamptz, %(now)s::timestamptz) - make_interval(days => %(silence)s::int)
         ORDER BY o.placed_at DESC LIMIT %(along)s::bigint) b
 WHERE NOT EXISTS (
       SELECT FROM (SELECT b.who AS id UNION ALL
                    SELECT f.id FROM members_member f WHERE f.merchant_id = %(merchant)s AND f.merged_into_id = b.who) same
        CROSS JOIN LATERAL (
              SELECT FROM members_order n
               WHERE n.merchant_id = %(merchant)s AND n.member_id = same.id AND n.status = 'recorded'
                 AND n.placed_at >= b.placed_at
                 AND n.placed_at <= b.placed_at + make_interval(days => %(silence)s::int)
                 AND (n.placed_at > b.placed_at OR n.id > b.id) LIMIT 1) next)
 ORDER BY b.placed_at DESC, b.who LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
