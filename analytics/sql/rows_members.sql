-- Who is a member now and had joined by the end of a period: whether in it, by a friend, and what they did in it.
WITH asked AS (
    SELECT m.id, m.joined_at, m.joined_at >= %(since)s::timestamptz AS joined,
           ARRAY(SELECT m.id UNION ALL SELECT o.id FROM members_member o
                  WHERE o.merchant_id = m.merchant_id AND o.merged_into_id = m.id) AS all_of_them
      FROM members_member m
     WHERE m.merchant_id = %(merchant)s AND m.status IN ('active', 'blocked') AND m.joined_at < %(until)s::timestamptz
), found AS (
    SELECT a.id, a.id AS about, a.joined_at AS at, '' AS note,
           (CASE %(part)s::text
            WHEN 'one' THEN true
            WHEN 'joined' THEN a.joined
            WHEN 'brought' THEN a.joined AND EXISTS (
                SELECT 1 FROM members_referral r WHERE r.merchant_id = %(merchant)s AND r.friend_id = a.id
                   AND r.status <> 'refused')
            WHEN 'active' THEN EXISTS (
                SELECT 1 FROM members_order o WHERE o.merchant_id = %(merchant)s AND o.member_id = ANY(a.all_of_them)
                   AND o.status = 'recorded' AND o.placed_at >= %(since)s::timestamptz
                   AND o.placed_at < %(until)s::timestamptz)
            WHEN 'earning' THEN EXISTS (
                SELECT 1 FROM members_order o WHERE o.merchant_id = %(merchant)s AND o.member_id = ANY(a.all_of_them)
                   AND o.status = 'recorded' AND o.points_earned > 0 AND o.placed_at >= %(since)s::timestamptz
                   AND o.placed_at < %(until)s::timestamptz) OR EXISTS (
                SELECT 1 FROM members_activity v WHERE v.merchant_id = %(merchant)s AND v.member_id = ANY(a.all_of_them)
                   AND v.points_earned > 0 AND v.status <> 'undone' AND v.happened_at >= %(since)s::timestamptz
                   AND v.happened_at < %(until)s::timestamptz)
            WHEN 'redeeming' THEN EXISTS (
                SELECT 1 FROM rewards_redemption r WHERE r.merchant_id = %(merchant)s AND r.member_id = ANY(a.all_of_them)
                   AND r.status = 'committed' AND r.reserved_at >= %(since)s::timestamptz
                   AND r.reserved_at < %(until)s::timestamptz)
            END)::int AS part,
           (CASE %(whole)s::text WHEN 'one' THEN true WHEN 'joined' THEN a.joined ELSE false END)::int AS whole
      FROM asked a
)
