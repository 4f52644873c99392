-- Members who bought in a period (or in the one before, where that matters): how often, for how much, more than once, and
-- whether they came back.
WITH standing AS (
    SELECT member_id, to_tier, changed_at AS since,
           lead(changed_at) OVER (PARTITION BY member_id ORDER BY changed_at, id) AS until
      FROM members_tierchange WHERE merchant_id = %(merchant)s AND %(cut)s::text = 'tier'
), placed AS (
    SELECT coalesce(m.merged_into_id, o.member_id) AS who, o.placed_at, o.placed_at >= %(since)s::timestamptz AS now,
           o.total_minor - o.refunded_minor AS net
      FROM members_order o
      LEFT JOIN members_member m ON m.merchant_id = o.merchant_id AND m.id = o.member_id AND m.merged_into_id IS NOT NULL
      LEFT JOIN standing s ON s.member_id = coalesce(m.merged_into_id, o.member_id) AND s.since <= o.placed_at
                          AND (s.until IS NULL OR s.until > o.placed_at)
     WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded' AND o.member_id IS NOT NULL
       AND o.placed_at >= CASE WHEN %(part)s::text = 'kept' OR %(whole)s::text = 'before' THEN %(before)s::timestamptz
                               ELSE %(since)s::timestamptz END
       AND o.placed_at < %(until)s::timestamptz
       AND CASE %(cut)s::text WHEN 'channel' THEN o.channel = %(name)s::text
                              WHEN 'location' THEN o.location = %(name)s::text
                              WHEN 'tier' THEN o.member_id IS NOT NULL AND coalesce(s.to_tier, '') = %(name)s::text
                              ELSE true END
), asked AS (
    SELECT who, max(placed_at) AS last, count(*) FILTER (WHERE now) AS orders,
           coalesce(sum(net) FILTER (WHERE now), 0) AS spent, bool_or(NOT now) AS before
      FROM placed GROUP BY who
), found AS (
    SELECT who AS id, who AS about, last AS at, '' AS note,
           CASE %(part)s::text WHEN 'spent' THEN spent WHEN 'orders' THEN orders WHEN 'repeat' THEN (orders > 1)::int
                WHEN 'kept' THEN (before AND orders > 0)::int END AS part,
           CASE %(whole)s::text WHEN 'one' THEN (orders > 0)::int WHEN 'before' THEN before::int ELSE 0 END AS whole
      FROM asked
)
