-- Each silence of a member that had lasted as long as the shop's in a period, and when that was.
WITH visits AS (
    SELECT coalesce(m.merged_into_id, o.member_id) AS who, o.placed_at + make_interval(days => %(silence)s::int) AS ended,
           lead(o.placed_at) OVER (PARTITION BY coalesce(m.merged_into_id, o.member_id) ORDER BY o.placed_at) AS next
      FROM members_order o
      LEFT JOIN members_member m ON m.merchant_id = o.merchant_id AND m.id = o.member_id AND m.merged_into_id IS NOT NULL
     WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded' AND o.member_id IS NOT NULL
       AND o.placed_at >= %(since)s::timestamptz - make_interval(days => %(silence)s::int)
       AND o.placed_at < %(until)s::timestamptz
), found AS (
    SELECT v.who AS id, v.who AS about, v.ended AS at, '' AS note, 1 AS part, 0 AS whole
      FROM visits v
     WHERE v.ended >= %(since)s::timestamptz AND v.ended < least(%(until)s::timestamptz, %(now)s::timestamptz)
       AND (v.next IS NULL OR v.next > v.ended)
)
