-- Who joined in a period and is a member now, by what brought them: a friend's link, or the channel they joined by.
SELECT CASE WHEN brought THEN 'referral' ELSE channel END AS source, count(*)
  FROM (SELECT m.channel,
               EXISTS (SELECT 1 FROM members_referral r WHERE r.merchant_id = m.merchant_id AND r.friend_id = m.id
                          AND r.status <> 'refused') AS brought
          FROM members_member m
         WHERE m.merchant_id = %(merchant)s AND m.status IN ('active', 'blocked')
           AND m.joined_at >= %(since)s::timestamptz AND m.joined_at < %(until)s::timestamptz) found
 GROUP BY 1
