-- How far those who joined in a period have come by now: got points, used some for a reward, then reached a higher tier.
SELECT count(*), count(*) FILTER (WHERE earned), count(*) FILTER (WHERE earned AND redeemed),
       count(*) FILTER (WHERE earned AND redeemed AND rose)
  FROM (SELECT EXISTS (SELECT 1 FROM ledger_account a WHERE a.merchant_id = m.merchant_id AND a.owner = m.id
                          AND a.unit = 'points' AND a.kind IN ('available', 'pending') AND a.version > 0) AS earned,
               EXISTS (SELECT 1 FROM rewards_redemption r WHERE r.merchant_id = m.merchant_id AND r.member_id = m.id
                          AND r.status = 'committed') AS redeemed,
               EXISTS (SELECT 1 FROM members_tierchange t WHERE t.merchant_id = m.merchant_id AND t.member_id = m.id
                          AND t.direction = 'up' AND t.from_tier <> '') AS rose
          FROM members_member m
         WHERE m.merchant_id = %(merchant)s AND m.status IN ('active', 'blocked')
           AND m.joined_at >= %(since)s::timestamptz AND m.joined_at < %(until)s::timestamptz) who
