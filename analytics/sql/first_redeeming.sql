-- Of those who took a reward in a period, the members who joined last. Merged members are one.
SELECT m.id, m.id, m.joined_at, '', 1, (%(whole)s::text = 'one')::int
  FROM (SELECT DISTINCT coalesce(w.merged_into_id, w.id) AS who
          FROM rewards_redemption r
          JOIN members_member w ON w.merchant_id = r.merchant_id AND w.id = r.member_id
         WHERE r.merchant_id = %(merchant)s AND r.id >= %(floor)s::uuid AND r.status = 'committed'
           AND r.reserved_at >= %(since)s::timestamptz AND r.reserved_at < %(until)s::timestamptz) did
  JOIN members_member m ON m.merchant_id = %(merchant)s AND m.id = did.who
 WHERE m.status IN ('active', 'blocked') AND m.joined_at < %(until)s::timestamptz
 ORDER BY m.joined_at DESC, m.id LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
