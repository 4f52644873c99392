-- What redeeming asks and writes, each in one round trip. The decision between them is Python's. Locks come in the
-- order that members.operations.membership.locked states. All run with the caller's rights, under row-level security.

-- How often a member took each of some rewards, those of members merged into them included: in all, and since each of
-- four instants. Open and used ones count; what was handed out to them does not. The only place where this is counted.
CREATE OR REPLACE FUNCTION rewards_had(who uuid, wanted uuid[], since timestamptz[])
RETURNS TABLE (reward uuid, had bigint[]) LANGUAGE plpgsql STABLE AS $$
DECLARE
    m CONSTANT bigint := NULLIF(current_setting('app.merchant_id', true), '')::bigint;
BEGIN
    RETURN QUERY
    SELECT r.reward_id, ARRAY[count(*), count(*) FILTER (WHERE r.reserved_at >= since[1]),
                              count(*) FILTER (WHERE r.reserved_at >= since[2]),
                              count(*) FILTER (WHERE r.reserved_at >= since[3]),
                              count(*) FILTER (WHERE r.reserved_at >= since[4])]
      FROM rewards_redemption r
     WHERE r.merchant_id = m AND r.reward_id = ANY(wanted) AND r.status IN ('reserved', 'committed')
       AND r.source_kind = ''
       AND r.member_id = ANY(ARRAY(SELECT who UNION ALL
           SELECT o.id FROM members_member o WHERE o.merchant_id = m AND o.merged_into_id = who))
     GROUP BY r.reward_id;
END $$;

-- A member as the rules of rewards see them: standing, spendable points, tier, segments, dates, what they had of some
-- rewards. `who` is whoever they are now; null when there is nobody.
CREATE OR REPLACE FUNCTION rewards_asker(who uuid, wanted uuid[], since timestamptz[], r_at timestamptz) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
    m CONSTANT bigint := NULLIF(current_setting('app.merchant_id', true), '')::bigint;
BEGIN
    RETURN (
        SELECT jsonb_build_object(
            'standing', p.status, 'joined_at', p.joined_at, 'points', ledger_spendable(who, 'points'),
            'birthday', (SELECT f.birthday FROM members_profile f WHERE f.merchant_id = m AND f.member_id = who),
            'tier', coalesce((SELECT t.tier FROM members_tierstanding t
                               WHERE t.merchant_id = m AND t.member_id = who), ''),
            'segments', (SELECT coalesce(jsonb_agg(s.segment), '[]') FROM members_segmentplace s
                          WHERE s.merchant_id = m AND s.member_id = who AND (s.until IS NULL OR s.until > r_at)),
            'had', (SELECT coalesce(jsonb_object_agg(h.reward, h.had), '{}')
                      FROM rewards_had(who, wanted, since) h))
          FROM members_member p WHERE p.merchant_id = m AND p.id = who);
END $$;

-- Locks whoever the member is now and the reward, then says what must be known to decide; null fields for what is not
-- there. What it reads is read under the locks.
CREATE OR REPLACE FUNCTION rewards_ask(r_member uuid, r_reward uuid, r_key text, since timestamptz[], r_at timestamptz)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    m CONSTANT bigint := NULLIF(current_setting('app.merchant_id', true), '')::bigint;
    who uuid;
    target uuid;
    standing text;
BEGIN
    -- Only whoever it is in the end is locked: a merge holds that row while it changes those that point to it.
    SELECT coalesce(p.merged_into_id, r_member) INTO who FROM members_member p
     WHERE p.merchant_id = m AND p.id = r_member;
    LOOP
        SELECT p.merged_into_id, p.status INTO target, standing FROM members_member p
         WHERE p.merchant_id = m AND p.id = who FOR NO KEY UPDATE;
        EXIT WHEN target IS NULL;
        who := target;  -- merged while we waited
    END LOOP;
    PERFORM ledger_hold(ARRAY[who]);  -- who buys holds these already when the purchase hands out a reward
    PERFORM 1 FROM rewards_reward w WHERE w.merchant_id = m AND w.id = r_reward FOR NO KEY UPDATE;
    RETURN jsonb_build_object(
        'member', CASE WHEN standing IS NOT NULL THEN who END,
        'earlier', (SELECT r.id FROM rewards_redemption r WHERE r.merchant_id = m AND r.key = r_key),
        'reward', (SELECT jsonb_build_object('cost_points', w.cost_points, 'stock', w.stock, 'taken', w.taken,
                              'limit_per_member', w.limit_per_member, 'available_from', w.available_from,
                              'available_until', w.available_until, 'channels', w.channels,
                              'retired', w.retired_at IS NOT NULL, 'gift_only', w.gift_only, 'limits', w.limits,
                              'audience', w.audience, 'kind', w.kind, 'terms', w.terms, 'value', w.value,
                              'unit_cost_minor', w.unit_cost_minor, 'code_valid_days', w.code_valid_days)
                     FROM rewards_reward w WHERE w.merchant_id = m AND w.id = r_reward),
        'asker', rewards_asker(who, ARRAY[r_reward], since, r_at),
        'version', (SELECT v.version_id FROM programme_inforce v WHERE v.merchant_id = m));
END $$;

-- What staff have to do for a redemption that is used, where its reward says so; whether there is something.
CREATE OR REPLACE FUNCTION rewards_to_fulfil(r_id uuid, f_id uuid, f_at timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    m CONSTANT bigint := NULLIF(current_setting('app.merchant_id', true), '')::bigint;
BEGIN
    INSERT INTO rewards_fulfilment (id, merchant_id, redemption_id, delivery, state, reference, opened_at, changed_at)
    SELECT f_id, m, r.id, w.delivery, 'open', '', f_at, f_at
      FROM rewards_redemption r JOIN rewards_reward w ON w.merchant_id = m AND w.id = r.reward_id
     WHERE r.merchant_id = m AND r.id = r_id AND w.delivery <> '';
    RETURN FOUND;
END $$;

-- Writes a redemption: its points where it costs any (a posting), its part of the stock, a code for each row of `v`.
-- Answers as the ledger does; a refusal has written nothing.
CREATE OR REPLACE FUNCTION rewards_take(r jsonb, v jsonb, posting jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    m CONSTANT bigint := NULLIF(current_setting('app.merchant_id', true), '')::bigint;
    answer jsonb := '{"status": "free"}';
BEGIN
    IF posting <> 'null' THEN
        answer := ledger_post(posting);
        IF answer->>'status' = 'refused' THEN RETURN answer; END IF;
    END IF;
    INSERT INTO rewards_redemption (id, merchant_id, key, fingerprint, member_id, reward_id, status, quantity,
                                    cost_points, returned_points, value, unit_cost_minor, channel, order_external_id, source_kind, source,
                                    reserve_transfer, reserved_at, reserved_until, settled_at, reason)
    SELECT x.id, m, x.key, x.fingerprint, x.member, x.reward, x.status, x.quantity, x.cost_points, 0, x.value,
           x.unit_cost_minor, x.channel, x.order_external_id, x.source_kind, x.source, (answer->>'id')::uuid, x.reserved_at,
           x.reserved_until, x.settled_at, ''
      FROM jsonb_to_record(r) AS x(id uuid, key text, fingerprint uuid, member uuid, reward uuid, status text,
           quantity int, cost_points bigint, value bigint, unit_cost_minor bigint, channel text, order_external_id text,
           source_kind text, source uuid, reserved_at timestamptz, reserved_until timestamptz,
           settled_at timestamptz);
    UPDATE rewards_reward SET taken = taken + (r->>'quantity')::int
     WHERE merchant_id = m AND id = (r->>'reward')::uuid;
    INSERT INTO rewards_voucher (id, merchant_id, redemption_id, digest, code, status, expires_at, used_by)
    SELECT x.id, m, (r->>'id')::uuid, decode(x.digest, 'hex'), x.code, 'active', x.expires_at, ''
      FROM jsonb_to_recordset(v) AS x(id uuid, digest text, code text, expires_at timestamptz);
    RETURN answer;
END $$;

-- A redemption and its code under the locks of its member and its own; no row when there is none.
CREATE OR REPLACE FUNCTION rewards_hold(r_id uuid) RETURNS TABLE (redemption rewards_redemption, voucher rewards_voucher)
LANGUAGE plpgsql AS $$
DECLARE
    m CONSTANT bigint := NULLIF(current_setting('app.merchant_id', true), '')::bigint;
BEGIN
    PERFORM 1 FROM members_member p WHERE p.merchant_id = m
        AND p.id = (SELECT r.member_id FROM rewards_redemption r WHERE r.merchant_id = m AND r.id = r_id)
        FOR NO KEY UPDATE;
    PERFORM 1 FROM rewards_redemption r WHERE r.merchant_id = m AND r.id = r_id FOR NO KEY UPDATE;
    RETURN QUERY SELECT r, v FROM rewards_redemption r
        LEFT JOIN rewards_voucher v ON v.merchant_id = m AND v.redemption_id = r.id
              AND v.id = (SELECT f.id FROM rewards_voucher f WHERE f.merchant_id = m AND f.redemption_id = r.id
                      ORDER BY f.id LIMIT 1)
        WHERE r.merchant_id = m AND r.id = r_id;
END $$;

-- The reward is used: the points reserved for it, if any, are spent, and the redemption says so.
CREATE OR REPLACE FUNCTION rewards_commit(r_id uuid, r_at timestamptz, f_id uuid, posting jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    m CONSTANT bigint := NULLIF(current_setting('app.merchant_id', true), '')::bigint;
    answer jsonb := '{"status": "free"}';
BEGIN
    IF posting <> 'null' THEN
        answer := ledger_post(posting);
        IF answer->>'status' = 'refused' THEN RETURN answer; END IF;
    END IF;
    UPDATE rewards_redemption SET status = 'committed', commit_transfer = (answer->>'id')::uuid, settled_at = r_at
     WHERE merchant_id = m AND id = r_id;
    RETURN answer || jsonb_build_object('to_fulfil', rewards_to_fulfil(r_id, f_id, r_at));
END $$;
