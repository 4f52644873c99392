-- Of the rows that were found: those of members, once for each segment they are in now ("" for none), or of the one that
-- is asked for. Merged members are one.
, shown AS (
    SELECT f.id, f.about, f.at, f.note, f.part, f.whole, coalesce(p.segment, '') AS name
      FROM found f
      LEFT JOIN members_order o ON %(what)s::text = 'orders' AND o.merchant_id = %(merchant)s AND o.id = f.about
      JOIN members_member m ON m.merchant_id = %(merchant)s
       AND m.id = CASE %(what)s::text WHEN 'orders' THEN o.member_id ELSE f.about END
      LEFT JOIN members_segmentplace p ON p.merchant_id = %(merchant)s AND p.member_id = coalesce(m.merged_into_id, m.id)
       AND (p.until IS NULL OR p.until > %(now)s::timestamptz)
     WHERE %(name)s::text IS NULL OR coalesce(p.segment, '') = %(name)s::text
)
