-- Answers to "would you recommend us?", from 0 to 10, by the day they were given: activities of the kind "nps" with a
-- "score". 9 and 10 recommend, 0 to 6 do not.
WITH given AS (
    SELECT (a.happened_at AT TIME ZONE %(zone)s::text)::date AS day, (a.properties->>'score')::int AS score
      FROM members_activity a
     WHERE a.merchant_id = %(merchant)s AND a.id >= %(floor)s::uuid AND a.kind = 'nps'
       AND a.status NOT IN ('refused', 'undone') AND a.properties->>'score' ~ '^([0-9]|10)$'
       AND a.happened_at >= %(since)s::timestamptz AND a.happened_at < %(until)s::timestamptz
), summed AS (
    SELECT day, count(*) AS answers, count(*) FILTER (WHERE score >= 9) AS promoters,
           count(*) FILTER (WHERE score <= 6) AS detractors
      FROM given GROUP BY day
)
SELECT s.day, '', '', m.measure, m.amount::bigint
  FROM summed s CROSS JOIN LATERAL (VALUES ('answers', s.answers), ('promoters', s.promoters),
       ('detractors', s.detractors)) m(measure, amount)
 WHERE m.amount <> 0
