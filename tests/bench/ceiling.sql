-- The ceiling: the same rows with the same guards that the product writes, by functions made for this one purpose, in
-- one round trip each. No engine, no key check beyond the unique index, no lots to choose from.

CREATE OR REPLACE FUNCTION bench_order(m bigint, o_owner uuid, n bigint, name text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    a uuid; b bigint; v bigint; h bytea; issued uuid; at timestamptz := clock_timestamp();
    t uuid := gen_random_uuid(); l uuid := gen_random_uuid(); o uuid := gen_random_uuid();
BEGIN
    PERFORM set_config('app.merchant_id', m::text, true);
    issued := ledger_merchant_account(m, 'points', 'issued');
    INSERT INTO members_order (id, merchant_id, source, external_id, fingerprint, member_id, status, currency, total_minor,
            discount_minor, points_minor, refunded_minor, unassigned_refund_minor, eligible_minor, points_earned, channel,
            location, payment_method, decision, placed_at, recorded_at)
    VALUES (o, m, 'api', name, md5(name)::uuid, o_owner, 'recorded', 'SEK', n * 100, 0, 0, 0, 0, n * 100, n, 'pos', '',
            'card', jsonb_build_object('effects', n, 'reasons', 'per_amount', 'eligible_minor', n * 100), at, at);
    INSERT INTO members_orderline (merchant_id, order_id, number, kind, sku, name, category, brand, tags, quantity,
            amount_minor, discount_minor, paid_minor, points, refunded_minor)
    SELECT m, o, i, 'product', 'sku-' || i, 'A thing', 'things', 'brand', ARRAY['a', 'b'], 1, n * 100 / 3, 0, n * 100 / 3,
           n / 3, 0 FROM generate_series(1, 3) i;
    UPDATE members_stats SET orders_count = orders_count + 1, spend_minor = spend_minor + n * 100, last_order_at = at
     WHERE merchant_id = m AND member_id = o_owner;
    INSERT INTO events_event (merchant_id, kind, subject, actor, data, happened_at, recorded_at)
    VALUES (m, 'order.recorded', o_owner, 'bench', jsonb_build_object('order', o, 'total_minor', n * 100, 'points', n), at, at);
    UPDATE ledger_account SET balance = balance + n, version = version + 1,
           head = sha256(coalesce(head, ''::bytea) || convert_to(concat_ws('|', m, t, 2, n), 'UTF8'))
     WHERE merchant_id = m AND owner = o_owner AND unit = 'points' AND kind = 'available'
     RETURNING id, balance, version, head INTO a, b, v, h;
    INSERT INTO ledger_transfer (id, merchant_id, key, fingerprint, kind, move, unit, owner, amount, shortfall, source_kind,
            source, rule, actor, reason, happened_at, recorded_at)
    VALUES (t, m, 'order:' || o, md5(name)::uuid, 'earn', 'grant', 'points', o_owner, n, 0, 'order', o, 'base', 'bench', '', at, at);
    INSERT INTO ledger_lot (id, merchant_id, account_id, transfer_id, granted, remaining, pending, expires_at)
    VALUES (l, m, a, t, n, n, false, at + interval '1 year');
    INSERT INTO ledger_entry (merchant_id, transfer_id, line, account_id, unit, lot_id, amount, version, balance_after, hash)
    VALUES (m, t, 1, issued, 'points', NULL, -n, NULL, NULL, NULL), (m, t, 2, a, 'points', l, n, v, b, h);
    INSERT INTO events_event (merchant_id, kind, subject, actor, data, happened_at, recorded_at)
    VALUES (m, 'points.earned', o_owner, 'bench', jsonb_build_object('transfer', t, 'kind', 'earn', 'amount', n, 'balance', b), at, at);
    INSERT INTO api_answer (id, merchant_id, credential, key, fingerprint, status, body, answered_at)
    VALUES (gen_random_uuid(), m, o_owner, name, md5(name)::uuid, 201, repeat('x', 600), at);
    RETURN b;
END $$;

-- Two calls of the product in one: reserve and commit.
CREATE OR REPLACE FUNCTION bench_redeem(m bigint, o_owner uuid, r uuid, n bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    a uuid; s uuid; b bigint; v bigint; h bytea; sv bigint; sb bigint; redeemed uuid; lot uuid; at timestamptz := clock_timestamp();
    t uuid := gen_random_uuid(); t2 uuid := gen_random_uuid(); x uuid := gen_random_uuid();
BEGIN
    PERFORM set_config('app.merchant_id', m::text, true);
    redeemed := ledger_merchant_account(m, 'points', 'redeemed');
    PERFORM 1 FROM members_member WHERE merchant_id = m AND id = o_owner FOR UPDATE;
    UPDATE ledger_account SET balance = balance - n, version = version + 1,
           head = sha256(coalesce(head, ''::bytea) || convert_to(concat_ws('|', m, t, n), 'UTF8'))
     WHERE merchant_id = m AND owner = o_owner AND unit = 'points' AND kind = 'available' AND balance >= n
     RETURNING id, balance, version, head INTO a, b, v, h;
    INSERT INTO ledger_account (id, merchant_id, owner, unit, kind, balance, version) VALUES (gen_random_uuid(), m, o_owner, 'points', 'reserved', 0, 0)
        ON CONFLICT DO NOTHING;
    UPDATE ledger_account SET version = version + 2, head = h WHERE merchant_id = m AND owner = o_owner AND unit = 'points' AND kind = 'reserved'
     RETURNING id, version, balance INTO s, sv, sb;
    SELECT id INTO lot FROM ledger_lot WHERE merchant_id = m AND account_id = a AND remaining >= n AND NOT pending ORDER BY expires_at, id LIMIT 1;
    UPDATE ledger_lot SET remaining = remaining - n WHERE merchant_id = m AND id = lot;
    INSERT INTO ledger_transfer (id, merchant_id, key, fingerprint, kind, move, unit, owner, amount, shortfall, settles, source_kind, source, rule, actor, reason, happened_at, recorded_at)
    VALUES (t, m, 'reserve:' || x, md5(x::text)::uuid, 'redemption', 'spend', 'points', o_owner, n, 0, NULL, 'redemption', x, '', 'bench', '', at, at),
           (t2, m, 'commit:' || x, md5(x::text)::uuid, 'redemption', 'commit', 'points', o_owner, n, 0, t, 'redemption', x, '', 'bench', '', at, at);
    INSERT INTO ledger_entry (merchant_id, transfer_id, line, account_id, unit, lot_id, amount, version, balance_after, hash)
    VALUES (m, t, 1, a, 'points', lot, -n, v, b, h), (m, t, 2, s, 'points', lot, n, sv - 1, sb + n, h),
           (m, t2, 1, s, 'points', lot, -n, sv, sb, h), (m, t2, 2, redeemed, 'points', NULL, n, NULL, NULL, NULL);
    INSERT INTO rewards_redemption (id, merchant_id, key, fingerprint, member_id, reward_id, status, quantity, cost_points, returned_points, value,
            unit_cost_minor, channel, order_external_id, source_kind, reserve_transfer, commit_transfer, reserved_at, reserved_until, settled_at, reason)
    VALUES (x, m, x::text, md5(x::text)::uuid, o_owner, r, 'committed', 1, n, 0, 0, 900, '', '', '', t, t2, at, at, at, '');
    INSERT INTO rewards_voucher (id, merchant_id, redemption_id, digest, code, status, expires_at, used_by)
    VALUES (gen_random_uuid(), m, x, sha256(x::text::bytea), 'ABCDEFGHJKMN', 'active', at, '');
    INSERT INTO events_event (merchant_id, kind, subject, actor, data, happened_at, recorded_at)
    SELECT m, k, o_owner, 'bench', jsonb_build_object('redemption', x, 'reward', r, 'points', n), at, at
      FROM unnest(ARRAY['points.reserved', 'reward.reserved', 'points.spent', 'reward.redeemed']) k;
    INSERT INTO api_answer (id, merchant_id, credential, key, fingerprint, status, body, answered_at)
    SELECT gen_random_uuid(), m, o_owner, x || k, md5(x::text)::uuid, 201, repeat('x', 500), at FROM unnest(ARRAY['a', 'b']) k;
    RETURN b;
END $$;

-- With the rights that the product's own functions have, and the same row-level security.
ALTER FUNCTION bench_order(bigint, uuid, bigint, text) OWNER TO loyalty_books;
ALTER FUNCTION bench_order(bigint, uuid, bigint, text) SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION bench_redeem(bigint, uuid, uuid, bigint) OWNER TO loyalty_books;
ALTER FUNCTION bench_redeem(bigint, uuid, uuid, bigint) SECURITY DEFINER SET search_path = public, pg_temp;

CREATE TABLE IF NOT EXISTS bench_owners (number int PRIMARY KEY, id uuid NOT NULL);
INSERT INTO bench_owners SELECT row_number() OVER (ORDER BY joined_at, id) - 1, id FROM members_member ON CONFLICT DO NOTHING;
GRANT SELECT ON bench_owners TO loyalty_app;

CREATE OR REPLACE FUNCTION bench_owner(n int) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT id FROM bench_owners WHERE number = n
$$;
