-- What those who joined in a period bought in as many days before joining as after it; only of those for whom the days
-- after are over.
SELECT count(DISTINCT m.id), count(o.id) FILTER (WHERE o.placed_at < m.joined_at),
       count(o.id) FILTER (WHERE o.placed_at >= m.joined_at),
       coalesce(sum(o.total_minor - o.refunded_minor) FILTER (WHERE o.placed_at < m.joined_at), 0)::bigint,
       coalesce(sum(o.total_minor - o.refunded_minor) FILTER (WHERE o.placed_at >= m.joined_at), 0)::bigint
  FROM members_member m
  LEFT JOIN members_order o ON o.merchant_id = m.merchant_id AND o.member_id = m.id AND o.status = 'recorded'
   AND o.placed_at >= m.joined_at - make_interval(days => %(days)s::int)
   AND o.placed_at < m.joined_at + make_interval(days => %(days)s::int)
 WHERE m.merchant_id = %(merchant)s AND m.status IN ('active', 'blocked')
   AND m.joined_at >= %(since)s::timestamptz AND m.joined_at < %(until)s::timestamptz
   AND m.joined_at + make_interval(days => %(days)s::int) <= %(now)s::timestamptz
