-- Rewards taken in a period and not given back: how many, or what they cost the shop.
WITH found AS (
    SELECT r.id, coalesce(m.merged_into_id, m.id) AS about, r.reserved_at AS at, w.handle AS note,
           CASE %(part)s::text WHEN 'quantity' THEN r.quantity ELSE r.unit_cost_minor * r.quantity END AS part, 0 AS whole
      FROM rewards_redemption r
      JOIN members_member m ON m.merchant_id = r.merchant_id AND m.id = r.member_id
      JOIN rewards_reward w ON w.merchant_id = r.merchant_id AND w.id = r.reward_id
     WHERE r.merchant_id = %(merchant)s AND r.id >= %(floor)s::uuid AND r.status = 'committed'
       AND r.reserved_at >= %(since)s::timestamptz AND r.reserved_at < %(until)s::timestamptz
       AND (%(cut)s::text = '' OR r.channel = %(name)s::text)
)
