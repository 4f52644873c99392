-- The largest orders of a period (the last ones, where each counts as one): what they come to is read from the index of
-- figures alone, and only those of the page are then looked up.
WITH largest AS (
    SELECT o.placed_at, o.total_minor, o.refunded_minor
      FROM members_order o
     WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded'
       AND o.placed_at >= %(since)s::timestamptz AND o.placed_at < %(until)s::timestamptz
       AND CASE WHEN %(part)s::text IN ('one_of_members', 'net_of_members') THEN o.member_id IS NOT NULL
                WHEN %(part)s::text = 'net_of_others' THEN o.member_id IS NULL ELSE true END
     ORDER BY CASE WHEN %(part)s::text LIKE 'net%%' THEN o.total_minor - o.refunded_minor ELSE 1 END DESC, o.placed_at DESC
     FETCH FIRST (%(limit)s::bigint + %(offset)s::bigint) ROWS WITH TIES
), found AS (
    SELECT o.id, o.placed_at AS at,
           CASE WHEN %(part)s::text LIKE 'net%%' THEN o.total_minor - o.refunded_minor ELSE 1 END AS part,
           CASE %(whole)s::text WHEN 'one_of_members' THEN (o.member_id IS NOT NULL)::int
                WHEN 'one_of_others' THEN (o.member_id IS NULL)::int ELSE 0 END AS whole
      FROM (SELECT DISTINCT * FROM largest) l
      JOIN members_order o ON o.merchant_id = %(merchant)s AND o.placed_at = l.placed_at AND o.status = 'recorded'
       AND o.total_minor = l.total_minor AND o.refunded_minor = l.refunded_minor
     WHERE CASE WHEN %(part)s::text IN ('one_of_members', 'net_of_members') THEN o.member_id IS NOT NULL
                WHEN %(part)s::text = 'net_of_others' THEN o.member_id IS NULL ELSE true END
)
SELECT id, id, at, '', part, whole FROM found WHERE part > 0
 ORDER BY part DESC, at DESC, id LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
