-- Money that went back, by the day it did, whenever its order was placed: all, and by the order's channel and place.
WITH back AS (
    SELECT (r.refunded_at AT TIME ZONE %(zone)s::text)::date AS day, o.channel, o.location, r.amount_minor
      FROM members_refund r
      JOIN members_order o ON o.merchant_id = r.merchant_id AND o.id = r.order_id
     WHERE r.merchant_id = %(merchant)s AND r.id >= %(floor)s::uuid AND r.status = 'applied'
       AND r.refunded_at >= %(since)s::timestamptz AND r.refunded_at < %(until)s::timestamptz
), summed AS (
    SELECT day, CASE WHEN grouping(channel) = 0 THEN 'channel' WHEN grouping(location) = 0 THEN 'location' ELSE '' END AS cut,
           CASE WHEN grouping(channel) = 0 THEN channel WHEN grouping(location) = 0 THEN location ELSE '' END AS name,
           count(*) AS refunds, sum(amount_minor) AS refunds_minor
      FROM back GROUP BY GROUPING SETS ((day), (day, channel), (day, location))
)
SELECT s.day, s.cut, s.name, m.measure, m.amount::bigint
  FROM summed s CROSS JOIN LATERAL (VALUES
       ('refunds', s.refunds), ('refunds_minor', s.refunds_minor)) m(measure, amount)
 WHERE m.amount <> 0
