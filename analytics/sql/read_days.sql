-- Sums of some measures over spans of days, leaving out days of a family that are out of date.
SELECT s.number, f.name, f.measure, sum(f.amount)::bigint
  FROM unnest(%(firsts)s::date[], %(afters)s::date[]) WITH ORDINALITY s(first, after, number)
  JOIN analytics_fact f ON f.merchant_id = %(merchant)s AND f.grain = 'day' AND f.cut = %(cut)s::text
   AND f.measure = ANY(%(measures)s::text[]) AND f.first >= s.first AND f.first < s.after
 WHERE NOT EXISTS (SELECT 1 FROM unnest(%(families)s::text[], %(froms)s::date[], %(tos)s::date[]) d(family, since, until)
                    WHERE d.family = f.family AND f.first >= d.since AND f.first < d.until)
 GROUP BY 1, 2, 3
