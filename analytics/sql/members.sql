-- Who is a member now, by the day they joined: all, by the channel they joined by, and how many a friend brought.
WITH joined AS (
    SELECT (m.joined_at AT TIME ZONE %(zone)s::text)::date AS day, m.channel,
           EXISTS (SELECT 1 FROM members_referral r WHERE r.merchant_id = m.merchant_id AND r.friend_id = m.id
                      AND r.status <> 'refused') AS brought
      FROM members_member m
     WHERE m.merchant_id = %(merchant)s AND m.status IN ('active', 'blocked')
       AND m.joined_at >= %(since)s::timestamptz AND m.joined_at < %(until)s::timestamptz
), summed AS (
    SELECT day, CASE WHEN grouping(channel) = 0 THEN 'channel' ELSE '' END AS cut,
           CASE WHEN grouping(channel) = 0 THEN channel ELSE '' END AS name,
           count(*) AS joined, count(*) FILTER (WHERE brought) AS joined_referred
      FROM joined GROUP BY GROUPING SETS ((day), (day, channel))
)
SELECT s.day, s.cut, s.name, m.measure, m.amount::bigint
  FROM summed s CROSS JOIN LATERAL (VALUES ('joined', s.joined), ('joined_referred', s.joined_referred)) m(measure, amount)
 WHERE m.amount <> 0
