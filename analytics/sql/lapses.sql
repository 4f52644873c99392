-- How often somebody had bought nothing for as long as the shop's silence lasts, by the day on which that was so. Merged
-- members are one; who comes back can lapse again.
WITH visits AS (
    SELECT coalesce(m.merged_into_id, o.member_id) AS who, o.placed_at,
           lead(o.placed_at) OVER (PARTITION BY coalesce(m.merged_into_id, o.member_id) ORDER BY o.placed_at) AS next
      FROM members_order o
      LEFT JOIN members_member m ON m.merchant_id = o.merchant_id AND m.id = o.member_id AND m.merged_into_id IS NOT NULL
     WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded' AND o.member_id IS NOT NULL
       AND o.placed_at >= %(since)s::timestamptz - make_interval(days => %(silence)s::int)
       AND o.placed_at < %(until)s::timestamptz
), ended AS (
    SELECT v.placed_at + make_interval(days => %(silence)s::int) AS at, v.next FROM visits v
)
SELECT (e.at AT TIME ZONE %(zone)s::text)::date, '', '', 'lapsed', count(*)
  FROM ended e
 WHERE e.at >= %(since)s::timestamptz AND e.at < least(%(until)s::timestamptz, %(now)s::timestamptz)
   AND (e.next IS NULL OR e.next > e.at)
 GROUP BY 1
