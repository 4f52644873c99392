-- Who has spent most until the end of a period: of those whose running counts say most, added up from their orders. By
-- then nobody else had spent more than the last of them has now. Who was erased has no counts any more, so all of them are
-- added up; where they are many nothing is found. A sample (`share` percent of the pages) says from which sum on about three
-- times as many as are wanted lie, so that only those are sorted.
WITH floor AS MATERIALIZED (
    SELECT coalesce((SELECT spend_minor FROM members_stats TABLESAMPLE SYSTEM (%(share)s)
                      WHERE merchant_id = %(merchant)s AND spend_minor > 0
                      ORDER BY spend_minor DESC OFFSET 5 + 3 * %(among)s::bigint * %(share)s / 100 LIMIT 1), 1) AS spend_minor
), most AS MATERIALIZED (
    SELECT member_id, spend_minor FROM members_stats
     WHERE merchant_id = %(merchant)s AND spend_minor >= (SELECT spend_minor FROM floor)
     ORDER BY spend_minor DESC, member_id LIMIT %(among)s::bigint
), least AS MATERIALIZED (
    SELECT spend_minor, member_id FROM most ORDER BY spend_minor, member_id DESC LIMIT 1
), gone AS MATERIALIZED (
    SELECT id FROM members_member WHERE merchant_id = %(merchant)s AND status = 'erased' LIMIT %(gone)s::bigint + 1
), asked AS (
    SELECT coalesce(m.merged_into_id, m.id) AS who
      FROM most s JOIN members_member m ON m.merchant_id = %(merchant)s AND m.id = s.member_id
    UNION
    SELECT id FROM gone
), spent AS (
    SELECT a.who, sum(o.net) AS net, max(o.placed_at) AS last
      FROM asked a
     CROSS JOIN LATERAL (
           SELECT a.who AS id UNION ALL
           SELECT f.id FROM members_member f WHERE f.merchant_id = %(merchant)s AND f.merged_into_id = a.who) same
     CROSS JOIN LATERAL (
           SELECT total_minor - refunded_minor AS net, placed_at FROM members_order
            WHERE merchant_id = %(merchant)s AND member_id = same.id AND status = 'recorded'
              AND placed_at < %(until)s::timestamptz OFFSET 0) o
     GROUP BY a.who
)
SELECT s.who, s.who, s.last, '', s.net,
       (m.status IN ('active', 'blocked') AND m.joined_at < %(until)s::timestamptz)::int
  FROM spent s JOIN members_member m ON m.merchant_id = %(merchant)s AND m.id = s.who
 WHERE s.net > 0 AND (SELECT count(*) FROM gone) <= %(gone)s::bigint
   AND ((SELECT count(*) FROM most) < %(among)s::bigint AND (SELECT spend_minor = 1 FROM floor)
        OR EXISTS (SELECT FROM least l WHERE s.net > l.spend_minor OR s.net = l.spend_minor AND s.who <= l.member_id))
 ORDER BY s.net DESC, s.who LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
