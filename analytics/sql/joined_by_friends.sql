-- How many of those who joined in each of some periods, and are members now, a friend's link brought.
SELECT s.number, count(*)
  FROM unnest(%(since)s::timestamptz[], %(until)s::timestamptz[]) WITH ORDINALITY s(since, until, number)
  JOIN members_member m ON m.joined_at >= s.since AND m.joined_at < s.until
  JOIN members_referral r ON r.merchant_id = m.merchant_id AND r.friend_id = m.id
 WHERE m.merchant_id = %(merchant)s AND m.status IN ('active', 'blocked') AND r.status <> 'refused'
 GROUP BY s.number
