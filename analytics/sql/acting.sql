-- What the members of a stretch did in it: who bought, who earned points, who took a reward, each once. Merged members
-- are one; who has been erased, or joined later, is no member of that stretch.
WITH doing AS (
    SELECT 'active' AS measure, o.member_id AS id FROM members_order o
     WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded' AND o.member_id IS NOT NULL
       AND o.placed_at >= %(since)s::timestamptz AND o.placed_at < %(until)s::timestamptz
    UNION ALL
    SELECT 'earning', o.member_id FROM members_order o
     WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded' AND o.member_id IS NOT NULL AND o.points_earned > 0
       AND o.placed_at >= %(since)s::timestamptz AND o.placed_at < %(until)s::timestamptz
    UNION ALL
    SELECT 'earning', a.member_id FROM members_activity a
     WHERE a.merchant_id = %(merchant)s AND a.points_earned > 0 AND a.status <> 'undone'
       AND a.happened_at >= %(since)s::timestamptz AND a.happened_at < %(until)s::timestamptz
    UNION ALL
    SELECT 'redeeming', r.member_id FROM rewards_redemption r
     WHERE r.merchant_id = %(merchant)s AND r.id >= %(floor)s::uuid AND r.status = 'committed'
       AND r.reserved_at >= %(since)s::timestamptz AND r.reserved_at < %(until)s::timestamptz
)
SELECT '', '', d.measure, count(DISTINCT coalesce(m.merged_into_id, m.id))
  FROM doing d
  JOIN members_member m ON m.merchant_id = %(merchant)s AND m.id = d.id
  LEFT JOIN members_member w ON w.merchant_id = m.merchant_id AND w.id = m.merged_into_id
 WHERE coalesce(w.status, m.status) IN ('active', 'blocked')
   AND coalesce(w.joined_at, m.joined_at) < %(until)s::timestamptz
 GROUP BY d.measure
