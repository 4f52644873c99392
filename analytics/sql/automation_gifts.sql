-- What automations gave in a time: points, and rewards with what they cost the shop. What was taken back is not in it.
SELECT s.automation_id, coalesce(sum((s.data->>'points')::bigint), 0)::bigint, coalesce(sum(r.quantity), 0)::bigint,
       coalesce(sum(r.unit_cost_minor * r.quantity), 0)::bigint
  FROM campaigns_automationstep s
  LEFT JOIN rewards_redemption r ON r.merchant_id = s.merchant_id AND r.id = (s.data->>'redemption')::uuid
        AND r.status = 'committed'
 WHERE s.merchant_id = %(merchant)s AND s.outcome = 'done' AND s.kind IN ('points', 'reward')
   AND s.happened_at >= %(since)s::timestamptz AND s.happened_at < %(until)s::timestamptz
 GROUP BY s.automation_id
