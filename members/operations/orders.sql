-- Records orders that the engine has decided: order, lines, the member's running counts, the event and what it earned,
-- for an array of orders in one round trip. An order that is already there (same source and external id) is left
-- untouched and answered as `exists` with its fingerprint. Runs with the caller's rights, under row-level security.
--
-- `expected` has what the decisions were made on, where a rule compared it: {"members": {member: what their row of counts
-- looked like}, "budgets": [{"budget", "units", "cost", "most_units", "most_cost"}]}, the last two being what may go out
-- in all. It is looked at again under the locks. If a member's counts changed since, an order is there already, or a
-- budget has less left than is drawn, nothing is written and the answer is the string "stale": the locks stay, so that
-- whoever reads and decides again now is right.
--
-- Answers a JSON array in the orders' own order: {"status": "written", "id", "parked", "posted"} | {"status": "exists",
-- "id", "fingerprint"} | {"status": "moved"}. `posted` has the ledger's answers to the order's `postings`, null without
-- any; `parked` says that a refund has been waiting for the order.

CREATE OR REPLACE FUNCTION members_is_stale(os jsonb, expected jsonb) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    m CONSTANT bigint := NULLIF(current_setting('app.merchant_id', true), '')::bigint;
BEGIN
    IF EXISTS (SELECT 1 FROM jsonb_each_text(expected->'members') e LEFT JOIN LATERAL (
                   SELECT xmin::text AS seen FROM members_stats
                    WHERE merchant_id = m AND member_id = e.key::uuid LIMIT 1) s ON true
                WHERE s.seen IS DISTINCT FROM e.value)
       OR EXISTS (SELECT 1 FROM jsonb_to_recordset(os) AS x(source text, external_id text) CROSS JOIN LATERAL (
                   SELECT 1 FROM members_order
                    WHERE merchant_id = m AND source = x.source AND external_id = x.external_id LIMIT 1) o) THEN
        RETURN true;
    END IF;
    INSERT INTO members_budgetuse (merchant_id, budget, units, cost_minor)
    SELECT m, b->>'budget', 0, 0 FROM jsonb_array_elements(expected->'budgets') b
     WHERE NOT EXISTS (SELECT 1 FROM members_budgetuse u WHERE u.merchant_id = m AND u.budget = b->>'budget')
     ORDER BY 2
    ON CONFLICT DO NOTHING;
    PERFORM 1 FROM members_budgetuse u
      WHERE u.merchant_id = m AND u.budget = ANY(ARRAY(SELECT b->>'budget'
                                                         FROM jsonb_array_elements(expected->'budgets') b))
      ORDER BY u.budget FOR NO KEY UPDATE;
    RETURN EXISTS (SELECT 1 FROM jsonb_to_recordset(expected->'budgets') AS b(budget text, units bigint, cost numeric,
                       most_units bigint, most_cost numeric)
                     JOIN members_budgetuse u ON u.merchant_id = m AND u.budget = b.budget
                    WHERE u.units + b.units > b.most_units OR u.cost_minor + b.cost > b.most_cost);
END $$;

CREATE OR REPLACE FUNCTION members_record_orders(os jsonb, expected jsonb DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    m CONSTANT bigint := NULLIF(current_setting('app.merchant_id', true), '')::bigint;
    here uuid[];
    written uuid[];
    parked boolean[];
    paid uuid[];
    postings jsonb;
    posted jsonb[];
BEGIN
    IF m IS NULL THEN RAISE EXCEPTION 'no merchant is set for this transaction'; END IF;
    -- One order of locks for everyone: the orders' names as the caller sorted them, then the members' counts by
    -- member, then the budgets by name, then the books. A refund takes them in the same order. The name is locked so that a refund arriving at
    -- the same moment either sees the order or is seen as parked; the counts, so that nobody is merged or erased
    -- while their order is written: both delete the row of counts, and an order that no longer finds it is answered
    -- as `moved` and written to whoever the member is now.
    PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws('|', m, x->>'source', x->>'external_id'), 7))
       FROM jsonb_array_elements(os) x;
    here := ARRAY(SELECT s.member_id FROM members_stats s
      WHERE s.merchant_id = m
        AND s.member_id = ANY(ARRAY(SELECT (x->>'member')::uuid FROM jsonb_array_elements(os) x))
      ORDER BY s.member_id FOR NO KEY UPDATE);
    IF expected IS NOT NULL AND members_is_stale(os, expected) THEN
        RETURN '"stale"'::jsonb;
    END IF;

    WITH asked AS MATERIALIZED (
        SELECT x.* FROM ROWS FROM (jsonb_to_recordset(os) AS (id uuid, source text, external_id text, fingerprint uuid,
                   member uuid, currency text, total_minor bigint, discount_minor bigint, points_minor bigint,
                   eligible_minor bigint, points_earned bigint, channel text, location text, payment_method text,
                   version uuid, decision jsonb, at timestamptz, now timestamptz, actor text, lines jsonb,
                   uses jsonb, postings jsonb)) WITH ORDINALITY
            AS x(id, source, external_id, fingerprint, member, currency, total_minor, discount_minor, points_minor,
                 eligible_minor, points_earned, channel, location, payment_method, version, decision, at, now, actor,
                 lines, uses, postings, n)
         WHERE x.member IS NULL OR x.member = ANY(here)),
    made AS (
        INSERT INTO members_order (id, merchant_id, source, external_id, fingerprint, member_id, status, currency,
                                   total_minor, discount_minor, points_minor, refunded_minor, unassigned_refund_minor,
                                   eligible_minor, points_earned, channel, location, payment_method,
                                   programme_version, decision, placed_at, recorded_at)
        SELECT a.id, m, a.source, a.external_id, a.fingerprint, a.member, 'recorded', a.currency, a.total_minor,
               a.discount_minor, a.points_minor, 0, 0, a.eligible_minor, a.points_earned, a.channel, a.location,
               a.payment_method, a.version, a.decision, a.at, a.now
          FROM asked a
        ON CONFLICT (merchant_id, source, external_id) DO NOTHING RETURNING id),
    fresh AS MATERIALIZED (SELECT a.* FROM asked a JOIN made USING (id)),
    lines AS (
        INSERT INTO members_orderline (merchant_id, order_id, number, kind, sku, name, category, brand, tags, quantity,
                                       amount_minor, discount_minor, paid_minor, points, refunded_minor)
        SELECT m, f.id, l.number, l.kind, l.sku, l.name, l.category, l.brand, l.tags, l.quantity, l.amount_minor,
               l.discount_minor, l.paid_minor, l.points, 0
          FROM fresh f CROSS JOIN LATERAL jsonb_to_recordset(f.lines) AS l(number int, kind text, sku text, name text,
               category text, brand text, tags text[], quantity numeric, amount_minor bigint, discount_minor bigint,
               paid_minor bigint, points bigint)),
    counted AS (
        UPDATE members_stats s SET orders_count = s.orders_count + c.orders, spend_minor = s.spend_minor + c.spend,
               first_order_at = least(s.first_order_at, c.first), last_order_at = greatest(s.last_order_at, c.last)
          FROM (SELECT f.member, count(*) AS orders, sum(f.total_minor)::bigint AS spend, min(f.at) AS first,
                       max(f.at) AS last
                  FROM fresh f WHERE f.member IS NOT NULL GROUP BY f.member) c
         WHERE s.merchant_id = m AND s.member_id = c.member),
    used AS (
        INSERT INTO members_ruleuse (merchant_id, source_kind, source, rule, member_id, unit, amount, units, budget,
                                     unit_cost, at)
        SELECT m, 'order', f.id, u.rule, f.member, u.unit, u.units, u.units, u.budget, u.unit_cost, f.at
          FROM fresh f CROSS JOIN LATERAL jsonb_to_recordset(f.uses) AS u(rule text, unit text, units bigint,
               budget text, unit_cost numeric)
         WHERE jsonb_typeof(f.uses) = 'array' RETURNING budget, units, unit_cost),
    spent AS (
        UPDATE members_budgetuse b SET units = b.units + u.units, cost_minor = b.cost_minor + u.cost
          FROM (SELECT budget, sum(units)::bigint AS units, sum(units * unit_cost) AS cost FROM used
                 WHERE budget <> '' GROUP BY budget) u
         WHERE b.merchant_id = m AND b.budget = u.budget),
    told AS (
        INSERT INTO events_event (merchant_id, kind, subject, actor, data, happened_at, recorded_at)
        SELECT m, 'order.recorded', f.member, f.actor,
               jsonb_build_object('order', f.id, 'total_minor', f.total_minor, 'points', f.points_earned), f.at, f.now
          FROM fresh f ORDER BY f.n)
    SELECT array_agg(f.id ORDER BY f.n),
           array_agg(EXISTS (SELECT 1 FROM members_refund r WHERE r.merchant_id = m AND r.source = f.source
                                AND r.order_external_id = f.external_id AND r.status = 'parked') ORDER BY f.n),
           (SELECT array_agg(g.id ORDER BY g.n, u.k) FROM fresh g
             CROSS JOIN LATERAL jsonb_array_elements(g.postings) WITH ORDINALITY AS u(posting, k)),
           (SELECT jsonb_agg(u.posting ORDER BY g.n, u.k) FROM fresh g
             CROSS JOIN LATERAL jsonb_array_elements(g.postings) WITH ORDINALITY AS u(posting, k))
      INTO written, parked, paid, postings FROM fresh f;

    IF cardinality(paid) = 1 THEN
        posted := ARRAY[ledger_post(postings->0)];
    ELSIF paid IS NOT NULL THEN
        posted := ARRAY(SELECT ledger_post_many(postings));
    END IF;
    RETURN (SELECT jsonb_agg(CASE
                WHEN w.id IS NOT NULL THEN
                    jsonb_build_object('status', 'written', 'id', w.id, 'parked', w.parked, 'posted', p.answers)
                WHEN x.member IS NOT NULL AND NOT x.member = ANY(here) THEN jsonb_build_object('status', 'moved')
                ELSE (SELECT jsonb_build_object('status', 'exists', 'id', e.id, 'fingerprint', e.fingerprint)
                        FROM members_order e WHERE e.merchant_id = m AND e.source = x.source
                         AND e.external_id = x.external_id) END ORDER BY x.n)
              FROM ROWS FROM (jsonb_to_recordset(os) AS (id uuid, source text, external_id text, member uuid))
                   WITH ORDINALITY AS x(id, source, external_id, member, n)
              LEFT JOIN unnest(written, parked) AS w(id, parked) ON w.id = x.id
              LEFT JOIN (SELECT a.id, jsonb_agg(a.answer ORDER BY a.k) AS answers
                           FROM unnest(paid, posted) WITH ORDINALITY AS a(id, answer, k) GROUP BY a.id) p ON p.id = x.id);
END $$;
