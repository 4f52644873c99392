-- Keep what is foretold of some members, who have been locked and still are members.
INSERT INTO analytics_membervalue AS v (id, merchant_id, member_id, day, stage, purchases, spent_minor, alive, expected,
                                        predicted_minor, low_minor, high_minor)
SELECT gen_random_uuid(), %(merchant)s, m.id, %(day)s::date, x.stage, x.purchases, x.spent, x.alive, x.expected,
       x.predicted, x.low, x.high
  FROM unnest(%(members)s::uuid[], %(stages)s::text[], %(purchases)s::int[], %(spent)s::bigint[], %(alive)s::float8[],
              %(expected)s::float8[], %(predicted)s::bigint[], %(lows)s::bigint[], %(highs)s::bigint[])
       x(member, stage, purchases, spent, alive, expected, predicted, low, high)
  JOIN members_member m ON m.merchant_id = %(merchant)s AND m.id = x.member AND m.status IN ('active', 'blocked')
ON CONFLICT (merchant_id, member_id) DO UPDATE
   SET day = excluded.day, stage = excluded.stage, purchases = excluded.purchases, spent_minor = excluded.spent_minor,
       alive = excluded.alive, expected = excluded.expected, predicted_minor = excluded.predicted_minor,
       low_minor = excluded.low_minor, high_minor = excluded.high_minor
