-- What rules of campaigns gave in a time, less what refunds took back: by campaign, rule and unit. Their ids begin with
-- the campaign's, so that the index finds them together.
SELECT split_part(rule, '-', 1), rule, unit, sum(units)::bigint FROM members_ruleuse
 WHERE merchant_id = %(merchant)s AND rule >= 'cmp_' AND rule < 'cmp`' AND units > 0
   AND at >= %(since)s::timestamptz AND at < %(until)s::timestamptz
   AND (%(campaign)s::text = '' OR split_part(rule, '-', 1) = %(campaign)s::text)
 GROUP BY rule, unit
