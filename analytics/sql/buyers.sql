-- The members who bought in a stretch: how many, how often and for how much, who bought more than once, and who had
-- bought in the stretch before and came back. All, and by channel, place and the tier they had when they bought: who
-- bought in two channels is counted in both. Merged members are one.
WITH standing AS (
    SELECT member_id, to_tier, changed_at AS since,
           lead(changed_at) OVER (PARTITION BY member_id ORDER BY changed_at, id) AS until
      FROM members_tierchange WHERE merchant_id = %(merchant)s
), placed AS (
    SELECT coalesce(m.merged_into_id, m.id) AS who, o.channel, o.location, coalesce(s.to_tier, '') AS tier,
           o.placed_at >= %(since)s::timestamptz AS now, o.total_minor - o.refunded_minor AS net
      FROM members_order o
      JOIN members_member m ON m.merchant_id = o.merchant_id AND m.id = o.member_id
      LEFT JOIN standing s ON s.member_id = coalesce(m.merged_into_id, m.id) AND s.since <= o.placed_at
                          AND (s.until IS NULL OR s.until > o.placed_at)
     WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded' AND o.member_id IS NOT NULL
       AND o.placed_at >= %(before)s::timestamptz AND o.placed_at < %(until)s::timestamptz
), each AS (
    SELECT CASE WHEN grouping(channel) = 0 THEN 'channel' WHEN grouping(location) = 0 THEN 'location'
                WHEN grouping(tier) = 0 THEN 'tier' ELSE '' END AS cut,
           CASE WHEN grouping(channel) = 0 THEN channel WHEN grouping(location) = 0 THEN location
                WHEN grouping(tier) = 0 THEN tier ELSE '' END AS name,
           count(*) FILTER (WHERE now) AS orders, sum(net) FILTER (WHERE now) AS spent, bool_or(NOT now) AS before
      FROM placed GROUP BY GROUPING SETS ((who), (who, channel), (who, location), (who, tier))
), summed AS (
    SELECT cut, name, count(*) FILTER (WHERE orders > 0) AS buyers, count(*) FILTER (WHERE orders > 1) AS repeat_buyers,
           sum(orders) AS buyer_orders, sum(spent) AS buyer_minor, count(*) FILTER (WHERE before) AS bought_before,
           count(*) FILTER (WHERE before AND orders > 0) AS kept
      FROM each GROUP BY cut, name
)
SELECT s.cut, s.name, m.measure, m.amount::bigint
  FROM summed s CROSS JOIN LATERAL (VALUES
       ('buyers', s.buyers), ('repeat_buyers', s.repeat_buyers), ('buyer_orders', s.buyer_orders),
       ('buyer_minor', s.buyer_minor), ('bought_before', s.bought_before), ('kept', s.kept)) m(measure, amount)
 WHERE m.amount <> 0
