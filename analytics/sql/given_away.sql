-- What rewards cost the shop that took no points: gifts, prizes, birthday presents.
SELECT coalesce(sum(unit_cost_minor * quantity), 0)::bigint FROM rewards_redemption
 WHERE merchant_id = %(merchant)s AND status = 'committed' AND cost_points = 0
   AND reserved_at >= %(since)s::timestamptz AND reserved_at < %(until)s::timestamptz
