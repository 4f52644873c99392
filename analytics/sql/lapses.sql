-- How often somebody had bought nothing for as long as the shop's silence lasts, by the day on which that was so: orders
-- that none of the same member's followed for so long. Merged members are one; who comes back can lapse again.
WITH same AS MATERIALIZED (
    SELECT merged_into_id AS who, id FROM members_member
     WHERE merchant_id = %(merchant)s AND merged_into_id IS NOT NULL
    UNION
    SELECT merged_into_id, merged_into_id FROM members_member
     WHERE merchant_id = %(merchant)s AND merged_into_id IS NOT NULL
), last AS (
    SELECT o.id, o.member_id, o.placed_at, o.placed_at + make_interval(days => %(silence)s::int) AS ended
      FROM members_order o
     WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded' AND o.member_id IS NOT NULL
       AND o.placed_at >= %(since)s::timestamptz - make_interval(days => %(silence)s::int)
       AND o.placed_at < least(%(until)s::timestamptz, %(now)s::timestamptz) - make_interval(days => %(silence)s::int)
)
SELECT (l.ended AT TIME ZONE %(zone)s::text)::date, '', '', 'lapsed', count(*)
  FROM last l
  LEFT JOIN same m ON m.id = l.member_id
 WHERE NOT EXISTS (
       SELECT FROM members_order n
        WHERE n.merchant_id = %(merchant)s AND n.member_id = l.member_id AND n.status = 'recorded'
          AND n.placed_at >= %(since)s::timestamptz - make_interval(days => %(silence)s::int)
          AND n.placed_at < %(until)s::timestamptz
          AND n.placed_at >= l.placed_at AND n.placed_at <= l.ended AND (n.placed_at > l.placed_at OR n.id > l.id))
   AND NOT EXISTS (
       SELECT FROM same f
         JOIN members_order n ON n.merchant_id = %(merchant)s AND n.member_id = f.id AND n.status = 'recorded'
        WHERE f.who = m.who AND f.id <> l.member_id
          AND n.placed_at >= l.placed_at AND n.placed_at <= l.ended AND (n.placed_at > l.placed_at OR n.id > l.id))
 GROUP BY 1
