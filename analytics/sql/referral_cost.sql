-- What the books gave for friends brought, by the time it was given, less what was taken back since: by unit, and of
-- rewards by which.
SELECT unit, reward, sum(given - taken)::bigint FROM members_referralpayout
 WHERE merchant_id = %(merchant)s AND paid_at >= %(since)s::timestamptz AND paid_at < %(until)s::timestamptz
 GROUP BY unit, reward HAVING sum(given - taken) <> 0
