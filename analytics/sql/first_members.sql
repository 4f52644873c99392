-- Who joined last and is a member now, of all or of a period: the first rows of theirs, read from the index of the list.
SELECT m.id, m.id, m.joined_at, '', 1,
       CASE %(whole)s::text WHEN '' THEN 0 WHEN 'one' THEN 1 ELSE (m.joined_at >= %(since)s::timestamptz)::int END
  FROM members_member m
 WHERE m.merchant_id = %(merchant)s AND m.status IN ('active', 'blocked') AND m.joined_at < %(until)s::timestamptz
   AND (%(part)s::text = 'one' OR m.joined_at >= %(since)s::timestamptz)
 ORDER BY m.joined_at DESC, m.id LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
