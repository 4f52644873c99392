-- Who is a member now and had joined by the end of a period: whether in it, by a friend, and what they did in it.
WITH doing AS (
    SELECT o.member_id AS id FROM members_order o
     WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded' AND o.member_id IS NOT NULL
       AND (%(part)s::text = 'active' OR %(part)s::text = 'earning' AND o.points_earned > 0)
       AND o.placed_at >= %(since)s::timestamptz AND o.placed_at < %(until)s::timestamptz
    UNION ALL
    SELECT v.member_id FROM members_activity v
     WHERE v.merchant_id = %(merchant)s AND %(part)s::text = 'earning' AND v.points_earned > 0 AND v.status <> 'undone'
       AND v.happened_at >= %(since)s::timestamptz AND v.happened_at < %(until)s::timestamptz
    UNION ALL
    SELECT r.member_id FROM rewards_redemption r
     WHERE r.merchant_id = %(merchant)s AND %(part)s::text = 'redeeming' AND r.status = 'committed'
       AND r.reserved_at >= %(since)s::timestamptz AND r.reserved_at < %(until)s::timestamptz
), did AS (
    -- Merged members are one.
    SELECT DISTINCT coalesce(m.merged_into_id, d.id) AS who
      FROM doing d
      LEFT JOIN members_member m ON m.merchant_id = %(merchant)s AND m.id = d.id AND m.merged_into_id IS NOT NULL
    UNION ALL
    SELECT DISTINCT r.friend_id FROM members_referral r
     WHERE r.merchant_id = %(merchant)s AND %(part)s::text = 'brought' AND r.status <> 'refused'
       AND r.friend_id IS NOT NULL
), found AS (
    SELECT m.id, m.id AS about, m.joined_at AS at, '' AS note,
           (CASE %(part)s::text WHEN 'one' THEN true WHEN 'joined' THEN m.joined_at >= %(since)s::timestamptz
            WHEN 'brought' THEN m.joined_at >= %(since)s::timestamptz AND d.who IS NOT NULL
            ELSE d.who IS NOT NULL END)::int AS part,
           (CASE %(whole)s::text WHEN 'one' THEN true WHEN 'joined' THEN m.joined_at >= %(since)s::timestamptz
            ELSE false END)::int AS whole
      FROM members_member m
      LEFT JOIN did d ON d.who = m.id
     WHERE m.merchant_id = %(merchant)s AND m.status IN ('active', 'blocked') AND m.joined_at < %(until)s::timestamptz
       AND (%(whole)s::text = 'one' OR %(part)s::text NOT IN ('joined', 'brought') OR m.joined_at >= %(since)s::timestamptz)
       AND (%(whole)s::text <> '' OR %(part)s::text IN ('one', 'joined') OR d.who IS NOT NULL)
)
