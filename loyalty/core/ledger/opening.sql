-- Opens accounts of members who have none yet, so that each member has one from the day they join: whoever has nothing to
-- spend is then found by their empty account, however many have something. With whose rights it runs: as in rights.sql.

CREATE OR REPLACE FUNCTION ledger_open_for(a_owners uuid[], a_unit text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO ledger_account (id, merchant_id, owner, unit, kind, balance, version)
    SELECT gen_random_uuid(), NULLIF(current_setting('app.merchant_id', true), '')::bigint, owner, a_unit, 'available', 0, 0
      FROM (SELECT DISTINCT unnest(a_owners) AS owner) one ORDER BY owner
    ON CONFLICT DO NOTHING
$$;

GRANT CREATE ON SCHEMA public TO loyalty_books;
ALTER FUNCTION ledger_open_for(uuid[], text) OWNER TO loyalty_books;
ALTER FUNCTION ledger_open_for(uuid[], text) SECURITY DEFINER SET search_path = public, pg_temp;
REVOKE CREATE ON SCHEMA public FROM loyalty_books;
