-- How far those who joined in a period have come by now: got points, used some for a reward, then reached a higher tier.
-- What was done by who was merged into them since counts as theirs.
WITH joined AS (
    SELECT id FROM members_member
     WHERE merchant_id = %(merchant)s AND status IN ('active', 'blocked')
       AND joined_at >= %(since)s::timestamptz AND joined_at < %(until)s::timestamptz
), same AS (
    SELECT id AS who, id FROM joined UNION ALL
    SELECT j.id, f.id
      FROM joined j
      JOIN members_member f ON f.merchant_id = %(merchant)s AND f.merged_into_id = j.id AND f.merged_into_id IS NOT NULL
), came AS (
    SELECT bool_or(EXISTS (SELECT FROM ledger_account a WHERE a.merchant_id = %(merchant)s AND a.owner = s.id
                              AND a.unit = 'points' AND a.kind IN ('available', 'pending') AND a.version > 0)) AS earned,
           bool_or(EXISTS (SELECT FROM rewards_redemption r WHERE r.merchant_id = %(merchant)s AND r.member_id = s.id
                              AND r.status = 'committed')) AS redeemed,
           bool_or(EXISTS (SELECT FROM members_tierchange t WHERE t.merchant_id = %(merchant)s AND t.member_id = s.id
                              AND t.direction = 'up' AND t.from_tier <> '')) AS rose
      FROM same s
     GROUP BY s.who
)
SELECT count(*), count(*) FILTER (WHERE earned), count(*) FILTER (WHERE earned AND redeemed),
       count(*) FILTER (WHERE earned AND redeemed AND rose)
  FROM came
