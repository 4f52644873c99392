-- What everybody has spent until the end of a period, and whether they are a member; those who have been erased are none,
-- but what they spent was spent.
WITH spent AS (
    SELECT coalesce(m.merged_into_id, o.member_id) AS who, sum(o.total_minor - o.refunded_minor) AS net, max(o.placed_at) AS last
      FROM members_order o
      LEFT JOIN members_member m ON m.merchant_id = o.merchant_id AND m.id = o.member_id AND m.merged_into_id IS NOT NULL
     WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded' AND o.member_id IS NOT NULL AND o.placed_at < %(until)s::timestamptz
     GROUP BY 1
), here AS (
    SELECT m.id AS who, m.joined_at FROM members_member m
     WHERE m.merchant_id = %(merchant)s AND m.status IN ('active', 'blocked') AND m.joined_at < %(until)s::timestamptz
), found AS (
    SELECT coalesce(h.who, s.who) AS id, coalesce(h.who, s.who) AS about, coalesce(s.last, h.joined_at) AS at, '' AS note,
           coalesce(s.net, 0) AS part, (h.who IS NOT NULL)::int AS whole
      FROM here h FULL JOIN spent s ON s.who = h.who
)
