-- The same as `rows_buyers` for the shop as a whole: read from the index of figures alone, and gathered by member. Only
-- those who were merged into another, or had others merged into them, are looked up apart.
WITH same AS MATERIALIZED (
    SELECT merged_into_id AS who, id FROM members_member
     WHERE merchant_id = %(merchant)s AND merged_into_id IS NOT NULL
    UNION
    SELECT merged_into_id, merged_into_id FROM members_member
     WHERE merchant_id = %(merchant)s AND merged_into_id IS NOT NULL
), asked AS (
    SELECT o.member_id AS who, max(o.placed_at) AS last,
           count(*) FILTER (WHERE o.placed_at >= %(since)s::timestamptz) AS orders,
           coalesce(sum(o.total_minor - o.refunded_minor) FILTER (WHERE o.placed_at >= %(since)s::timestamptz), 0) AS spent,
           min(o.placed_at) < %(since)s::timestamptz AS before
      FROM members_order o
     WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded' AND o.member_id IS NOT NULL
       AND o.placed_at >= CASE WHEN %(part)s::text = 'kept' OR %(whole)s::text = 'before' THEN %(before)s::timestamptz
                               ELSE %(since)s::timestamptz END
       AND o.placed_at < %(until)s::timestamptz
       AND NOT EXISTS (SELECT FROM same s WHERE s.id = o.member_id)
     GROUP BY o.member_id
    UNION ALL
    SELECT s.who, max(o.placed_at), count(*) FILTER (WHERE o.placed_at >= %(since)s::timestamptz),
           coalesce(sum(o.total_minor - o.refunded_minor) FILTER (WHERE o.placed_at >= %(since)s::timestamptz), 0),
           min(o.placed_at) < %(since)s::timestamptz
      FROM same s
      JOIN members_order o ON o.merchant_id = %(merchant)s AND o.member_id = s.id AND o.status = 'recorded'
       AND o.placed_at >= CASE WHEN %(part)s::text = 'kept' OR %(whole)s::text = 'before' THEN %(before)s::timestamptz
                               ELSE %(since)s::timestamptz END
       AND o.placed_at < %(until)s::timestamptz
     GROUP BY s.who
), found AS (
    SELECT who AS id, who AS about, last AS at, '' AS note,
           CASE %(part)s::text WHEN 'spent' THEN spent WHEN 'orders' THEN orders WHEN 'repeat' THEN (orders > 1)::int
                WHEN 'kept' THEN (before AND orders > 0)::int END AS part,
           CASE %(whole)s::text WHEN 'one' THEN (orders > 0)::int WHEN 'before' THEN before::int ELSE 0 END AS whole
      FROM asked
)
