-- Many postings at once.
--
-- ledger_post_many(jsonb array) locks all members first and in one order, then posts one after the other, or, when all
-- are plain grants, hands them to ledger_grant_many: what ledger_post would write for each, in four statements for all.
-- The form of a posting and of an answer is stated in functions.sql.

-- The hash of each line along an account: made of the hash before it and the line.
CREATE OR REPLACE FUNCTION ledger_chain_step(chain bytea, head bytea, line text) RETURNS bytea LANGUAGE plpgsql AS $$
BEGIN
    RETURN sha256(coalesce(chain, head, ''::bytea) || convert_to(line, 'UTF8'));
END $$;
CREATE OR REPLACE AGGREGATE ledger_chain(bytea, text) (SFUNC = ledger_chain_step, STYPE = bytea);

-- Called under the members' locks, for members who owe nothing.
CREATE OR REPLACE FUNCTION ledger_grant_many(ps jsonb) RETURNS SETOF jsonb
LANGUAGE plpgsql AS $$
DECLARE
    m       CONSTANT bigint := NULLIF(current_setting('app.merchant_id', true), '')::bigint;
    fresh   uuid[];
    answers jsonb[];
    p       jsonb;
    i       int := 1;
BEGIN
    IF EXISTS (SELECT 1 FROM jsonb_to_recordset(ps) AS x(amount bigint)
                WHERE x.amount IS NULL OR x.amount <= 0 OR x.amount > 1000000000000) THEN
        RAISE EXCEPTION 'an amount is out of range';
    END IF;
    INSERT INTO ledger_account (id, merchant_id, owner, unit, kind, balance, version)
    SELECT gen_random_uuid(), m, b.owner, b.unit, 'pending', 0, 0
      FROM (SELECT DISTINCT x.owner, x.unit FROM jsonb_to_recordset(ps) AS x(owner uuid, unit text, pending boolean)
             WHERE x.pending) b
    ON CONFLICT DO NOTHING;

    -- The keys, under the locks: of two askers at once the second sees the first.
    WITH made AS (
        INSERT INTO ledger_transfer (id, merchant_id, key, fingerprint, kind, move, unit, owner, amount, shortfall,
                                     source_kind, source, programme_version, rule, actor, reason, data,
                                     happened_at, recorded_at)
        SELECT x.id, m, x.key, ledger_print(x.said), x.kind, 'grant', x.unit, x.owner, x.amount, 0,
               coalesce(x.source_kind, ''), x.source, x.version, coalesce(x.rule, ''), x.actor,
               coalesce(x.reason, ''), x.data, x.at, x.now
          FROM ROWS FROM (
                 jsonb_to_recordset(ps) AS (id uuid, key text, kind text, unit text, owner uuid, amount bigint,
                     source_kind text, source uuid, version uuid, rule text, actor text, reason text, data jsonb,
                     at timestamptz, now timestamptz),
                 jsonb_array_elements(ps))
            AS x(id, key, kind, unit, owner, amount, source_kind, source, version, rule, actor, reason, data, at, now,
                 said)
        ON CONFLICT (merchant_id, key) DO NOTHING RETURNING id)
    SELECT array_agg(id) INTO fresh FROM made;

    -- Of what is new: lots, lines with versions, balances and hashes along each account, and events.
    WITH given AS MATERIALIZED (
        SELECT x.*, a.id AS account, a.balance, a.version, a.head, f.id AS lots_of, f.balance AS spendable,
               (SELECT s.id FROM ledger_account s WHERE s.merchant_id = m AND s.owner IS NULL AND s.unit = x.unit
                   AND s.kind = x.counter) AS side
          FROM ROWS FROM (jsonb_to_recordset(ps) AS (id uuid, lot_id uuid, kind text, event text, unit text,
                   owner uuid, amount bigint, counter text, pending boolean, available_from timestamptz,
                   expires_at timestamptz, slides_days int, source uuid, actor text, at timestamptz,
                   now timestamptz)) WITH ORDINALITY
            AS x(id, lot_id, kind, event, unit, owner, amount, counter, pending, available_from, expires_at,
                 slides_days, source, actor, at, now, n)
          JOIN ledger_account f ON f.merchant_id = m AND f.owner = x.owner AND f.unit = x.unit AND f.kind = 'available'
          JOIN ledger_account a ON a.merchant_id = m AND a.owner = x.owner AND a.unit = x.unit
                               AND a.kind = CASE WHEN x.pending THEN 'pending' ELSE 'available' END
         WHERE x.id = ANY(fresh)),
    counted AS (
        SELECT g.*, g.version + row_number() OVER along AS nth, g.balance + (sum(g.amount) OVER along)::bigint AS after,
               g.spendable + coalesce(sum(g.amount) FILTER (WHERE g.account = g.lots_of)
                                      OVER (PARTITION BY g.lots_of ORDER BY g.n), 0)::bigint AS can_spend
          FROM given g WINDOW along AS (PARTITION BY g.account ORDER BY g.n)),
    chained AS MATERIALIZED (
        SELECT c.*, ledger_chain(c.head, concat_ws('|', m, c.id, 2, c.account, c.lot_id, c.amount, c.nth,
                                 (extract(epoch FROM c.at) * 1000000)::bigint))
                    OVER (PARTITION BY c.account ORDER BY c.n) AS hash
          FROM counted c),
    lots AS (
        INSERT INTO ledger_lot (id, merchant_id, account_id, transfer_id, granted, remaining, pending,
                                available_from, expires_at, slides_days)
        SELECT c.lot_id, m, c.lots_of, c.id, c.amount, c.amount, coalesce(c.pending, false), c.available_from,
               c.expires_at, c.slides_days FROM chained c),
    entries AS (
        INSERT INTO ledger_entry (merchant_id, transfer_id, line, account_id, unit, lot_id, amount, version,
                                  balance_after, hash)
        SELECT m, c.id, l.line, l.account, c.unit, l.lot, l.amount, l.nth, l.after, l.hash
          FROM chained c CROSS JOIN LATERAL (VALUES
               (1, c.side, NULL::uuid, -c.amount, NULL::bigint, NULL::bigint, NULL::bytea),
               (2, c.account, c.lot_id, c.amount, c.nth, c.after, c.hash))
               AS l(line, account, lot, amount, nth, after, hash)),
    balances AS (
        UPDATE ledger_account a SET balance = z.after, version = z.nth, head = z.hash
          FROM (SELECT DISTINCT ON (c.account) c.account, c.after, c.nth, c.hash FROM chained c
                 ORDER BY c.account, c.nth DESC) z
         WHERE a.merchant_id = m AND a.id = z.account),
    told AS (
        INSERT INTO events_event (merchant_id, kind, subject, actor, data, happened_at, recorded_at)
        SELECT m, c.event, c.owner, c.actor,
               jsonb_build_object('transfer', c.id, 'kind', c.kind, 'unit', c.unit, 'amount', c.amount, 'shortfall', 0,
                                  'balance', c.can_spend, 'source', c.source),
               c.at, c.now FROM chained c ORDER BY c.n)
    SELECT array_agg(jsonb_build_object('status', 'posted', 'id', c.id, 'amount', c.amount, 'shortfall', 0,
                                        'balance', c.can_spend) ORDER BY c.n)
      INTO answers FROM chained c;

    -- A posting whose key was there is answered as ledger_post answers it.
    FOR p IN SELECT x FROM jsonb_array_elements(ps) x LOOP
        IF (p->>'id')::uuid = ANY(fresh) THEN
            RETURN NEXT answers[i];
            i := i + 1;
        ELSE
            RETURN NEXT ledger_post(p);
        END IF;
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION ledger_post_many(ps jsonb) RETURNS SETOF jsonb
LANGUAGE plpgsql AS $$
DECLARE
    m CONSTANT bigint := NULLIF(current_setting('app.merchant_id', true), '')::bigint;
    p jsonb;
BEGIN
    IF m IS NULL THEN RAISE EXCEPTION 'no merchant is set for this transaction'; END IF;
    -- All accounts of the batch first, made and then locked in one order, so that two batches never wait for each
    -- other in a ring.
    INSERT INTO ledger_account (id, merchant_id, owner, unit, kind, balance, version)
    SELECT gen_random_uuid(), m, b.owner, b.unit, 'available', 0, 0
      FROM (SELECT DISTINCT (x->>'owner')::uuid AS owner, x->>'unit' AS unit FROM jsonb_array_elements(ps) x) b
     WHERE NOT EXISTS (SELECT 1 FROM ledger_account a WHERE a.merchant_id = m AND a.owner = b.owner
                          AND a.unit = b.unit AND a.kind = 'available')
     ORDER BY b.owner, b.unit
    ON CONFLICT DO NOTHING;
    PERFORM 1 FROM ledger_account a
      WHERE a.merchant_id = m AND a.kind = 'available'
        AND a.owner = ANY(ARRAY(SELECT (x->>'owner')::uuid FROM jsonb_array_elements(ps) x))
      ORDER BY a.owner, a.unit FOR NO KEY UPDATE;
    PERFORM ledger_merchant_account(m, b.unit, b.counter)
       FROM (SELECT DISTINCT x->>'unit' AS unit, x->>'counter' AS counter FROM jsonb_array_elements(ps) x
              WHERE x->>'do' NOT IN ('release', 'activate') AND x->>'counter' <> 'reserved' ORDER BY 1, 2) b;
    -- What only comes in, to members who owe nothing, is written at once.
    IF NOT jsonb_path_exists(ps, '$[*] ? (@.do != "grant" || exists(@.slide_to))') AND NOT EXISTS (
            SELECT 1 FROM ledger_account a WHERE a.merchant_id = m AND a.kind = 'debt' AND a.balance < 0
               AND a.owner = ANY(ARRAY(SELECT (x->>'owner')::uuid FROM jsonb_array_elements(ps) x))) THEN
        RETURN QUERY SELECT ledger_grant_many(ps);
        RETURN;
    END IF;
    FOR p IN SELECT x FROM jsonb_array_elements(ps) x LOOP
        RETURN NEXT ledger_post(p);
    END LOOP;
END $$;
