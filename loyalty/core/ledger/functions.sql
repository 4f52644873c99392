-- The one writer of the books.
--
-- ledger_post(jsonb) moves value once: it locks the member, checks the key, works out which lots give or take,
-- and writes transfer, lot, entries, balances and event together. Many at once: bulk.sql. With whose
-- rights it runs, under row-level security, says rights.sql.
--
-- A posting: id, key, do, kind, event, unit, owner, amount, counter, lot, lot_id, of, pending, available_from,
-- expires_at, slides_days, slide_to, grace_until, shortfall, source_kind, source, version, rule, actor, reason, data,
-- at (when it happened), now (when it is recorded). Answer: {"status": "posted" | "replayed" | "refused", ...}.
-- A refusal writes nothing. Anything unexpected raises.

CREATE OR REPLACE FUNCTION ledger_merchant_account(m bigint, a_unit text, a_kind text) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE found_id uuid;
BEGIN
    SELECT id INTO found_id FROM ledger_account
     WHERE merchant_id = m AND owner IS NULL AND unit = a_unit AND kind = a_kind;
    IF found_id IS NULL THEN
        INSERT INTO ledger_account (id, merchant_id, owner, unit, kind, balance, version)
        VALUES (gen_random_uuid(), m, NULL, a_unit, a_kind, 0, 0)
        ON CONFLICT DO NOTHING;
        SELECT id INTO STRICT found_id FROM ledger_account
         WHERE merchant_id = m AND owner IS NULL AND unit = a_unit AND kind = a_kind;
    END IF;
    RETURN found_id;
END $$;

-- What a key stands for: the same key with the same print is a repetition, with another one a mistake.
CREATE OR REPLACE FUNCTION ledger_print(p jsonb) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT md5(concat_ws('|', p->>'do', p->>'kind', p->>'unit', p->>'owner', coalesce(p->>'amount', ''), p->>'counter',
                         coalesce(p->>'lot', ''), coalesce(p->>'of', ''), coalesce(p->>'source', '')))::uuid
$$;

CREATE OR REPLACE FUNCTION ledger_post(p jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    m         CONSTANT bigint := NULLIF(current_setting('app.merchant_id', true), '')::bigint;
    t_id      CONSTANT uuid := (p->>'id')::uuid;
    t_key     CONSTANT text := p->>'key';
    t_do      CONSTANT text := p->>'do';
    t_unit    CONSTANT text := p->>'unit';
    t_owner   CONSTANT uuid := (p->>'owner')::uuid;
    t_amount  CONSTANT bigint := (p->>'amount')::bigint;
    t_of      uuid := (p->>'of')::uuid;  -- the earlier transfer this one settles
    t_lot     CONSTANT uuid := (p->>'lot')::uuid;
    t_at      CONSTANT timestamptz := (p->>'at')::timestamptz;
    t_now     CONSTANT timestamptz := (p->>'now')::timestamptz;
    t_print   CONSTANT uuid := ledger_print(p);
    earlier   record;
    acc       record;
    lot_row   record;
    grace     timestamptz := (p->>'grace_until')::timestamptz;
    -- the member's accounts: 1 available, 2 pending, 3 reserved, 4 debt
    a_id      uuid[] := ARRAY[NULL, NULL, NULL, NULL]::uuid[];
    a_balance bigint[] := ARRAY[0, 0, 0, 0]::bigint[];
    a_version bigint[] := ARRAY[0, 0, 0, 0]::bigint[];
    a_head    bytea[] := ARRAY[NULL, NULL, NULL, NULL]::bytea[];
    a_kinds   CONSTANT text[] := ARRAY['available', 'pending', 'reserved', 'debt'];
    a_touched boolean[] := ARRAY[false, false, false, false];
    counter   uuid;
    made      uuid;
    -- the entries to write: account (1-4, 0 = the merchant's side), lot, amount
    e_acc     int[] := '{}';
    e_lot     uuid[] := '{}';
    e_amount  bigint[] := '{}';
    e_account uuid[] := '{}';
    e_version bigint[] := '{}';
    e_after   bigint[] := '{}';
    e_hash    bytea[] := '{}';
    -- lots that change
    l_id      uuid[] := '{}';
    l_delta   bigint[] := '{}';
    l_wake    boolean := false;
    new_lot   uuid;
    left_over bigint;
    take      bigint;
    usable    bigint;
    short     bigint := 0;
    moved     bigint := 0;
    expired   bigint := 0;
    k         int;
    i         int;
    h         bytea;
BEGIN
    IF m IS NULL THEN RAISE EXCEPTION 'no merchant is set for this transaction'; END IF;
    IF t_amount IS NOT NULL AND (t_amount <= 0 OR t_amount > 1000000000000) THEN
        RAISE EXCEPTION 'amount % is out of range', t_amount;
    END IF;

    -- 1. Lock the member: the available account, made when it is missing, is the lock of all of them. They are read
    -- by a statement that begins once the lock is held: one that had begun before would not see an account which the
    -- holder of the lock has made in between.
    PERFORM 1 FROM ledger_account
      WHERE merchant_id = m AND owner = t_owner AND unit = t_unit AND kind = 'available' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        INSERT INTO ledger_account (id, merchant_id, owner, unit, kind, balance, version)
        VALUES (gen_random_uuid(), m, t_owner, t_unit, 'available', 0, 0) ON CONFLICT DO NOTHING;
        PERFORM 1 FROM ledger_account
          WHERE merchant_id = m AND owner = t_owner AND unit = t_unit AND kind = 'available' FOR NO KEY UPDATE;
    END IF;
    FOR acc IN SELECT id, kind, balance, version, head FROM ledger_account
                WHERE merchant_id = m AND owner = t_owner AND unit = t_unit LOOP
        k := array_position(a_kinds, acc.kind::text);
        a_id[k] := acc.id; a_balance[k] := acc.balance; a_version[k] := acc.version; a_head[k] := acc.head;
    END LOOP;

    -- 2. The key: under the lock, so of two askers at once the second sees the first.
    SELECT id, fingerprint, amount, shortfall INTO earlier FROM ledger_transfer
     WHERE merchant_id = m AND key = t_key;
    IF FOUND THEN
        IF earlier.fingerprint <> t_print THEN
            RETURN jsonb_build_object('status', 'refused', 'code', 'key_reused', 'id', earlier.id);
        END IF;
        RETURN jsonb_build_object('status', 'replayed', 'id', earlier.id, 'amount', earlier.amount,
                                  'shortfall', earlier.shortfall, 'balance', a_balance[1] + a_balance[4]);
    END IF;

    -- 3. What moves.
    CASE t_do
    WHEN 'grant' THEN
        new_lot := (p->>'lot_id')::uuid;
        moved := t_amount;
        e_acc := ARRAY[0, CASE WHEN (p->>'pending')::boolean THEN 2 ELSE 1 END];
        e_lot := ARRAY[NULL, new_lot]; e_amount := ARRAY[-t_amount, t_amount];
        IF a_balance[4] < 0 AND NOT coalesce((p->>'pending')::boolean, false) THEN
            take := least(t_amount, -a_balance[4]);
            e_acc := e_acc || ARRAY[1, 4]; e_lot := e_lot || ARRAY[new_lot, NULL];
            e_amount := e_amount || ARRAY[-take, take];
            l_id := l_id || new_lot; l_delta := l_delta || -take;
        END IF;

    WHEN 'spend' THEN
        left_over := t_amount;
        FOR lot_row IN SELECT id, remaining FROM ledger_lot
                        WHERE merchant_id = m AND account_id = a_id[1] AND remaining > 0 AND NOT pending
                          AND (expires_at IS NULL OR expires_at > t_at)
                        ORDER BY expires_at, id LOOP
            take := least(left_over, lot_row.remaining);
            e_acc := e_acc || 1; e_lot := e_lot || lot_row.id; e_amount := e_amount || -take;
            l_id := l_id || lot_row.id; l_delta := l_delta || -take;
            IF p->>'counter' = 'reserved' THEN
                e_acc := e_acc || 3; e_lot := e_lot || lot_row.id; e_amount := e_amount || take;
            END IF;
            left_over := left_over - take;
            EXIT WHEN left_over = 0;
        END LOOP;
        -- Points owed count against what can be spent: against what still lives, not what waits to be expired.
        usable := t_amount - left_over;
        IF a_balance[4] < 0 THEN
            SELECT least(usable, coalesce(sum(remaining), 0) + a_balance[4]) INTO usable FROM ledger_lot
             WHERE merchant_id = m AND account_id = a_id[1] AND remaining > 0 AND NOT pending
               AND (expires_at IS NULL OR expires_at > t_at);
        END IF;
        IF usable < t_amount THEN
            RETURN jsonb_build_object('status', 'refused', 'code', 'not_enough_points', 'needed', t_amount,
                                      'available', greatest(0, usable));
        END IF;
        moved := t_amount;
        IF p->>'counter' <> 'reserved' THEN
            e_acc := e_acc || 0; e_lot := e_lot || NULL::uuid; e_amount := e_amount || t_amount;
        END IF;

    WHEN 'commit', 'release', 'give_back' THEN
        -- What lies in the reservation, or what a spending or commit took out, lot by lot; less what already went
        -- through or back. A reservation itself nets to zero for give_back: it must be committed first. What is used
        -- is taken from the lots that end first, what comes back goes to those that live longest.
        FOR lot_row IN
            WITH drawn AS (
                SELECT e.lot_id, sum(CASE WHEN t_do = 'give_back' THEN -e.amount
                                          WHEN e.account_id = a_id[3] THEN e.amount ELSE 0 END) AS amount
                  FROM ledger_transfer t JOIN ledger_entry e ON e.merchant_id = m AND e.transfer_id = t.id
                 WHERE t.merchant_id = m AND t.id = t_of AND (t.move = 'spend' OR t_do = 'give_back' AND t.move = 'commit')
                   AND e.account_id IN (a_id[1], a_id[3])
                 GROUP BY e.lot_id),
            settled AS (
                SELECT e.lot_id, sum(CASE WHEN t_do = 'give_back' AND e.account_id = a_id[1] THEN greatest(e.amount, 0)
                                          WHEN t_do <> 'give_back' AND e.account_id = a_id[3] THEN -e.amount
                                          ELSE 0 END) AS amount
                  FROM ledger_transfer t JOIN ledger_entry e ON e.merchant_id = m AND e.transfer_id = t.id
                 WHERE t.merchant_id = m AND t.settles = t_of GROUP BY e.lot_id)
            SELECT d.lot_id AS id, d.amount - coalesce(s.amount, 0) AS amount
              FROM drawn d JOIN ledger_lot l ON l.merchant_id = m AND l.id = d.lot_id
              LEFT JOIN settled s ON s.lot_id = d.lot_id
             ORDER BY CASE WHEN t_do = 'commit' THEN l.expires_at END,
                      CASE WHEN t_do <> 'commit' THEN l.expires_at END DESC NULLS FIRST,
                      CASE WHEN t_do = 'commit' THEN l.id END, l.id DESC
        LOOP
            take := least(lot_row.amount, coalesce(t_amount - moved, lot_row.amount));
            CONTINUE WHEN take <= 0;
            IF t_do = 'commit' THEN
                e_acc := e_acc || 3; e_lot := e_lot || lot_row.id; e_amount := e_amount || -take;
            ELSE
                IF t_do = 'release' THEN
                    e_acc := e_acc || 3; e_lot := e_lot || lot_row.id; e_amount := e_amount || -take;
                END IF;
                e_acc := e_acc || 1; e_lot := e_lot || lot_row.id; e_amount := e_amount || take;
                l_id := l_id || lot_row.id; l_delta := l_delta || take;
            END IF;
            moved := moved + take;
        END LOOP;
        IF moved = 0 OR moved <> coalesce(t_amount, moved) THEN
            RETURN jsonb_build_object('status', 'refused', 'code', 'nothing_left', 'available', moved);
        END IF;
        IF t_do <> 'release' THEN
            e_acc := e_acc || 0; e_lot := e_lot || NULL::uuid;
            e_amount := e_amount || CASE WHEN t_do = 'commit' THEN moved ELSE -moved END;
        END IF;
        -- What comes back settles what is owed, like any other points: from the lots that end first.
        left_over := least(moved, -a_balance[4]);
        IF t_do <> 'commit' AND left_over > 0 THEN
            e_acc := e_acc || 4; e_lot := e_lot || NULL::uuid; e_amount := e_amount || left_over;
            FOR i IN REVERSE cardinality(l_id) .. 1 LOOP
                take := least(left_over, l_delta[i]);
                e_acc := e_acc || 1; e_lot := e_lot || l_id[i]; e_amount := e_amount || -take;
                l_delta[i] := l_delta[i] - take;
                left_over := left_over - take;
                EXIT WHEN left_over = 0;
            END LOOP;
        END IF;

    WHEN 'take_back' THEN
        SELECT id, remaining, pending, granted, transfer_id INTO STRICT lot_row FROM ledger_lot
         WHERE merchant_id = m AND id = t_lot AND account_id = a_id[1];
        t_of := lot_row.transfer_id;
        SELECT coalesce(sum(amount + shortfall) FILTER (WHERE move = 'take_back'), 0) AS taken,
               coalesce(sum(amount) FILTER (WHERE move IN ('expire', 'forfeit')), 0) AS expired
          INTO earlier FROM ledger_transfer WHERE merchant_id = m AND settles = t_of;
        IF t_amount > lot_row.granted - earlier.taken THEN
            RETURN jsonb_build_object('status', 'refused', 'code', 'nothing_left',
                                      'available', lot_row.granted - earlier.taken);
        END IF;
        -- Points that expired unused are not taken a second time; they are recorded as shortfall.
        left_over := least(t_amount, greatest(0, lot_row.granted - earlier.taken - earlier.expired));
        expired := t_amount - left_over;
        IF lot_row.pending OR p->>'shortfall' <> 'only_pending' THEN
            take := least(left_over, lot_row.remaining);
            IF take > 0 THEN
                e_acc := e_acc || CASE WHEN lot_row.pending THEN 2 ELSE 1 END;
                e_lot := e_lot || lot_row.id; e_amount := e_amount || -take;
                l_id := l_id || lot_row.id; l_delta := l_delta || -take;
                left_over := left_over - take;
            END IF;
        END IF;
        IF left_over > 0 AND p->>'shortfall' IN ('to_zero', 'debt') THEN
            FOR lot_row IN SELECT id, remaining FROM ledger_lot
                            WHERE merchant_id = m AND account_id = a_id[1] AND remaining > 0 AND NOT pending
                              AND id <> t_lot AND (expires_at IS NULL OR expires_at > t_at)
                            ORDER BY expires_at, id LOOP
                take := least(left_over, lot_row.remaining);
                e_acc := e_acc || 1; e_lot := e_lot || lot_row.id; e_amount := e_amount || -take;
                l_id := l_id || lot_row.id; l_delta := l_delta || -take;
                left_over := left_over - take;
                EXIT WHEN left_over = 0;
            END LOOP;
        END IF;
        -- What is set aside is still the member's: under `to_zero` it stands good for the rest, as a debt that is
        -- settled when the points come back. Otherwise reserving would hide points from a refund.
        take := CASE p->>'shortfall' WHEN 'debt' THEN left_over
                    WHEN 'to_zero' THEN least(left_over, greatest(0, a_balance[3] + a_balance[4])) ELSE 0 END;
        IF take > 0 THEN
            e_acc := e_acc || 4; e_lot := e_lot || NULL::uuid; e_amount := e_amount || -take;
            left_over := left_over - take;
        END IF;
        short := left_over + expired;
        moved := t_amount - short;
        IF moved = 0 THEN
            RETURN jsonb_build_object('status', 'refused', 'code', 'nothing_left', 'available', 0, 'shortfall', short);
        END IF;
        e_acc := e_acc || 0; e_lot := e_lot || NULL::uuid; e_amount := e_amount || moved;

    WHEN 'activate' THEN
        SELECT id, remaining, transfer_id INTO lot_row FROM ledger_lot
         WHERE merchant_id = m AND id = t_lot AND account_id = a_id[1] AND pending AND remaining > 0;
        IF NOT FOUND THEN
            RETURN jsonb_build_object('status', 'refused', 'code', 'nothing_left', 'available', 0);
        END IF;
        moved := lot_row.remaining; t_of := lot_row.transfer_id;
        l_wake := true;
        e_acc := ARRAY[2, 1]; e_lot := ARRAY[t_lot, t_lot]; e_amount := ARRAY[-moved, moved];
        IF a_balance[4] < 0 THEN
            take := least(moved, -a_balance[4]);
            e_acc := e_acc || ARRAY[1, 4]; e_lot := e_lot || ARRAY[t_lot, NULL]; e_amount := e_amount || ARRAY[-take, take];
            l_id := l_id || t_lot; l_delta := l_delta || -take;
        END IF;

    WHEN 'expire', 'forfeit' THEN
        SELECT id, remaining, transfer_id, pending INTO lot_row FROM ledger_lot
         WHERE merchant_id = m AND id = t_lot AND account_id = a_id[1] AND remaining > 0
           AND (t_do = 'forfeit' OR (NOT pending AND expires_at <= t_at));
        IF NOT FOUND THEN
            RETURN jsonb_build_object('status', 'refused', 'code', 'nothing_left', 'available', 0);
        END IF;
        moved := lot_row.remaining; t_of := lot_row.transfer_id;
        e_acc := ARRAY[CASE WHEN lot_row.pending THEN 2 ELSE 1 END, 0];
        e_lot := ARRAY[t_lot, NULL]; e_amount := ARRAY[-moved, moved];
        l_id := ARRAY[t_lot]; l_delta := ARRAY[-moved];

    ELSE RAISE EXCEPTION 'unknown posting %', t_do;
    END CASE;

    -- 4. Versions, balances and the hash chain, under the lock.
    FOR i IN 1 .. cardinality(e_acc) LOOP
        k := e_acc[i];
        IF k = 0 THEN
            counter := coalesce(counter, ledger_merchant_account(m, t_unit, p->>'counter'));
            e_account[i] := counter; e_version[i] := NULL; e_after[i] := NULL; e_hash[i] := NULL;
        ELSE
            IF a_id[k] IS NULL THEN
                INSERT INTO ledger_account (id, merchant_id, owner, unit, kind, balance, version)
                VALUES (gen_random_uuid(), m, t_owner, t_unit, a_kinds[k], 0, 0) RETURNING id INTO made;
                a_id[k] := made;
            END IF;
            a_touched[k] := true;
            a_balance[k] := a_balance[k] + e_amount[i];
            a_version[k] := a_version[k] + 1;
            h := sha256(coalesce(a_head[k], ''::bytea) || convert_to(concat_ws('|', m, t_id, i, a_id[k], e_lot[i],
                        e_amount[i], a_version[k], (extract(epoch FROM t_at) * 1000000)::bigint), 'UTF8'));
            a_head[k] := h;
            e_account[i] := a_id[k]; e_version[i] := a_version[k]; e_after[i] := a_balance[k]; e_hash[i] := h;
        END IF;
    END LOOP;

    -- 5. Write.
    INSERT INTO ledger_transfer (id, merchant_id, key, fingerprint, kind, move, unit, owner, amount, shortfall, settles,
                                 source_kind, source, programme_version, rule, actor, reason, data,
                                 happened_at, recorded_at)
    VALUES (t_id, m, t_key, t_print, p->>'kind', t_do, t_unit, t_owner, moved, short, t_of,
            coalesce(p->>'source_kind', ''), (p->>'source')::uuid, (p->>'version')::uuid, coalesce(p->>'rule', ''),
            p->>'actor', coalesce(p->>'reason', ''), p->'data', t_at, t_now)
    ON CONFLICT (merchant_id, key) DO NOTHING;
    IF NOT FOUND THEN
        -- The same key was just used for another member; this transaction has changed nothing yet.
        RETURN jsonb_build_object('status', 'refused', 'code', 'key_reused');
    END IF;
    IF new_lot IS NOT NULL THEN
        INSERT INTO ledger_lot (id, merchant_id, account_id, transfer_id, granted, remaining, pending,
                                available_from, expires_at, slides_days)
        VALUES (new_lot, m, a_id[1], t_id, t_amount, t_amount, coalesce((p->>'pending')::boolean, false),
                (p->>'available_from')::timestamptz, (p->>'expires_at')::timestamptz, (p->>'slides_days')::int);
    END IF;
    INSERT INTO ledger_entry (merchant_id, transfer_id, line, account_id, unit, lot_id, amount, version,
                              balance_after, hash)
    SELECT m, t_id, e.n, e.account, t_unit, e.lot, e.amount, e.version, e.after, e.hash
      FROM unnest(e_account, e_lot, e_amount, e_version, e_after, e_hash)
           WITH ORDINALITY AS e(account, lot, amount, version, after, hash, n);
    FOR i IN 1 .. cardinality(l_id) LOOP
        UPDATE ledger_lot SET remaining = remaining + l_delta[i],
               expires_at = CASE WHEN l_delta[i] > 0 AND expires_at <= t_at THEN greatest(expires_at, grace)
                                 ELSE expires_at END
         WHERE merchant_id = m AND id = l_id[i];
    END LOOP;
    IF l_wake THEN
        UPDATE ledger_lot SET pending = false, expires_at = coalesce((p->>'expires_at')::timestamptz, expires_at)
         WHERE merchant_id = m AND id = t_lot;
    END IF;
    FOR k IN 1 .. 4 LOOP
        IF a_touched[k] THEN
            UPDATE ledger_account SET balance = a_balance[k], version = a_version[k], head = a_head[k]
             WHERE merchant_id = m AND id = a_id[k];
        END IF;
    END LOOP;
    IF p ? 'slide_to' THEN
        -- Sliding expiry: activity restarts the life of every lot that was granted on such terms.
        UPDATE ledger_lot SET expires_at = (p->>'slide_to')::timestamptz
         WHERE merchant_id = m AND account_id = a_id[1] AND remaining > 0 AND slides_days IS NOT NULL
           AND expires_at > t_at AND expires_at < (p->>'slide_to')::timestamptz;
    END IF;
    INSERT INTO events_event (merchant_id, kind, subject, actor, data, happened_at, recorded_at)
    VALUES (m, p->>'event', t_owner, p->>'actor',
            jsonb_build_object('transfer', t_id, 'kind', p->>'kind', 'unit', t_unit, 'amount', moved,
                               'shortfall', short, 'balance', a_balance[1] + a_balance[4], 'source', p->>'source'),
            t_at, t_now);
    RETURN jsonb_build_object('status', 'posted', 'id', t_id, 'amount', moved, 'shortfall', short,
                              'balance', a_balance[1] + a_balance[4]);
END $$;

-- What a member may spend now, as a number: for functions of other rooms that decide under the member's lock.
CREATE OR REPLACE FUNCTION ledger_spendable(l_owner uuid, l_unit text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(a.balance), 0)::bigint FROM ledger_account a
     WHERE a.merchant_id = NULLIF(current_setting('app.merchant_id', true), '')::bigint
       AND a.owner = l_owner AND a.unit = l_unit AND a.kind IN ('available', 'debt')
$$;
