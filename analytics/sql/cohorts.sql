-- Of those who are members now, who bought in a stretch, by the month they joined in.
SELECT 'cohort', to_char(coalesce(w.joined_at, m.joined_at) AT TIME ZONE %(zone)s::text, 'YYYY-MM'), 'buyers',
       count(DISTINCT coalesce(m.merged_into_id, m.id))
  FROM members_order o
  JOIN members_member m ON m.merchant_id = o.merchant_id AND m.id = o.member_id
  LEFT JOIN members_member w ON w.merchant_id = m.merchant_id AND w.id = m.merged_into_id
 WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded'
   AND o.placed_at >= %(since)s::timestamptz AND o.placed_at < %(until)s::timestamptz
   AND coalesce(w.status, m.status) IN ('active', 'blocked')
 GROUP BY 2
