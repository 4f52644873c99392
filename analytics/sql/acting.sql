-- What the members of some stretches that follow each other did in each: who bought, who earned points, who took a
-- reward, each once. Merged members are one; who has been erased, or joined later, is no member of a stretch.
WITH doing AS (
    SELECT o.member_id AS id, width_bucket(o.placed_at, %(bounds)s::timestamptz[]) - 1 AS number, true AS active,
           o.points_earned > 0 AS earning, false AS redeeming
      FROM members_order o
     WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded' AND o.member_id IS NOT NULL
       AND o.placed_at >= %(since)s::timestamptz AND o.placed_at < %(until)s::timestamptz
    UNION ALL
    SELECT a.member_id, width_bucket(a.happened_at, %(bounds)s::timestamptz[]) - 1, false, true, false
      FROM members_activity a
     WHERE a.merchant_id = %(merchant)s AND a.points_earned > 0 AND a.status <> 'undone'
       AND a.happened_at >= %(since)s::timestamptz AND a.happened_at < %(until)s::timestamptz
    UNION ALL
    SELECT r.member_id, width_bucket(r.reserved_at, %(bounds)s::timestamptz[]) - 1, false, false, true
      FROM rewards_redemption r
     WHERE r.merchant_id = %(merchant)s AND r.id >= %(floor)s::uuid AND r.status = 'committed'
       AND r.reserved_at >= %(since)s::timestamptz AND r.reserved_at < %(until)s::timestamptz
), each AS (
    SELECT w.id AS who, d.number, bool_or(d.active) AS active, bool_or(d.earning) AS earning,
           bool_or(d.redeeming) AS redeeming
      FROM doing d
      LEFT JOIN members_member m ON m.merchant_id = %(merchant)s AND m.id = d.id AND m.merged_into_id IS NOT NULL
      JOIN members_member w ON w.merchant_id = %(merchant)s AND w.id = coalesce(m.merged_into_id, d.id)
     WHERE w.status IN ('active', 'blocked') AND w.joined_at < (%(bounds)s::timestamptz[])[d.number + 2]
     GROUP BY 1, 2
), summed AS (
    SELECT number, count(*) FILTER (WHERE active) AS active, count(*) FILTER (WHERE earning) AS earning,
           count(*) FILTER (WHERE redeeming) AS redeeming
      FROM each GROUP BY number
)
SELECT s.number, '', '', m.measure, m.amount
  FROM summed s CROSS JOIN LATERAL (VALUES
       ('active', s.active), ('earning', s.earning), ('redeeming', s.redeeming)) m(measure, amount)
 WHERE m.amount <> 0
