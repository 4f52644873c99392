-- What those who joined in a period bought in as many days before joining as after it; only of those for whom the days
-- after are over. What was bought by who was merged into them since counts as theirs.
WITH joined AS (
    SELECT id, joined_at FROM members_member
     WHERE merchant_id = %(merchant)s AND status IN ('active', 'blocked')
       AND joined_at >= %(since)s::timestamptz AND joined_at < %(until)s::timestamptz
       AND joined_at + make_interval(days => %(days)s::int) <= %(now)s::timestamptz
), same AS (
    SELECT id AS who, joined_at, id FROM joined UNION ALL
    SELECT j.id, j.joined_at, f.id
      FROM joined j
      JOIN members_member f ON f.merchant_id = %(merchant)s AND f.merged_into_id = j.id AND f.merged_into_id IS NOT NULL
)
SELECT count(DISTINCT s.who), count(o.id) FILTER (WHERE o.placed_at < s.joined_at),
       count(o.id) FILTER (WHERE o.placed_at >= s.joined_at),
       coalesce(sum(o.total_minor - o.refunded_minor) FILTER (WHERE o.placed_at < s.joined_at), 0)::bigint,
       coalesce(sum(o.total_minor - o.refunded_minor) FILTER (WHERE o.placed_at >= s.joined_at), 0)::bigint
  FROM same s
  LEFT JOIN members_order o ON o.merchant_id = %(merchant)s AND o.member_id = s.id AND o.status = 'recorded'
   AND o.placed_at >= s.joined_at - make_interval(days => %(days)s::int)
   AND o.placed_at < s.joined_at + make_interval(days => %(days)s::int)
