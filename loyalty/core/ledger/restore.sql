-- Brings the books of a shop back out of an archive: into a shop whose own books are empty, all at once.
--
-- ledger_stage(part, rows) lays rows of the archive ready: accounts, transfers, lots, entries. ledger_restore() writes
-- them in this order, or nothing. Balances, versions and hashes are not taken from the archive but follow from its
-- lines; whether everything holds is asked afterwards, by the checks. With whose rights they run: as in rights.sql.

CREATE OR REPLACE FUNCTION ledger_stage(a_part text, a_rows jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF to_regclass('pg_temp.ledger_staged') IS NULL THEN
        CREATE TEMPORARY TABLE ledger_staged (merchant_id bigint, part text, content jsonb) ON COMMIT DROP;
    END IF;
    INSERT INTO pg_temp.ledger_staged
    SELECT NULLIF(current_setting('app.merchant_id', true), '')::bigint, a_part, x FROM jsonb_array_elements(a_rows) x;
END $$;

CREATE OR REPLACE FUNCTION ledger_restore() RETURNS void LANGUAGE plpgsql AS $$
DECLARE m CONSTANT bigint := NULLIF(current_setting('app.merchant_id', true), '')::bigint;
BEGIN
    IF m IS NULL THEN RAISE EXCEPTION 'no merchant is set for this transaction'; END IF;
    IF EXISTS (SELECT 1 FROM ledger_transfer WHERE merchant_id = m)
       OR EXISTS (SELECT 1 FROM ledger_account WHERE merchant_id = m AND owner IS NOT NULL) THEN
        RAISE EXCEPTION 'these books are not empty' USING ERRCODE = 'integrity_constraint_violation';
    END IF;

    -- The shop's own accounts may be there already, under ids of their own.
    INSERT INTO ledger_account (id, merchant_id, owner, unit, kind, balance, version)
    SELECT x.id, m, x.owner, x.unit, x.kind, 0, 0
      FROM pg_temp.ledger_staged s CROSS JOIN LATERAL jsonb_to_record(s.content)
           AS x(id uuid, owner uuid, unit text, kind text)
     WHERE s.merchant_id = m AND s.part = 'accounts'
    ON CONFLICT DO NOTHING;

    INSERT INTO ledger_transfer (id, merchant_id, key, fingerprint, kind, move, unit, owner, amount, shortfall, settles,
                                 source_kind, source, programme_version, rule, actor, reason, data, happened_at,
                                 recorded_at)
    SELECT x.id, m, x.key, x.fingerprint, x.kind, x.move, x.unit, x.owner, x.amount, x.shortfall, x.settles,
           x.source_kind, x.source, x.programme_version, x.rule, x.actor, x.reason, nullif(x.data, 'null'::jsonb),
           x.happened_at, x.recorded_at
      FROM pg_temp.ledger_staged s CROSS JOIN LATERAL jsonb_to_record(s.content)
           AS x(id uuid, key text, fingerprint uuid, kind text, move text, unit text, owner uuid, amount bigint,
                shortfall bigint, settles uuid, source_kind text, source uuid, programme_version uuid, rule text,
                actor text, reason text, data jsonb, happened_at timestamptz, recorded_at timestamptz)
     WHERE s.merchant_id = m AND s.part = 'transfers';

    INSERT INTO ledger_lot (id, merchant_id, account_id, transfer_id, granted, remaining, pending, available_from,
                            expires_at, slides_days)
    SELECT x.id, m, x.account_id, x.transfer_id, x.granted, x.remaining, x.pending, x.available_from, x.expires_at,
           x.slides_days
      FROM pg_temp.ledger_staged s CROSS JOIN LATERAL jsonb_to_record(s.content)
           AS x(id uuid, account_id uuid, transfer_id uuid, granted bigint, remaining bigint, pending boolean,
                available_from timestamptz, expires_at timestamptz, slides_days int)
     WHERE s.merchant_id = m AND s.part = 'lots';

    -- One statement for all lines: then each transfer sums to zero in it, and each account's hashes follow each other.
    WITH accounts AS MATERIALIZED (
        SELECT x.id AS staged, a.id
          FROM pg_temp.ledger_staged s CROSS JOIN LATERAL jsonb_to_record(s.content)
               AS x(id uuid, owner uuid, unit text, kind text)
          JOIN ledger_account a ON a.merchant_id = m AND a.unit = x.unit AND a.kind = x.kind
                               AND (a.id = x.id OR a.owner IS NULL AND x.owner IS NULL)
         WHERE s.merchant_id = m AND s.part = 'accounts'),
    lines AS (
        SELECT x.*, c.id AS here, t.happened_at
          FROM pg_temp.ledger_staged s CROSS JOIN LATERAL jsonb_to_record(s.content)
               AS x(transfer_id uuid, line smallint, account_id uuid, unit text, lot_id uuid, amount bigint,
                    version bigint, balance_after bigint)
          JOIN accounts c ON c.staged = x.account_id
          JOIN ledger_transfer t ON t.merchant_id = m AND t.id = x.transfer_id
         WHERE s.merchant_id = m AND s.part = 'entries')
    INSERT INTO ledger_entry (merchant_id, transfer_id, line, account_id, unit, lot_id, amount, version, balance_after,
                              hash)
    SELECT m, l.transfer_id, l.line, l.here, l.unit, l.lot_id, l.amount, l.version, l.balance_after,
           CASE WHEN l.version IS NOT NULL THEN
               ledger_chain(NULL::bytea, concat_ws('|', m, l.transfer_id, l.line, l.here, l.lot_id, l.amount, l.version,
                            (extract(epoch FROM l.happened_at) * 1000000)::bigint))
               OVER (PARTITION BY l.here ORDER BY l.version, l.transfer_id, l.line) END
      FROM lines l;

    UPDATE ledger_account a SET balance = z.balance_after, version = z.version, head = z.hash
      FROM (SELECT DISTINCT ON (e.account_id) e.account_id, e.balance_after, e.version, e.hash FROM ledger_entry e
             WHERE e.merchant_id = m AND e.version IS NOT NULL ORDER BY e.account_id, e.version DESC) z
     WHERE a.merchant_id = m AND a.id = z.account_id;
    DELETE FROM pg_temp.ledger_staged WHERE merchant_id = m;
END $$;

GRANT CREATE ON SCHEMA public TO loyalty_books;
ALTER FUNCTION ledger_stage(text, jsonb) OWNER TO loyalty_books;
ALTER FUNCTION ledger_stage(text, jsonb) SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION ledger_restore() OWNER TO loyalty_books;
ALTER FUNCTION ledger_restore() SECURITY DEFINER SET search_path = public, pg_temp;
REVOKE CREATE ON SCHEMA public FROM loyalty_books;
