-- What was handed out and not taken back, by the day it was taken: how many, what they cost the shop then, and the
-- points they cost members; all, and by channel.
WITH taken AS (
    SELECT (r.reserved_at AT TIME ZONE %(zone)s::text)::date AS day, r.channel, r.quantity,
           r.unit_cost_minor * r.quantity AS cost, r.cost_points - r.returned_points AS points
      FROM rewards_redemption r
     WHERE r.merchant_id = %(merchant)s AND r.id >= %(floor)s::uuid AND r.status = 'committed'
       AND r.reserved_at >= %(since)s::timestamptz AND r.reserved_at < %(until)s::timestamptz
), summed AS (
    SELECT day, CASE WHEN grouping(channel) = 0 THEN 'channel' ELSE '' END AS cut,
           CASE WHEN grouping(channel) = 0 THEN channel ELSE '' END AS name,
           sum(quantity) AS redemptions, sum(cost) AS reward_cost, sum(points) AS reward_points
      FROM taken GROUP BY GROUPING SETS ((day), (day, channel))
)
SELECT s.day, s.cut, s.name, m.measure, m.amount::bigint
  FROM summed s CROSS JOIN LATERAL (VALUES ('redemptions', s.redemptions), ('reward_cost', s.reward_cost),
       ('reward_points', s.reward_points)) m(measure, amount)
 WHERE m.amount <> 0
