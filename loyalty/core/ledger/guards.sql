-- Guards refuse; they never write.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER ledger_transfer_append_only BEFORE UPDATE OR DELETE ON ledger_transfer
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_transfer_no_truncate BEFORE TRUNCATE ON ledger_transfer EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entry_no_truncate BEFORE TRUNCATE ON ledger_entry EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_seal_append_only BEFORE UPDATE OR DELETE ON ledger_seal
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_lot_no_delete BEFORE DELETE ON ledger_lot FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_account_no_delete BEFORE DELETE ON ledger_account FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The lines of a transfer arrive in one statement and sum to zero in each unit. Later lines would have to sum to zero
-- by themselves, so the whole always does. Checking a statement once is what lets a batch stay fast.
CREATE FUNCTION refuse_unbalanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad record;
BEGIN
    SELECT transfer_id, unit, sum(amount) AS total INTO bad FROM new_entries
     GROUP BY transfer_id, unit HAVING sum(amount) <> 0 OR count(*) < 2 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'transfer % does not sum to zero in % (%)', bad.transfer_id, bad.unit, bad.total
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_entry_sums_to_zero AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS new_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_unbalanced();

-- A transfer without lines is refused at commit. By then the merchant's scope may be closed, so this one reads with the
-- owner's eyes; it takes no argument and answers nothing.
CREATE FUNCTION refuse_empty_transfer() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM public.ledger_entry WHERE merchant_id = NEW.merchant_id AND transfer_id = NEW.id) THEN
        RAISE EXCEPTION 'transfer % has no entries', NEW.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_transfer_not_empty AFTER INSERT ON ledger_transfer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_empty_transfer();

-- An entry's unit is its account's unit.
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_account_same_unit
    FOREIGN KEY (merchant_id, account_id, unit) REFERENCES ledger_account (merchant_id, id, unit);

-- The serving roles may add lines and move balances, nothing else; and not even that once rights.sql has run.
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_transfer, ledger_entry, ledger_seal FROM loyalty_app, loyalty_system;
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_lot, ledger_account FROM loyalty_app, loyalty_system;
GRANT UPDATE (balance, version, head) ON ledger_account TO loyalty_app, loyalty_system;
GRANT UPDATE (remaining, pending, expires_at) ON ledger_lot TO loyalty_app, loyalty_system;
