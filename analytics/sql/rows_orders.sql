-- Orders of a period that stand, of all or of one channel, place or tier: that there is one, or what it came to.
WITH standing AS (
    SELECT member_id, to_tier, changed_at AS since,
           lead(changed_at) OVER (PARTITION BY member_id ORDER BY changed_at, id) AS until
      FROM members_tierchange WHERE merchant_id = %(merchant)s AND %(cut)s::text = 'tier'
), asked AS (
    SELECT o.id, o.placed_at, o.total_minor - o.refunded_minor AS net, o.member_id IS NOT NULL AS known
      FROM members_order o
      LEFT JOIN members_member m ON m.merchant_id = o.merchant_id AND m.id = o.member_id AND m.merged_into_id IS NOT NULL
      LEFT JOIN standing s ON s.member_id = coalesce(m.merged_into_id, o.member_id) AND s.since <= o.placed_at
                          AND (s.until IS NULL OR s.until > o.placed_at)
     WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded'
       AND o.placed_at >= %(since)s::timestamptz AND o.placed_at < %(until)s::timestamptz
       AND CASE %(cut)s::text WHEN 'channel' THEN o.channel = %(name)s::text
                              WHEN 'location' THEN o.location = %(name)s::text
                              WHEN 'tier' THEN o.member_id IS NOT NULL AND coalesce(s.to_tier, '') = %(name)s::text
                              ELSE true END
), found AS (
    SELECT id, id AS about, placed_at AS at, '' AS note,
           CASE %(part)s::text WHEN 'one' THEN 1 WHEN 'net' THEN net WHEN 'one_of_members' THEN known::int
                WHEN 'net_of_members' THEN known::int * net WHEN 'net_of_others' THEN (NOT known)::int * net END AS part,
           CASE %(whole)s::text WHEN 'one_of_members' THEN known::int WHEN 'one_of_others' THEN (NOT known)::int
                ELSE 0 END AS whole
      FROM asked
)
