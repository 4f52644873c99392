-- How often offers of campaigns were activated in a time: an offer that was added has its campaign's id.
SELECT offer, count(*) FROM members_offeractivation
 WHERE merchant_id = %(merchant)s AND offer >= 'cmp_' AND offer < 'cmp`'
   AND activated_at >= %(since)s::timestamptz AND activated_at < %(until)s::timestamptz
   AND (%(campaign)s::text = '' OR offer = %(campaign)s::text)
 GROUP BY offer
