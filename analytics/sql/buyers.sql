-- The members who bought in each of some stretches that follow each other (`bounds` are where they begin, from the one
-- before the first on, and where the last ends): how many, how often and for how much, who bought more than once, and
-- who had bought in the stretch before and came back. All, and by channel, place and the tier they had when they bought:
-- who bought in two channels is counted in both. Merged members are one.
WITH standing AS (
    SELECT member_id, to_tier, changed_at AS since,
           lead(changed_at) OVER (PARTITION BY member_id ORDER BY changed_at, id) AS until
      FROM members_tierchange WHERE merchant_id = %(merchant)s
), placed AS (
    SELECT coalesce(m.merged_into_id, o.member_id) AS who, o.channel, o.location, coalesce(s.to_tier, '') AS tier,
           width_bucket(o.placed_at, %(bounds)s::timestamptz[]) - 1 AS number, o.total_minor - o.refunded_minor AS net
      FROM members_order o
      LEFT JOIN members_member m ON m.merchant_id = o.merchant_id AND m.id = o.member_id AND m.merged_into_id IS NOT NULL
      LEFT JOIN standing s ON s.member_id = coalesce(m.merged_into_id, o.member_id) AND s.since <= o.placed_at
                          AND (s.until IS NULL OR s.until > o.placed_at)
     WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded' AND o.member_id IS NOT NULL
       AND o.placed_at >= %(before)s::timestamptz AND o.placed_at < %(until)s::timestamptz
), each AS (
    SELECT CASE WHEN grouping(channel) = 0 THEN 'channel' WHEN grouping(location) = 0 THEN 'location'
                WHEN grouping(tier) = 0 THEN 'tier' ELSE '' END AS cut,
           CASE WHEN grouping(channel) = 0 THEN channel WHEN grouping(location) = 0 THEN location
                WHEN grouping(tier) = 0 THEN tier ELSE '' END AS name,
           who, number, count(*) AS orders, sum(net) AS spent
      FROM placed GROUP BY GROUPING SETS ((who, number), (who, channel, number), (who, location, number), (who, tier, number))
), told AS (
    SELECT cut, name, number, orders, spent, lag(number) OVER (PARTITION BY who, cut, name ORDER BY number) AS last FROM each
), summed AS (
    SELECT cut, name, number, count(*) AS buyers, count(*) FILTER (WHERE orders > 1) AS repeat_buyers,
           sum(orders) AS buyer_orders, sum(spent) AS buyer_minor, count(*) FILTER (WHERE last = number - 1) AS kept
      FROM told GROUP BY cut, name, number
)
SELECT s.number, s.cut, s.name, m.measure, m.amount::bigint
  FROM summed s CROSS JOIN LATERAL (VALUES
       ('buyers', s.buyers), ('repeat_buyers', s.repeat_buyers), ('buyer_orders', s.buyer_orders),
       ('buyer_minor', s.buyer_minor), ('kept', s.kept)) m(measure, amount)
 WHERE s.number > 0 AND m.amount <> 0
UNION ALL
SELECT s.number + 1, s.cut, s.name, 'bought_before', s.buyers
  FROM summed s WHERE s.number < array_length(%(bounds)s::timestamptz[], 1) - 2
