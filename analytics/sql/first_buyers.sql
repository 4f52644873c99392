-- Who bought most in a period, or most often, or again; of equals, who bought last: without sorting everybody. Whoever is
-- among the first by the last orders of the period alone can only gain by the others, so the last one wanted of them is a
-- bound that everybody below it falls short of. Merged members are one; where nobody was merged (`merged` is false) nobody
-- is looked up. Money is added up in floats, which are exact up to 9,007,199,254,740,992 minor units.
WITH late AS MATERIALIZED (
    SELECT max(o.placed_at) AS last,
           CASE %(part)s::text WHEN 'spent' THEN sum(o.net) WHEN 'orders' THEN count(*)::float8
                ELSE (count(*) > 1)::int::float8 END AS part
      FROM (SELECT member_id, placed_at, (total_minor - refunded_minor)::float8 AS net FROM members_order
             WHERE merchant_id = %(merchant)s AND status = 'recorded' AND member_id IS NOT NULL
               AND placed_at >= %(since)s::timestamptz AND placed_at < %(until)s::timestamptz
             ORDER BY placed_at DESC LIMIT %(along)s::bigint) o
      LEFT JOIN members_member m ON %(merged)s::bool AND m.merchant_id = %(merchant)s AND m.id = o.member_id
     GROUP BY coalesce(m.merged_into_id, o.member_id)
     ORDER BY part DESC, last DESC LIMIT %(limit)s::bigint + %(offset)s::bigint
), bound AS MATERIALIZED (
    SELECT part, last FROM late WHERE (SELECT count(*) FROM late) = %(limit)s::bigint + %(offset)s::bigint
     ORDER BY part, last LIMIT 1
), found AS (
    SELECT CASE WHEN %(merged)s::bool AND o.member_id IN (
                      SELECT id FROM members_member WHERE merchant_id = %(merchant)s AND merged_into_id IS NOT NULL)
                THEN (SELECT merged_into_id FROM members_member WHERE merchant_id = %(merchant)s AND id = o.member_id)
                ELSE o.member_id END AS who,
           max(o.placed_at) AS last,
           CASE %(part)s::text WHEN 'spent' THEN sum((o.total_minor - o.refunded_minor)::float8)
                WHEN 'orders' THEN count(*)::float8 ELSE (count(*) > 1)::int::float8 END AS part
      FROM members_order o
     WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded' AND o.member_id IS NOT NULL
       AND o.placed_at >= %(since)s::timestamptz AND o.placed_at < %(until)s::timestamptz
     GROUP BY 1
)
SELECT f.who, f.who, f.last, '', f.part::bigint, 1
  FROM found f
 WHERE f.part > (SELECT part FROM bound)
    OR f.part = (SELECT part FROM bound) AND f.last >= (SELECT last FROM bound)
 ORDER BY f.part DESC, f.last DESC, f.who LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
