-- Keep sums that were made.
INSERT INTO analytics_fact (id, merchant_id, family, grain, first, cut, name, measure, amount)
SELECT gen_random_uuid(), %(merchant)s, %(family)s::text, %(grain)s::text, x.*
  FROM unnest(%(firsts)s::date[], %(cuts)s::text[], %(names)s::text[], %(measures)s::text[], %(amounts)s::bigint[]) x
