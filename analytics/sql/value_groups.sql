-- What is foretold of members together: of all, of each tier, of each segment. `some` are about two thousand of a group.
WITH groups AS (
    SELECT '' AS cut, '' AS name, v.* FROM analytics_membervalue v WHERE v.merchant_id = %(merchant)s
    UNION ALL
    SELECT 'tier', coalesce(s.tier, ''), v.*
      FROM analytics_membervalue v
      LEFT JOIN members_tierstanding s ON s.merchant_id = v.merchant_id AND s.member_id = v.member_id
     WHERE v.merchant_id = %(merchant)s
    UNION ALL
    SELECT 'segment', g.handle, v.*
      FROM campaigns_segment g
      JOIN members_segmentplace p ON p.merchant_id = g.merchant_id AND p.segment = g.handle
       AND (p.until IS NULL OR p.until > %(now)s::timestamptz)
      JOIN analytics_membervalue v ON v.merchant_id = p.merchant_id AND v.member_id = p.member_id
     WHERE g.merchant_id = %(merchant)s AND g.state = 'active'
)
SELECT cut, name, count(*), sum(predicted_minor)::bigint, sum(spent_minor)::bigint, avg(alive),
       array_agg(member_id ORDER BY member_id) FILTER (WHERE abs(hashtext(member_id::text)) %% %(every)s::int = 0)
  FROM groups GROUP BY cut, name ORDER BY cut, sum(predicted_minor) DESC, name
