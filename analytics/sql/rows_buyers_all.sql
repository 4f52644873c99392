-- The same as `rows_buyers` for the shop as a whole: read from the index of figures alone, and gathered by member. A shop
-- where nobody was merged (`merged` is false) looks nobody up.
WITH found AS (
    SELECT who AS id, who AS about, last AS at, '' AS note,
           CASE %(part)s::text WHEN 'spent' THEN spent WHEN 'orders' THEN orders WHEN 'repeat' THEN (orders > 1)::int
                WHEN 'kept' THEN (before AND orders > 0)::int END AS part,
           CASE %(whole)s::text WHEN 'one' THEN (orders > 0)::int WHEN 'before' THEN before::int ELSE 0 END AS whole
      FROM (SELECT coalesce(m.merged_into_id, o.member_id) AS who, max(o.placed_at) AS last,
                   count(*) FILTER (WHERE o.placed_at >= %(since)s::timestamptz) AS orders,
                   coalesce(sum(o.total_minor - o.refunded_minor) FILTER (WHERE o.placed_at >= %(since)s::timestamptz), 0) AS spent,
                   min(o.placed_at) < %(since)s::timestamptz AS before
              FROM members_order o
              LEFT JOIN members_member m ON %(merged)s::bool AND m.merchant_id = %(merchant)s AND m.id = o.member_id
               AND m.merged_into_id IS NOT NULL
             WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded' AND o.member_id IS NOT NULL
               AND o.placed_at >= CASE WHEN %(part)s::text = 'kept' OR %(whole)s::text = 'before' THEN %(before)s::timestamptz
                                       ELSE %(since)s::timestamptz END
               AND o.placed_at < %(until)s::timestamptz
             GROUP BY 1) each
)
