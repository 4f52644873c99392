-- What each member bought, up to a day: their first and last day with a purchase, on how many days, for how much in all
-- and after the first day; and the same as it was known on an earlier day, with how many days followed. Merged members
-- are one; who is no member any more is left out. Days are numbered from the first of the first year.
WITH visits AS (
    SELECT coalesce(m.merged_into_id, o.member_id) AS who, (o.placed_at AT TIME ZONE %(zone)s::text)::date AS day,
           sum(o.total_minor - o.refunded_minor) AS net
      FROM members_order o
      LEFT JOIN members_member m ON m.merchant_id = o.merchant_id AND m.id = o.member_id AND m.merged_into_id IS NOT NULL
     WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded' AND o.member_id IS NOT NULL
       AND o.placed_at < %(until)s::timestamptz
     GROUP BY 1, 2
), begun AS (
    SELECT who, day, net, min(day) OVER (PARTITION BY who) AS first FROM visits
), told AS (
    SELECT who, first, max(day) AS last, count(*) AS days, sum(net) AS spent,
           coalesce(sum(net) FILTER (WHERE day > first), 0) AS later,
           max(day) FILTER (WHERE day <= %(cut)s::date) AS last_then,
           count(*) FILTER (WHERE day <= %(cut)s::date) AS days_then
      FROM begun GROUP BY who, first
)
SELECT t.who, t.first - date '0001-01-01' + 1, t.last - date '0001-01-01' + 1, t.days, t.spent::bigint, t.later::bigint,
       coalesce(t.last_then - date '0001-01-01' + 1, 0), t.days_then
  FROM told t
  JOIN members_member m ON m.merchant_id = %(merchant)s AND m.id = t.who AND m.status IN ('active', 'blocked')
 ORDER BY t.who
