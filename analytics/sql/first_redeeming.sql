-- Of the members who took a reward in a period, those who joined last; then, where the others are asked for too, the last
-- of those. Merged members are one.
WITH did AS MATERIALIZED (
    SELECT DISTINCT coalesce(w.merged_into_id, w.id) AS who
      FROM rewards_redemption r
      JOIN members_member w ON w.merchant_id = r.merchant_id AND w.id = r.member_id
     WHERE r.merchant_id = %(merchant)s AND r.id >= %(floor)s::uuid AND r.status = 'committed'
       AND r.reserved_at >= %(since)s::timestamptz AND r.reserved_at < %(until)s::timestamptz
), members AS (
    SELECT m.id, m.joined_at, 1 AS part
      FROM did JOIN members_member m ON m.merchant_id = %(merchant)s AND m.id = did.who
     WHERE m.status IN ('active', 'blocked') AND m.joined_at < %(until)s::timestamptz
    UNION ALL
    (SELECT m.id, m.joined_at, 0
       FROM members_member m
      WHERE m.merchant_id = %(merchant)s AND m.status IN ('active', 'blocked') AND m.joined_at < %(until)s::timestamptz
        AND %(whole)s::text = 'one' AND m.id NOT IN (SELECT who FROM did)
      ORDER BY m.joined_at DESC, m.id LIMIT %(limit)s::bigint + %(offset)s::bigint)
)
SELECT id, id, joined_at, '', part, (%(whole)s::text = 'one')::int FROM members
 ORDER BY part DESC, joined_at DESC, id LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
