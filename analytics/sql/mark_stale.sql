-- These days of these families have to be summed again.
INSERT INTO analytics_stale (id, merchant_id, family, day)
SELECT gen_random_uuid(), %(merchant)s, x.family, d::date
  FROM unnest(%(families)s::text[], %(firsts)s::date[], %(lasts)s::date[]) x(family, first, last)
 CROSS JOIN LATERAL generate_series(x.first, x.last, interval '1 day') d
ON CONFLICT (merchant_id, day, family) DO NOTHING
