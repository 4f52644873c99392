-- Answers to "would you recommend us?" in a period: 1 for who would, -1 for who would not, 0 between.
WITH given AS (
    SELECT a.id, a.member_id, a.happened_at, (a.properties->>'score')::int AS score
      FROM members_activity a
     WHERE a.merchant_id = %(merchant)s AND a.kind = 'nps' AND a.status NOT IN ('refused', 'undone')
       AND a.properties->>'score' ~ '^([0-9]|10)$'
       AND a.happened_at >= %(since)s::timestamptz AND a.happened_at < %(until)s::timestamptz
), found AS (
    SELECT g.id, coalesce(m.merged_into_id, m.id) AS about, g.happened_at AS at, g.score::text AS note,
           CASE WHEN g.score >= 9 THEN 1 WHEN g.score <= 6 THEN -1 ELSE 0 END AS part, 1 AS whole
      FROM given g JOIN members_member m ON m.merchant_id = %(merchant)s AND m.id = g.member_id
)
