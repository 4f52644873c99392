-- Orders that still stand, by the day they were placed: all, and by channel, place and the tier their member had when
-- they bought. Refunds are taken off the day of their order, whenever the money went back.
WITH standing AS (
    SELECT member_id, to_tier, changed_at AS since,
           lead(changed_at) OVER (PARTITION BY member_id ORDER BY changed_at, id) AS until
      FROM members_tierchange WHERE merchant_id = %(merchant)s
), placed AS (
    SELECT (o.placed_at AT TIME ZONE %(zone)s::text)::date AS day, o.channel, o.location,
           CASE WHEN o.member_id IS NOT NULL THEN coalesce(s.to_tier, '') END AS tier,
           o.member_id IS NOT NULL AS known, o.total_minor, o.refunded_minor
      FROM members_order o
      LEFT JOIN members_member m ON m.merchant_id = o.merchant_id AND m.id = o.member_id AND m.merged_into_id IS NOT NULL
      LEFT JOIN standing s ON s.member_id = coalesce(m.merged_into_id, o.member_id) AND s.since <= o.placed_at
                          AND (s.until IS NULL OR s.until > o.placed_at)
     WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded'
       AND o.placed_at >= %(since)s::timestamptz AND o.placed_at < %(until)s::timestamptz
), summed AS (
    SELECT day,
           CASE WHEN grouping(channel) = 0 THEN 'channel' WHEN grouping(location) = 0 THEN 'location'
                WHEN grouping(tier) = 0 THEN 'tier' ELSE '' END AS cut,
           CASE WHEN grouping(channel) = 0 THEN channel WHEN grouping(location) = 0 THEN location
                WHEN grouping(tier) = 0 THEN tier ELSE '' END AS name,
           count(*) AS orders, count(*) FILTER (WHERE known) AS orders_members,
           sum(total_minor - refunded_minor) AS revenue,
           sum(total_minor - refunded_minor) FILTER (WHERE known) AS revenue_members,
           sum(total_minor) AS gross, sum(refunded_minor) AS refunded
      FROM placed GROUP BY GROUPING SETS ((day), (day, channel), (day, location), (day, tier))
)
SELECT s.day, s.cut, s.name, m.measure, m.amount::bigint
  FROM summed s CROSS JOIN LATERAL (VALUES
       ('orders', s.orders), ('orders_members', s.orders_members), ('revenue', s.revenue),
       ('revenue_members', s.revenue_members), ('gross', s.gross), ('refunded', s.refunded)) m(measure, amount)
 WHERE s.name IS NOT NULL AND m.amount <> 0
