-- Of those who are members now, who bought in each of some stretches that follow each other, by the month they joined in.
WITH bought AS (
    SELECT DISTINCT coalesce(m.merged_into_id, o.member_id) AS who,
           width_bucket(o.placed_at, %(bounds)s::timestamptz[]) - 1 AS number
      FROM members_order o
      LEFT JOIN members_member m ON m.merchant_id = o.merchant_id AND m.id = o.member_id AND m.merged_into_id IS NOT NULL
     WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded' AND o.member_id IS NOT NULL
       AND o.placed_at >= %(since)s::timestamptz AND o.placed_at < %(until)s::timestamptz
)
SELECT b.number, 'cohort', to_char(w.joined_at AT TIME ZONE %(zone)s::text, 'YYYY-MM'), 'buyers', count(*)
  FROM bought b
  JOIN members_member w ON w.merchant_id = %(merchant)s AND w.id = b.who AND w.status IN ('active', 'blocked')
 GROUP BY 1, 3
