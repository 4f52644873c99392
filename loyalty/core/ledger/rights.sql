-- Who may write the books: the four functions named here and nobody else.
--
-- They run as loyalty_books, a role that nobody can log in as or become. It inherits what loyalty_app may do, so
-- row-level security holds it to the merchant of the transaction, and has the right to write besides. Their search path
-- is pinned: a temporary table cannot pose as one of the ledger's.
--
-- Runs after functions.sql and bulk.sql, whenever one of them is replaced: replacing a function resets how it runs, and
-- then nothing can be posted until this has run again.

-- Makes the shop's own accounts of a unit, where they are missing.
CREATE OR REPLACE FUNCTION ledger_open(a_unit text, a_kinds text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE m CONSTANT bigint := NULLIF(current_setting('app.merchant_id', true), '')::bigint;
BEGIN
    PERFORM ledger_merchant_account(m, a_unit, kind) FROM unnest(a_kinds) AS kind;
END $$;

-- Locks the accounts of members, in the order every batch locks them.
CREATE OR REPLACE FUNCTION ledger_hold(a_owners uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM ledger_account
      WHERE merchant_id = NULLIF(current_setting('app.merchant_id', true), '')::bigint
        AND owner = ANY(a_owners) AND kind = 'available'
      ORDER BY owner, unit FOR NO KEY UPDATE;
END $$;

-- A function's owner must be able to make one, at the moment it becomes the owner.
GRANT CREATE ON SCHEMA public TO loyalty_books;
ALTER FUNCTION ledger_post(jsonb) OWNER TO loyalty_books;
ALTER FUNCTION ledger_post(jsonb) SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION ledger_post_many(jsonb) OWNER TO loyalty_books;
ALTER FUNCTION ledger_post_many(jsonb) SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION ledger_open(text, text[]) OWNER TO loyalty_books;
ALTER FUNCTION ledger_open(text, text[]) SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION ledger_hold(uuid[]) OWNER TO loyalty_books;
ALTER FUNCTION ledger_hold(uuid[]) SECURITY DEFINER SET search_path = public, pg_temp;
REVOKE CREATE ON SCHEMA public FROM loyalty_books;

REVOKE INSERT, UPDATE ON ledger_account, ledger_lot, ledger_transfer, ledger_entry FROM loyalty_app, loyalty_system;
GRANT UPDATE (reason) ON ledger_transfer TO loyalty_app;  -- to be forgotten: forgetting.sql
GRANT INSERT ON ledger_account, ledger_lot, ledger_transfer, ledger_entry TO loyalty_books;
GRANT UPDATE (balance, version, head) ON ledger_account TO loyalty_books;
GRANT UPDATE (remaining, pending, expires_at) ON ledger_lot TO loyalty_books;
