-- The same as `buyers` for one stretch alone, which may be long: each member is gathered once, with what they did in it
-- and whether they had bought in the one before.
WITH standing AS (
    SELECT member_id, to_tier, changed_at AS since,
           lead(changed_at) OVER (PARTITION BY member_id ORDER BY changed_at, id) AS until
      FROM members_tierchange WHERE merchant_id = %(merchant)s
), placed AS (
    SELECT coalesce(m.merged_into_id, o.member_id) AS who, o.channel, o.location, coalesce(s.to_tier, '') AS tier,
           o.placed_at >= %(since)s::timestamptz AS now, o.total_minor - o.refunded_minor AS net
      FROM members_order o
      LEFT JOIN members_member m ON m.merchant_id = o.merchant_id AND m.id = o.member_id AND m.merged_into_id IS NOT NULL
      LEFT JOIN standing s ON s.member_id = coalesce(m.merged_into_id, o.member_id) AND s.since <= o.placed_at
                          AND (s.until IS NULL OR s.until > o.placed_at)
     WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded' AND o.member_id IS NOT NULL
       AND o.placed_at >= %(before)s::timestamptz AND o.placed_at < %(until)s::timestamptz
), each AS (
    SELECT grouping(channel, location, tier) AS set, coalesce(channel, location, tier, '') AS name,
           count(*) FILTER (WHERE now) AS orders, sum(net) FILTER (WHERE now) AS spent, bool_or(NOT now) AS before
      FROM placed GROUP BY GROUPING SETS ((who), (who, channel), (who, location), (who, tier))
), summed AS (
    SELECT CASE set WHEN 3 THEN 'channel' WHEN 5 THEN 'location' WHEN 6 THEN 'tier' ELSE '' END AS cut, name,
           count(*) FILTER (WHERE orders > 0) AS buyers, count(*) FILTER (WHERE orders > 1) AS repeat_buyers,
           sum(orders) AS buyer_orders, coalesce(sum(spent), 0) AS buyer_minor,
           count(*) FILTER (WHERE before AND orders > 0) AS kept, count(*) FILTER (WHERE before) AS bought_before
      FROM each GROUP BY 1, 2
)
SELECT 1, s.cut, s.name, m.measure, m.amount::bigint
  FROM summed s CROSS JOIN LATERAL (VALUES
       ('buyers', s.buyers), ('repeat_buyers', s.repeat_buyers), ('buyer_orders', s.buyer_orders),
       ('buyer_minor', s.buyer_minor), ('kept', s.kept), ('bought_before', s.bought_before)) m(measure, amount)
 WHERE m.amount <> 0
